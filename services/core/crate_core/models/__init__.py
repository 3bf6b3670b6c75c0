"""The tables of the site database, a module a subject."""

from crate_core.models.audit import AuditEvent
from crate_core.models.base import Base
from crate_core.models.consent import ConsentModeRow, PatientSnapshotRow
from crate_core.models.contact import (
    ClinicianLink,
    ClinicianResponse,
    ContactEvent,
    ContactRequest,
    OwnPatientRequest,
    PatientResponse,
)
from crate_core.models.documents import Document, Leaflet, Letter
from crate_core.models.jobs import Job
from crate_core.models.mail import Mail, MailAttachment, MailTransmission
from crate_core.models.research import ResearchColumn, ResearchQuery, ResearchRun, ResearchRunChunk
from crate_core.models.studies import Study, StudyResearcher
from crate_core.models.users import LoginFailure, LoginSession, UserAccount, UserRole
from crate_core.models.work import WorkItem

__all__ = [
    "AuditEvent",
    "Base",
    "ClinicianLink",
    "ClinicianResponse",
    "ConsentModeRow",
    "ContactEvent",
    "ContactRequest",
    "Document",
    "Job",
    "Leaflet",
    "Letter",
    "LoginFailure",
    "LoginSession",
    "Mail",
    "MailAttachment",
    "MailTransmission",
    "OwnPatientRequest",
    "PatientResponse",
    "PatientSnapshotRow",
    "ResearchColumn",
    "ResearchQuery",
    "ResearchRun",
    "ResearchRunChunk",
    "Study",
    "StudyResearcher",
    "UserAccount",
    "UserRole",
    "WorkItem",
]
