"""Clinicians who have not answered: reminders, expiry, and asking anew (C45, C132)."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from sqlalchemy import update

from crate_consent.collaborators import Collaborators
from crate_consent.decisions.reminders import Expire, Remind, due_step, next_due_at
from crate_consent.effects import MailPlan, add_finding
from crate_consent.steps.asking import asking_of, issue_link, mail_question, question_facts
from crate_consent.steps.standing import WHY, bar_now, has_died, look_again, stop_if_barred
from crate_consent.steps.subject import CONSENT, resume
from crate_core.clock import utcnow
from crate_core.contact_requests import change_status, end_question
from crate_core.database import WriteSession
from crate_core.domain.contact import BEFORE_CLINICIAN, Status
from crate_core.jobs import JobView, Task, enqueue
from crate_core.models import ClinicianResponse, ContactRequest
from crate_core.models.mail import MailKind

_MAY_BE_ASKED_ANEW = {*BEFORE_CLINICIAN, Status.EXPIRED}


def send_reminder(together: Collaborators, job: JobView) -> Callable[[WriteSession], None]:
    """Return the changes: a reminder, or expiry, or nothing but the next look."""
    died = _has_died(together, job.subject_id)

    def work(session: WriteSession) -> None:
        taken = _take_up(session, job.subject_id, BEFORE_CLINICIAN)
        if taken is None:
            return
        request, response = taken
        if stop_if_barred(session, request, died=died):
            return
        step = due_step(
            together.schedule,
            response.asked_at,
            utcnow(),
            reminders_sent=response.reminders_sent,
        )
        if isinstance(step, Expire):
            _expire(together, session, request, response)
            return
        if isinstance(step, Remind):
            _remind(together, session, request, response, step.number)
        due_at = next_due_at(
            together.schedule, response.asked_at, reminders_sent=response.reminders_sent
        )
        enqueue(session, Task.SEND_REMINDER, response.id, due_at=due_at)

    return work


def _take_up(
    session: WriteSession, response_id: int, statuses: AbstractSet[Status]
) -> tuple[ContactRequest, ClinicianResponse] | None:
    """Hold an unanswered question until the commit, and return it with its request.

    An answer that is being recorded at this moment is waited for, and one that comes later waits: it must
    not meet a request that expired under it.

    Returns:
        None if it was answered, or its request is in none of `statuses`.
    """
    unanswered = (
        update(ClinicianResponse)
        .where(ClinicianResponse.id == response_id, ClinicianResponse.answered_at.is_(None))
        .values(answered_at=None)
    )
    if not session.change(unanswered):
        return None
    response = session.get_one(ClinicianResponse, response_id)
    request = session.get_one(ContactRequest, response.contact_request_id)
    if request.status not in statuses:
        return None
    resume(session, request, Status.WITH_CLINICIAN)
    return request, response


def _has_died(together: Collaborators, response_id: int) -> bool:
    with together.database.read() as session:
        response = session.get_one(ClinicianResponse, response_id)
        request = session.get_one(ContactRequest, response.contact_request_id)
    if response.answered_at is not None or request.status not in _MAY_BE_ASKED_ANEW:
        return False
    return has_died(look_again(together, request.nhs_number))


def _must_not_be_asked(session: WriteSession, request: ContactRequest, *, died: bool) -> bool:
    if request.status != Status.EXPIRED:
        return stop_if_barred(session, request, died=died)
    code = bar_now(session, request, died=died)
    if code is None:
        return False
    # It has ended already; whoever wanted it taken up again should know why it was not.
    add_finding(
        session,
        f"not_asked_anew:{request.id}",
        kind="not_asked_anew",
        summary=f"Request {request.code} stays expired: the clinician was not asked again",
        detail=WHY[code],
        request=request,
    )
    return True


def _remind(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    response: ClinicianResponse,
    number: int,
) -> None:
    token = issue_link(session, response)
    content = together.texts.clinician_reminder(
        question_facts(together, request, response, token),
        number=number,
        asked_at=response.asked_at,
    )
    plan = MailPlan(
        effect_key=f"reminder:{asking_of(response)}:{number}",
        kind=MailKind.CLINICIAN_REMINDER,
        recipient=response.email,
        request=request,
    )
    together.outbox.add(session, plan, content)
    response.reminders_sent = number


def _expire(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    response: ClinicianResponse,
) -> None:
    why = "The clinician did not answer in time."
    change_status(session, request, Status.EXPIRED, actor=CONSENT, why=why)
    content = together.texts.rdbm_request_expired(
        request.code,
        study_number=request.study.institutional_id,
        asked_at=response.asked_at,
    )
    together.outbox.tell_manager(
        session, f"expired:{asking_of(response)}", content, request=request
    )


def reissue_link(together: Collaborators, job: JobView) -> Callable[[WriteSession], None]:
    """Return the changes that ask anew: the old links die, and time begins again (C45).

    The clinician is the one whom the row names: the same, or another whom the RDBM has named.
    """
    died = _has_died(together, job.subject_id)

    def work(session: WriteSession) -> None:
        taken = _take_up(session, job.subject_id, _MAY_BE_ASKED_ANEW)
        if taken is None:
            return
        request, response = taken
        if _must_not_be_asked(session, request, died=died):
            return
        now = utcnow()
        end_question(session, request.id, response.id, now)
        response.asked_at = now
        response.expires_at = together.schedule.expires_at(now)
        response.reminders_sent = 0
        session.flush()
        mail_question(together, session, request, response)
        if request.status != Status.WITH_CLINICIAN:
            change_status(session, request, Status.WITH_CLINICIAN, actor=CONSENT, why="Asked anew.")

    return work
