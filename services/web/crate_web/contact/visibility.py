"""What each person may know of a contact request (C103, C104)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row

from crate_core.domain.contact import CoarseStatus, Status, StopCode, coarse
from crate_core.domain.roles import Role
from crate_core.models import ContactRequest
from crate_web.contact.selection import LookupKind
from crate_web.visitor import Visitor

APPROVAL, WITHDRAWAL = "approval", "withdrawal"


@dataclass(frozen=True, slots=True)
class StateInWords:
    """What a researcher reads about a request: what it is, and what happens next."""

    name: str
    next: str


_WORDS: Mapping[CoarseStatus, StateInWords] = MappingProxyType(
    {
        CoarseStatus.IN_PROGRESS: StateInWords(
            "In progress",
            "We find out who the patient is and what they chose about research. Then the patient, or"
            " first their clinician, is asked, unless the patient said already that researchers may"
            " write. You need do nothing; the lead researcher gets an e-mail when it is approved.",
        ),
        CoarseStatus.NOT_POSSIBLE: StateInWords(
            "Not possible",
            "This patient cannot be approached about this study. Nothing more happens. We cannot"
            " tell you the reason: it may say something about the patient.",
        ),
        CoarseStatus.NOT_FOUND: StateInWords(
            "Not found",
            "This identifier stands for nobody. Check it for a typing error, and that it comes from"
            " the present research database; then send a new request.",
        ),
        CoarseStatus.APPROVED: StateInWords(
            "Approved",
            "You may write to this patient. The letter below says who it is and how to reach them;"
            " it was sent to the lead researcher, too.",
        ),
        CoarseStatus.WITHDRAWN: StateInWords(
            "Withdrawn",
            "The patient's permission has ended. If nobody has contacted the patient yet, please do"
            " not, and destroy the details that you hold.",
        ),
    }
)
_SHOWN_LETTERS: Mapping[CoarseStatus, str] = MappingProxyType(
    {CoarseStatus.APPROVED: APPROVAL, CoarseStatus.WITHDRAWN: WITHDRAWAL}
)


def coarse_of(request: ContactRequest | Row[*tuple[Any, ...]]) -> CoarseStatus:
    """Return all that a researcher may know of a request's status.

    Args:
        request: the object, or its columns `status` and `stop_code`.
    """
    stop = StopCode(request.stop_code) if request.stop_code else None
    return coarse(Status(request.status), stop)


def words_of(status: CoarseStatus) -> StateInWords:
    """Return a coarse status in words."""
    return _WORDS[status]


def shown_kind(status: CoarseStatus) -> str | None:
    """Return the kind of letter that may be opened; after a withdrawal not the approval any more."""
    return _SHOWN_LETTERS.get(status)


def statuses_of(status: CoarseStatus) -> tuple[Status, ...]:
    """Return the statuses that look like `status` when nothing else is known."""
    return tuple(each for each in Status if coarse(each) is status)


def identifier_shown(request: ContactRequest, visitor: Visitor) -> tuple[str, str] | None:
    """Return label and identifier as submitted, to whoever submitted it; None for all others.

    An NHS number is shown to the RDBM only, whoever submitted it; a RID is not shown to other people
    of the study, so that nobody can lay it beside the identity that an approval brings.
    """
    kind = LookupKind(request.lookup_kind)
    own = request.requested_by_id == visitor.user_id
    if not own or (kind is LookupKind.NHS_NUMBER and not visitor.has(Role.RDBM)):
        return None
    return kind.label, request.lookup_value


def submitter_shown(request: ContactRequest, visitor: Visitor) -> str:
    """Return who submitted a request, as this visitor may know it.

    A clinician who asked about a patient of their own is named to themselves and the RDBM only: researchers
    must not learn who the clinician is (C103).
    """
    own = request.requested_by_id == visitor.user_id
    if request.own_patient is None or own or visitor.has(Role.RDBM):
        return request.requested_by.full_name
    return "the patient's clinician"
