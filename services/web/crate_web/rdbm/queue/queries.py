"""All SQL of the work queue: each kind of thing that waits, the oldest first."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import and_, exists, not_, or_, select

from crate_core.database import ReadSession, WriteSession
from crate_core.domain.contact import Status
from crate_core.models import (
    ClinicianResponse,
    ConsentModeRow,
    ContactRequest,
    Job,
    Letter,
    Mail,
    PatientResponse,
    WorkItem,
)
from crate_core.models.mail import MailKind, MailState
from crate_core.models.work import REPEAT_AFTER_VETO
from crate_web.rdbm.jobs.queries import gave_up, requests_of
from crate_web.rdbm.jobs.routes import task_in_words
from crate_web.rdbm.leaving import EXPIRED, MAIL, key_of, left_among
from crate_web.rdbm.letters.queries import to_post
from crate_web.rdbm.letters.routes import KINDS as LETTER_KINDS
from crate_web.rdbm.mails.queries import to_settle, with_requests
from crate_web.rdbm.mails.routes import KINDS as MAIL_KINDS
from crate_web.rdbm.queue.waiting import Kind, Waiting, oldest_first

_MOST = 1000


def everything_waiting(session: ReadSession, now: datetime) -> list[Waiting]:
    """Return all that waits for a person, the oldest first; at most a thousand of each kind."""
    return oldest_first(
        [
            *_findings(session),
            *_clinicians(session, now),
            *_letters(session),
            *_replies(session),
            *_mails(session),
            *_jobs(session),
        ]
    )


def find_item(session: ReadSession | WriteSession, item_id: int) -> tuple[WorkItem, str | None]:
    """Return a finding with the code of its request.

    Raises:
        LookupError: there is none of that key.
    """
    item = session.get(WorkItem, item_id)
    if item is None:
        raise LookupError(item_id)
    request = (
        session.get(ContactRequest, item.contact_request_id) if item.contact_request_id else None
    )
    return item, request.code if request else None


def patient_of_item(session: ReadSession, item: WorkItem) -> int | None:
    """Return the NHS number of the patient whose choice a finding is about, if it is about one."""
    if item.consent_mode_id is None:
        return None
    return session.get_one(ConsentModeRow, item.consent_mode_id).nhs_number


def _findings(session: ReadSession) -> Iterator[Waiting]:
    rows = session.execute(
        select(WorkItem, ContactRequest.code)
        .outerjoin(ContactRequest, ContactRequest.id == WorkItem.contact_request_id)
        .where(WorkItem.done_at.is_(None))
        .order_by(WorkItem.id)
        .limit(_MOST)
    )
    for item, code in rows:
        if item.kind == REPEAT_AFTER_VETO and code:
            parameters: dict[str, object] = {"code": code}
            yield Waiting(
                Kind.HELD, item.created_at, item.summary, item.detail, "rdbm.story", parameters
            )
        else:
            kind = Kind.SERIOUS if item.serious else Kind.FINDING
            yield Waiting(kind, item.created_at, item.summary, "", "rdbm.work", {"item": item.id})


def _clinicians(session: ReadSession, now: datetime) -> Iterator[Waiting]:
    unanswered = and_(
        ContactRequest.status == Status.WITH_CLINICIAN,
        ClinicianResponse.answered_at.is_(None),
        ClinicianResponse.reminders_sent > 0,
    )
    # The mail itself waits then; where it does not, it is still being tried.
    mail_waits = (
        exists()
        .where(
            Mail.contact_request_id == ContactRequest.id,
            Mail.kind == MailKind.CLINICIAN_REQUEST,
            Mail.recipient == ClinicianResponse.email,
            Mail.queued_at >= ClinicianResponse.asked_at,
            Mail.state.in_((MailState.FAILED, MailState.UNKNOWN)),
        )
        .correlate(ContactRequest, ClinicianResponse)
    )
    rows = session.execute(
        select(ContactRequest, ClinicianResponse)
        .join(ClinicianResponse, ClinicianResponse.contact_request_id == ContactRequest.id)
        .where(
            or_(
                unanswered,
                ContactRequest.status == Status.EXPIRED,
                and_(ContactRequest.status == Status.CLINICIAN_MAIL_FAILED, not_(mail_waits)),
            )
        )
        .order_by(ClinicianResponse.asked_at)
        .limit(_MOST)
    ).all()
    keys = {
        request.id: key_of(EXPIRED, request.id, request.changed_at)
        for request, _response in rows
        if request.status == Status.EXPIRED
    }
    left = left_among(session, keys.values())
    for request, response in rows:
        if keys.get(request.id) in left:
            continue
        notes = {
            Status.EXPIRED: "the question has expired without an answer",
            Status.CLINICIAN_MAIL_FAILED: "the mail could not be delivered",
        }
        note = notes.get(
            Status(request.status), f"no answer since {(now - response.asked_at).days} days"
        )
        yield Waiting(
            Kind.CLINICIAN,
            response.asked_at,
            f"Request {request.code}",
            f"{note}; reminders sent: {response.reminders_sent}",
            "rdbm.story",
            {"code": request.code},
        )


def _letters(session: ReadSession) -> Iterator[Waiting]:
    rows = session.execute(
        select(Letter, ContactRequest.code)
        .outerjoin(ContactRequest, ContactRequest.id == Letter.contact_request_id)
        .where(to_post())
        .order_by(Letter.id)
        .limit(_MOST)
    )
    for letter, code in rows:
        name = LETTER_KINDS.get(letter.kind, letter.kind).capitalize()
        title = f"{name}, request {code}" if code else name
        yield Waiting(
            Kind.LETTER,
            letter.created_at,
            title,
            f"to the {letter.addressee}",
            "rdbm.letters",
            anchor=f"letter-{letter.id}",
        )


def _replies(session: ReadSession) -> Iterator[Waiting]:
    rows = session.execute(
        select(PatientResponse.created_at, ContactRequest.code)
        .join(ContactRequest, ContactRequest.id == PatientResponse.contact_request_id)
        .where(PatientResponse.agreed.is_(None), ContactRequest.status == Status.WITH_PATIENT)
        .order_by(PatientResponse.id)
        .limit(_MOST)
    )
    for since, code in rows:
        yield Waiting(
            Kind.REPLY,
            since,
            f"Request {code}",
            "the patient is being asked",
            "rdbm.reply",
            {"code": code},
        )


def _mails(session: ReadSession) -> Iterator[Waiting]:
    rows = session.execute(
        with_requests().where(to_settle()).order_by(Mail.changed_at).limit(_MOST)
    ).all()
    keys = {mail.id: key_of(MAIL, mail.id, mail.changed_at) for mail, _code in rows}
    left = left_among(session, keys.values())
    for mail, code in rows:
        if keys[mail.id] in left:
            continue
        name = MAIL_KINDS.get(mail.kind, mail.kind).capitalize()
        unknown = mail.state == MailState.UNKNOWN
        yield Waiting(
            Kind.MAIL,
            mail.changed_at,
            f"{name}, request {code}" if code else name,
            "nobody can tell whether it arrived" if unknown else "it failed",
            "rdbm.mail",
            {"mail": mail.id},
        )


def _jobs(session: ReadSession) -> Iterator[Waiting]:
    jobs = session.scalars(select(Job).where(gave_up()).order_by(Job.failed_at).limit(_MOST)).all()
    requests = requests_of(session, jobs)
    for job in jobs:
        request = requests.get(job.id)
        name = task_in_words(job.task).capitalize()
        yield Waiting(
            Kind.JOB,
            job.failed_at or job.created_at,
            f"{name}, request {request.code}" if request else name,
            job.last_error[:200],
            "rdbm.jobs",
            anchor=f"job-{job.id}",
        )
    yield from _failed_without_job(session, {request.id for request in requests.values()})


def _failed_without_job(session: ReadSession, told: set[int]) -> Iterator[Waiting]:
    failed = session.scalars(
        select(ContactRequest)
        .where(ContactRequest.status == Status.FAILED)
        .order_by(ContactRequest.changed_at)
        .limit(_MOST)
    ).all()
    for request in failed:
        if request.id not in told:
            yield Waiting(
                Kind.JOB,
                request.changed_at,
                f"Request {request.code}",
                "its processing failed",
                "rdbm.story",
                {"code": request.code},
            )
