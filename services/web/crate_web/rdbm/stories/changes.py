"""Changing a request by the RDBM's word: each change is one transaction, which first finds out if it may."""

from dataclasses import dataclass

from crate_core.audit import AuditKind
from crate_core.contact_requests import change_status, keep_back
from crate_core.database import WriteSession
from crate_core.domain.contact import Status, TransitionError
from crate_core.jobs import Task, ask_again
from crate_core.jobs.rows import cancel_open
from crate_core.models import ContactRequest
from crate_core.models.work import REPEAT_AFTER_VETO
from crate_web.rdbm.leaving import EXPIRED, key_of, leave
from crate_web.rdbm.noting import note
from crate_web.rdbm.stories import queries
from crate_web.requests import PageRequest

_MOST_WHY = 500
_ABOUT_CLINICIANS = (
    Task.PROCESS_CLINICIAN_RESPONSE,
    Task.SEND_REMINDER,
    Task.REISSUE_CLINICIAN_LINK,
)


@dataclass(frozen=True, slots=True)
class Check:
    """The page that asks once more."""

    title: str
    follows: str
    button: str
    asks_why: bool = False


CHECKS = {
    "cancel": Check(
        title="Cancel this request",
        follows="Nobody is asked any more; the requester reads that it is not possible, without a"
        " reason. Letters that are not posted yet and mails that wait are kept back. It cannot be"
        " taken back.",
        button="Cancel the request",
        asks_why=True,
    ),
    "reissue": Check(
        title="Ask the clinician anew",
        follows="The clinician gets a new mail with a new link, and the full time to answer. Links"
        " that were mailed before stop working.",
        button="Send a new link",
    ),
    "confirm": Check(
        title="Go on in spite of an earlier veto",
        follows="A clinician had said that this patient should not be asked about this study. The"
        " request is processed as any other: the clinician is asked again, or, where a clinician asked"
        " about a patient of their own, gets the papers.",
        button="Go on with this request",
    ),
}


def cancel(request: PageRequest, found: ContactRequest) -> bool:
    """Cancel a request, with all that waits to go out for it; false if it has ended."""
    given = request.form_data.get("why")
    why = given.strip()[:_MOST_WHY] if isinstance(given, str) else ""

    def work(session: WriteSession) -> bool:
        row = session.get_one(ContactRequest, found.id)
        try:
            change_status(session, row, Status.CANCELLED, actor=request.user.username, why=why)
        except TransitionError:
            return False
        cancel_open(session, Task.PROCESS_CONTACT_REQUEST, row.id)
        if row.clinician_response:
            for task in _ABOUT_CLINICIANS:
                cancel_open(session, task, row.clinician_response.id)
        if row.patient_response:
            cancel_open(session, Task.PROCESS_PATIENT_RESPONSE, row.patient_response.id)
        keep_back(session, row)
        queries.finish_items(
            session, row.id, REPEAT_AFTER_VETO, user_id=request.user.user_id, now=request.now
        )
        note(
            session,
            request,
            AuditKind.REQUEST_CHANGED,
            f"request:{row.code}",
            cancelled=True,
            before=found.status,
        )
        return True

    return request.site.database.write(work)


def reissue(request: PageRequest, found: ContactRequest) -> bool:
    """Ask for a new link to be mailed; consent revokes the old ones (C45)."""
    asked = found.clinician_response
    if asked is None:
        return False
    response_id = asked.id

    def work(session: WriteSession) -> bool:
        ask_again(session, Task.REISSUE_CLINICIAN_LINK, response_id)
        subject = f"request:{found.code}"
        note(session, request, AuditKind.CLINICIAN_LINK_REISSUED, subject, to=asked.email)
        return True

    return request.site.database.write(work)


def confirm(request: PageRequest, found: ContactRequest) -> bool:
    """Let a held request be processed again, once (C37)."""

    def work(session: WriteSession) -> bool:
        if not queries.confirm_repeat(session, found.id):
            return False
        queries.finish_items(
            session, found.id, REPEAT_AFTER_VETO, user_id=request.user.user_id, now=request.now
        )
        ask_again(session, Task.PROCESS_CONTACT_REQUEST, found.id)
        subject = f"request:{found.code}"
        note(session, request, AuditKind.REQUEST_CHANGED, subject, repeat_confirmed=True)
        return True

    return request.site.database.write(work)


def leave_expired(request: PageRequest, found: ContactRequest) -> bool:
    """Let a request that expired rest."""

    def work(session: WriteSession) -> bool:
        key = key_of(EXPIRED, found.id, found.changed_at)
        summary = f"Request {found.code} expired and is left at that"
        leave(session, request, key, summary, contact_request_id=found.id)
        note(session, request, AuditKind.WORK_DONE, f"request:{found.code}", left="expired")
        return True

    return request.site.database.write(work)
