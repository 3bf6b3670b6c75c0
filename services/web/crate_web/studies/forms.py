"""What may come in about a study, and how it becomes a row (consent spec 1.1)."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from starlette.datastructures import UploadFile

from crate_core.models import Study, StudyResearcher
from crate_web.forms import Form, FormState, Says, Ticked

_MOST_TEXT = 20_000
YesNo = Literal["yes", "no"]
LongText = Annotated[str, Field(max_length=_MOST_TEXT)]


def _asks(message: str) -> Says:
    return Says(missing=message, wrong=message)


FLAGS = {
    "patient_contact": "Does the study involve contact with patients?",
    "include_under_16s": "May patients under 16 be approached?",
    "include_lack_capacity": "May people who cannot decide for themselves be included?",
    "include_discharged": "May discharged patients be approached?",
    "clinical_trial": "Is it a trial of a medicine (CTIMP)?",
    "request_direct_approach": "Is direct approach to GREEN patients approved?",
    "approved_by_rec": "Has a research ethics committee approved it?",
    "approved_locally": "Has it local approval?",
}
"""The questions that must be answered; nothing is assumed for a study."""


class StudyForm(Form):
    """A study as the research database manager enters it."""

    institutional_id: Annotated[
        int,
        Field(title="study number", ge=1, le=2_000_000_000),
        Says(missing="Enter the study number"),
    ]
    title: Annotated[
        str, Field(title="title", min_length=1, max_length=255), Says(missing="Enter the title")
    ]
    lead_researcher: Annotated[
        int, Says(missing="Choose the lead researcher", wrong="Choose the lead researcher")
    ]
    researchers: Annotated[list[int], Field(title="researchers", default_factory=list)]
    registered_on: Annotated[date | None, Field(title="date of registration")] = None
    summary: Annotated[
        LongText, Field(title="summary", min_length=1), Says(missing="Enter a summary")
    ]
    search_methods_planned: Annotated[LongText, Field(title="planned search methods")] = ""
    patient_contact: Annotated[YesNo, _asks("Say whether the study involves contact with patients")]
    include_under_16s: Annotated[YesNo, _asks("Say whether patients under 16 may be approached")]
    include_lack_capacity: Annotated[
        YesNo, _asks("Say whether people who cannot decide for themselves may be included")
    ]
    include_discharged: Annotated[YesNo, _asks("Say whether discharged patients may be approached")]
    clinical_trial: Annotated[YesNo, _asks("Say whether it is a trial of a medicine")]
    request_direct_approach: Annotated[
        YesNo, _asks("Say whether direct approach to GREEN patients is approved")
    ]
    approved_by_rec: Annotated[
        YesNo, _asks("Say whether a research ethics committee has approved it")
    ]
    rec_reference: Annotated[str, Field(title="ethics reference", max_length=40)] = ""
    approved_locally: Annotated[YesNo, _asks("Say whether it has local approval")]
    local_approval_on: Annotated[date | None, Field(title="date of local approval")] = None
    details_pdf: Annotated[UploadFile | None, Field(title="study details")] = None
    form_pdf: Annotated[UploadFile | None, Field(title="extra form")] = None
    remove_form: Ticked

    def fill(self, study: Study, zone: ZoneInfo) -> None:
        """Write everything but the PDFs into a row; dates are days of `zone`."""
        study.institutional_id = self.institutional_id
        study.title = self.title
        study.lead_researcher_id = self.lead_researcher
        study.summary = self.summary
        study.search_methods_planned = self.search_methods_planned
        study.registered_at = _begin(self.registered_on, zone)
        study.local_approval_at = _begin(self.local_approval_on, zone)
        study.rec_reference = self.rec_reference
        for name in FLAGS:
            setattr(study, name, getattr(self, name) == "yes")
        wanted = {user for user in self.researchers if user != self.lead_researcher}
        kept = [row for row in study.researchers if row.user_id in wanted]
        added = wanted - {row.user_id for row in kept}
        study.researchers = [*kept, *(StudyResearcher(user_id=user) for user in sorted(added))]


def form_of(study: Study, zone: ZoneInfo) -> FormState:
    """Return the form that shows a study."""
    return FormState(
        {
            "institutional_id": str(study.institutional_id),
            "title": study.title,
            "lead_researcher": str(study.lead_researcher_id),
            "researchers": [str(row.user_id) for row in study.researchers],
            "registered_on": _day(study.registered_at, zone),
            "summary": study.summary,
            "search_methods_planned": study.search_methods_planned,
            "rec_reference": study.rec_reference,
            "local_approval_on": _day(study.local_approval_at, zone),
            **{name: "yes" if getattr(study, name) else "no" for name in FLAGS},
        }
    )


def _begin(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) if day else None


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat() if moment else ""
