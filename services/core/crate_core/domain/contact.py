"""The life of a contact request: statuses, what may follow what, and what each person may know of it."""

from enum import IntEnum, StrEnum


class Status(StrEnum):
    """Where a contact request stands."""

    NEW = "new"
    STOPPED = "stopped"
    WITH_CLINICIAN = "with_clinician"
    CLINICIAN_MAIL_FAILED = "clinician_mail_failed"
    CLINICIAN_REFUSED = "clinician_refused"
    WITH_PATIENT = "with_patient"
    PATIENT_REFUSED = "patient_refused"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


# The one table of what may follow what. A clinician-initiated request goes from NEW to WITH_PATIENT.
# A link works as long as the request waits for the clinician, also when the mail server could not say
# whether the mail arrived. EXPIRED leads back when the RDBM issues a new link (C45); FAILED leads back to
# where a retried job takes up.
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset(
        {
            Status.STOPPED,
            Status.APPROVED,
            Status.WITH_CLINICIAN,
            Status.WITH_PATIENT,
            Status.CANCELLED,
            Status.FAILED,
        }
    ),
    Status.WITH_CLINICIAN: frozenset(
        {
            Status.WITH_PATIENT,
            Status.CLINICIAN_REFUSED,
            Status.CLINICIAN_MAIL_FAILED,
            Status.EXPIRED,
            Status.STOPPED,
            Status.CANCELLED,
            Status.FAILED,
        }
    ),
    Status.CLINICIAN_MAIL_FAILED: frozenset(
        {
            Status.WITH_CLINICIAN,
            Status.WITH_PATIENT,
            Status.CLINICIAN_REFUSED,
            Status.EXPIRED,
            Status.STOPPED,
            Status.CANCELLED,
            Status.FAILED,
        }
    ),
    Status.WITH_PATIENT: frozenset(
        {Status.APPROVED, Status.PATIENT_REFUSED, Status.STOPPED, Status.CANCELLED, Status.FAILED}
    ),
    Status.APPROVED: frozenset({Status.WITHDRAWN}),
    Status.EXPIRED: frozenset({Status.WITH_CLINICIAN}),
    Status.FAILED: frozenset(
        {
            Status.NEW,
            Status.WITH_CLINICIAN,
            Status.WITH_PATIENT,
            Status.STOPPED,
            Status.CANCELLED,
        }
    ),
    Status.STOPPED: frozenset(),
    Status.CLINICIAN_REFUSED: frozenset(),
    Status.PATIENT_REFUSED: frozenset(),
    Status.WITHDRAWN: frozenset(),
    Status.CANCELLED: frozenset(),
}

_FINAL = frozenset(
    {
        Status.STOPPED,
        Status.CLINICIAN_REFUSED,
        Status.PATIENT_REFUSED,
        Status.APPROVED,
        Status.WITHDRAWN,
        Status.EXPIRED,
        Status.CANCELLED,
    }
)
_WAITING = frozenset(
    {Status.WITH_CLINICIAN, Status.CLINICIAN_MAIL_FAILED, Status.WITH_PATIENT, Status.FAILED}
)


BEFORE_CLINICIAN = frozenset({Status.WITH_CLINICIAN, Status.CLINICIAN_MAIL_FAILED, Status.FAILED})
"""Where a question to a clinician stands as long as it is not answered: one whose reminder failed, too."""


class TransitionError(ValueError):
    """A contact request cannot go from one status to another."""

    def __init__(self, before: Status, after: Status) -> None:
        super().__init__(f'A contact request that is "{before}" cannot become "{after}"')
        self.before = before
        self.after = after


def check_transition(before: Status, after: Status) -> None:
    """Do nothing when `after` may follow `before`.

    Raises:
        TransitionError: it may not.
    """
    if after not in TRANSITIONS[before]:
        raise TransitionError(before, after)


def is_final(status: Status) -> bool:
    """Nothing more happens by itself or is expected of anyone (an approval may still be withdrawn)."""
    return status in _FINAL


def is_waiting(status: Status) -> bool:
    """A person has to do something: the clinician, the patient, or the RDBM."""
    return status in _WAITING


class StopCode(StrEnum):
    """Why a request was stopped: the tests a to j in their order, then those of the clinician route."""

    IDENTIFIER_NOT_FOUND = "identifier_not_found"
    PATIENT_NOT_FOUND = "patient_not_found"
    OPTED_OUT = "opted_out"
    DEAD = "dead"
    CONSENT_RED = "consent_red"
    BIRTH_DATE_UNKNOWN = "birth_date_unknown"
    UNDER_16 = "under_16"
    DISCHARGED = "discharged"
    DISCHARGE_DATE_UNKNOWN = "discharge_date_unknown"
    DISCHARGED_TOO_LONG = "discharged_too_long"
    YEARLY_LIMIT = "yearly_limit"
    NO_CLINICIAN = "no_clinician"
    CLINICIAN_EMAIL_INVALID = "clinician_email_invalid"
    CLINICIAN_DOMAIN = "clinician_domain"


class Involvement(IntEnum):
    """Why a clinician is asked."""

    NONE = 0
    REQUESTED = 1
    YELLOW = 2
    UNKNOWN = 3

    @property
    def route(self) -> "Route":
        """The way such a request goes."""
        return Route.DIRECT if self is Involvement.NONE else Route.CLINICIAN


class Route(StrEnum):
    """How a permission comes about: from a standing GREEN, or through clinician and patient."""

    DIRECT = "direct"
    CLINICIAN = "clinician"


class Answer(StrEnum):
    """A clinician's answer."""

    R = "R"
    """May be eligible; the RDBM sends the letter on the clinician's behalf."""
    A = "A"
    """May be eligible; the clinician passes the pack on."""
    B = "B"
    """Clinical veto."""
    C = "C"
    """Patient not eligible."""
    D = "D"
    """Dead, discharged too long ago, or details out of date."""

    @property
    def agrees(self) -> bool:
        """Whether the patient will be asked."""
        return self in {Answer.R, Answer.A}


class CoarseStatus(StrEnum):
    """All that a researcher learns of a request before approval (C103)."""

    IN_PROGRESS = "in progress"
    NOT_POSSIBLE = "not possible"
    NOT_FOUND = "not found"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


_COARSE: dict[Status, CoarseStatus] = {
    Status.NEW: CoarseStatus.IN_PROGRESS,
    Status.WITH_CLINICIAN: CoarseStatus.IN_PROGRESS,
    Status.CLINICIAN_MAIL_FAILED: CoarseStatus.IN_PROGRESS,
    Status.WITH_PATIENT: CoarseStatus.IN_PROGRESS,
    Status.FAILED: CoarseStatus.IN_PROGRESS,
    Status.STOPPED: CoarseStatus.NOT_POSSIBLE,
    Status.CLINICIAN_REFUSED: CoarseStatus.NOT_POSSIBLE,
    Status.PATIENT_REFUSED: CoarseStatus.NOT_POSSIBLE,
    Status.EXPIRED: CoarseStatus.NOT_POSSIBLE,
    Status.CANCELLED: CoarseStatus.NOT_POSSIBLE,
    Status.APPROVED: CoarseStatus.APPROVED,
    Status.WITHDRAWN: CoarseStatus.WITHDRAWN,
}


def coarse(status: Status, stop_code: StopCode | None = None) -> CoarseStatus:
    """Return what a researcher may know (C103).

    "Not found" is said only of a RID that stands for nobody (C10): it tells the requester of a typing
    error, and nothing of any patient. A patient who is missing from the clinical record is "not possible"
    like every other stop.
    """
    if stop_code is StopCode.IDENTIFIER_NOT_FOUND:
        return CoarseStatus.NOT_FOUND
    return _COARSE[status]
