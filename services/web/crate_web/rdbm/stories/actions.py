"""What the RDBM may do about a request in each of its states."""

from dataclasses import dataclass

from crate_core.domain.contact import TRANSITIONS, Status

WORDS = {
    Status.NEW: "being processed",
    Status.STOPPED: "stopped",
    Status.WITH_CLINICIAN: "with the clinician",
    Status.CLINICIAN_MAIL_FAILED: "mail to the clinician failed",
    Status.CLINICIAN_REFUSED: "the clinician said no",
    Status.WITH_PATIENT: "with the patient",
    Status.PATIENT_REFUSED: "the patient said no",
    Status.APPROVED: "approved",
    Status.WITHDRAWN: "withdrawn",
    Status.EXPIRED: "expired without an answer",
    Status.CANCELLED: "cancelled",
    Status.FAILED: "failed",
}

MAY_BE_ASKED_ANEW = {
    Status.WITH_CLINICIAN,
    Status.CLINICIAN_MAIL_FAILED,
    Status.EXPIRED,
}
"""States in which the question to a clinician can be put again, to the same or to another one."""


@dataclass(frozen=True, slots=True)
class Actions:
    """What may be done about one request now."""

    cancel: bool
    reissue: bool
    reassign: bool
    confirm: bool
    enter_reply: bool
    leave: bool


def actions_for(
    status: Status, *, answered: bool, held: bool, replied: bool, left: bool
) -> Actions:
    """Return what may be done.

    Args:
        status: of the request.
        answered: the clinician has answered.
        held: it waits for a word on an earlier veto (C37).
        replied: the patient's reply is entered.
        left: somebody decided that nothing more is done about its expiry.
    """
    return Actions(
        # Nobody knows yet what a failed job has done: a request can be cancelled in every open state.
        cancel=Status.CANCELLED in TRANSITIONS[status],
        reissue=may_be_asked_anew(status, answered=answered),
        reassign=may_be_asked_anew(status, answered=answered),
        confirm=status is Status.NEW and held,
        enter_reply=status is Status.WITH_PATIENT and not replied,
        leave=status is Status.EXPIRED and not left,
    )


def may_be_asked_anew(status: Status, *, answered: bool) -> bool:
    """Say whether the question to a clinician can be put again, to the same or to another one."""
    return status in MAY_BE_ASKED_ANEW and not answered


def status_in_words(status: str) -> str:
    """Return a status as people read it."""
    return WORDS[Status(status)]
