"""The story of a request: everything that happened, in one row of time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from crate_core.audit import AuditKind
from crate_core.domain.contact import Answer
from crate_core.models import (
    AuditEvent,
    ClinicianLink,
    ContactRequest,
    Job,
    Letter,
    Mail,
)
from crate_web.rdbm.jobs.routes import task_in_words
from crate_web.rdbm.letters.routes import KINDS as LETTER_KINDS
from crate_web.rdbm.mails.routes import KINDS as MAIL_KINDS
from crate_web.rdbm.stories.actions import status_in_words

# What another line of the story tells already.
_TOLD_ELSEWHERE = {
    AuditKind.CLINICIAN_ANSWERED,
    AuditKind.PATIENT_REPLY_RECORDED,
    AuditKind.REQUEST_SUBMITTED,
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a story."""

    at: datetime
    what: str
    who: str = ""
    detail: str = ""
    route: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that a story is told from."""

    request: ContactRequest
    letters: Sequence[Letter]
    mails: Sequence[Mail]
    jobs: Sequence[Job]
    links: Sequence[ClinicianLink]
    audit: Sequence[AuditEvent]
    usernames: Mapping[int, str]


def story(sources: Sources) -> list[Happening]:
    """Return all that happened, the oldest first; what mails say is not part of it (C106)."""
    happenings = [
        *_events(sources),
        *_answers(sources),
        *_links(sources.links),
        *_letters(sources),
        *_mails(sources),
        *_jobs(sources.jobs),
        *_people(sources.audit),
    ]
    return sorted(happenings, key=lambda each: each.at)


def _events(sources: Sources) -> Iterable[Happening]:
    for event in sources.request.events:
        if event.from_status is None:
            yield Happening(event.at, "Submitted", event.actor, event.why)
        else:
            yield Happening(
                event.at, f"Now: {status_in_words(event.to_status)}", event.actor, event.why
            )


def _answers(sources: Sources) -> Iterable[Happening]:
    asked, replied = sources.request.clinician_response, sources.request.patient_response
    if asked is not None and asked.answer is not None and asked.answered_at is not None:
        agrees = Answer(asked.answer).agrees
        yield Happening(
            asked.answered_at,
            f"The clinician answered {asked.answer}: "
            + ("the patient may be asked" if agrees else "the patient is not asked"),
            asked.signed_name,
            f"Reason: {asked.reason}" if asked.reason else "",
        )
    if replied is not None and replied.recorded_at is not None:
        yield Happening(
            replied.recorded_at,
            f"The patient's reply was recorded: {'yes' if replied.agreed else 'no'}",
            sources.usernames.get(replied.recorded_by_id or 0, "the patient"),
            route="rdbm.reply",
            parameters={"code": sources.request.code},
        )


def _links(links: Sequence[ClinicianLink]) -> Iterable[Happening]:
    for link in links:
        yield Happening(link.issued_at, "A link for the clinician was made")
        if link.revoked_at is not None:
            yield Happening(link.revoked_at, "An earlier link for the clinician was ended")


def _letters(sources: Sources) -> Iterable[Happening]:
    for letter in sources.letters:
        name = LETTER_KINDS.get(letter.kind, letter.kind)
        yield Happening(
            letter.created_at,
            f"Letter made: {name}",
            detail="" if letter.rdbm_may_view else "The clinician passes it on.",
            route="rdbm.letter" if letter.rdbm_may_view else "",
            parameters={"letter": letter.id},
        )
        if letter.posted_at is not None and letter.rdbm_may_view:
            yield Happening(
                letter.posted_at,
                f"Letter posted: {name}",
                sources.usernames.get(letter.posted_by_id or 0, ""),
            )


def _mails(sources: Sources) -> Iterable[Happening]:
    for mail in sources.mails:
        name = MAIL_KINDS.get(mail.kind, mail.kind)
        yield Happening(
            mail.queued_at,
            f"Mail written: {name}",
            detail=f"To {mail.recipient}",
            route="rdbm.mail",
            parameters={"mail": mail.id},
        )
        for attempt in mail.transmissions:
            yield Happening(
                attempt.at,
                f"Mail: {name}: {attempt.outcome}",
                sources.usernames.get(attempt.by_id or 0, ""),
                attempt.server_reply[:300],
            )


def _jobs(jobs: Sequence[Job]) -> Iterable[Happening]:
    for job in jobs:
        if job.failed_at is not None:
            yield Happening(
                job.failed_at,
                f"A job gave up: {task_in_words(job.task)}",
                detail=job.last_error[:500],
            )
        elif job.done_at is None:
            yield Happening(
                job.due_at,
                f"Planned: {task_in_words(job.task)}",
                detail=f"Tried before: {job.last_error[:300]}" if job.last_error else "",
            )


def _people(audit: Sequence[AuditEvent]) -> Iterable[Happening]:
    for event in audit:
        if event.kind not in _TOLD_ELSEWHERE:
            what = event.kind.replace("_", " ").capitalize()
            to = event.detail.get("to")
            yield Happening(event.at, what, event.actor, f"To {to}" if to else "")
