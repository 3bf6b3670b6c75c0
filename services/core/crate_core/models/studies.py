"""Studies and who works on them."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crate_core.database.types import LongText
from crate_core.domain.study import StudyFacts
from crate_core.models.base import Base, Code, Key, Line
from crate_core.models.documents import Document
from crate_core.models.users import UserAccount


class Study(Base):
    """A research study (consent spec 1.1)."""

    __tablename__ = "study"

    id: Mapped[Key]
    institutional_id: Mapped[int] = mapped_column(unique=True)
    """The trust's own number of the study."""
    title: Mapped[Line]
    summary: Mapped[str] = mapped_column(LongText, default="")
    lead_researcher_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("user_account.id"), index=True
    )
    registered_at: Mapped[datetime | None]
    search_methods_planned: Mapped[str] = mapped_column(LongText, default="")
    patient_contact: Mapped[bool]
    include_under_16s: Mapped[bool]
    include_lack_capacity: Mapped[bool]
    clinical_trial: Mapped[bool]
    include_discharged: Mapped[bool]
    request_direct_approach: Mapped[bool]
    approved_by_rec: Mapped[bool]
    rec_reference: Mapped[Code] = mapped_column(default="")
    approved_locally: Mapped[bool]
    local_approval_at: Mapped[datetime | None]
    details_document_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("document.id"))
    form_document_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("document.id"))

    lead_researcher: Mapped[UserAccount] = relationship()
    researchers: Mapped[list["StudyResearcher"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin"
    )
    details_document: Mapped[Document | None] = relationship(foreign_keys=[details_document_id])
    form_document: Mapped[Document | None] = relationship(foreign_keys=[form_document_id])

    @property
    def facts(self) -> StudyFacts:
        """The study as the rules see it."""
        lead = self.lead_researcher
        return StudyFacts(
            patient_contact=self.patient_contact,
            approved_by_rec=self.approved_by_rec,
            approved_locally=self.approved_locally,
            has_details_pdf=self.details_document_id is not None,
            lead_title=lead.title,
            lead_first_name=lead.first_name,
            lead_last_name=lead.last_name,
            direct_approach_allowed=self.request_direct_approach,
            include_under_16s=self.include_under_16s,
            include_lack_capacity=self.include_lack_capacity,
            include_discharged=self.include_discharged,
            clinical_trial=self.clinical_trial,
            has_extra_form=self.form_document_id is not None,
        )

    @property
    def researcher_ids(self) -> frozenset[int]:
        """Ids of the lead and of all who work on the study."""
        return frozenset({self.lead_researcher_id, *(row.user_id for row in self.researchers)})


class StudyResearcher(Base):
    """A person who works on a study beside its lead."""

    __tablename__ = "study_researcher"
    __table_args__ = (UniqueConstraint("study_id", "user_id"),)

    id: Mapped[Key]
    study_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("study.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("user_account.id"), index=True)

    user: Mapped[UserAccount] = relationship()
