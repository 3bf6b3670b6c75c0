"""What a clinician reads about a request for an own patient: what it is, and what happens next."""

from crate_core.domain.contact import Answer, CoarseStatus, Status
from crate_core.domain.identifiers import format_nhs_number
from crate_core.models import ContactRequest
from crate_web.contact.selection import LookupKind
from crate_web.contact.visibility import StateInWords, coarse_of

_LOOKED_UP = StateInWords(
    "In progress",
    "We look the patient up, and see what they chose about research. You get an e-mail with the"
    " papers when the patient can be asked.",
)
_POSTED_FOR_YOU = StateInWords(
    "With the patient",
    "The research database manager posts the papers on your behalf. You need to do nothing else.",
)
_PASSED_ON = StateInWords(
    "With the patient",
    "You have got an e-mail with a link to the papers. Print them, and hand them to the patient or"
    " post them: nobody else does. The patient sends the form back; you need not collect it.",
)
_WORDS = {
    CoarseStatus.NOT_POSSIBLE: StateInWords(
        "Not possible",
        "This patient is not asked about this study, or not any more. If you still hold papers for"
        " the patient, please do not pass them on. The reason may be the patient's own business: it"
        " is not shown here.",
    ),
    CoarseStatus.NOT_FOUND: StateInWords(
        "Not found",
        "This research ID stands for nobody. Check it for a typing error, or use the NHS number; then"
        " make a new request.",
    ),
    CoarseStatus.APPROVED: StateInWords(
        "The patient agreed",
        "The researchers may now write to the patient. You need to do nothing else. Thank you.",
    ),
    CoarseStatus.WITHDRAWN: StateInWords(
        "Withdrawn",
        "The patient had agreed, and has changed their choice since: the researchers were told.",
    ),
}


def own_state(request: ContactRequest) -> StateInWords:
    """Return the state of a request in words, without why the patient is not asked."""
    state = coarse_of(request)
    if state is not CoarseStatus.IN_PROGRESS:
        return _WORDS[state]
    response = request.clinician_response
    if request.status == Status.WITH_PATIENT and response is not None:
        return _POSTED_FOR_YOU if response.answer == Answer.R else _PASSED_ON
    return _LOOKED_UP


def identifier_of(request: ContactRequest) -> tuple[str, str]:
    """Return label and identifier of the patient, as the clinician gave it."""
    kind = LookupKind(request.lookup_kind)
    return kind.label, as_written(kind, request.lookup_value)


def as_written(kind: LookupKind, value: str) -> str:
    """Return an identifier as people write it."""
    return format_nhs_number(int(value)) if kind is LookupKind.NHS_NUMBER else value
