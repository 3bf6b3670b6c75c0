"""A small hospital for tests: a site database, a clinical source, a secret map, people and studies.

Jobs are run as the services run them, one after the other, without a broker (its tests are elsewhere).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import ColumnElement, create_engine, select, update

from crate_consent.bootstrap import open_collaborators
from crate_consent.handlers import make_handlers
from crate_core.clinical_dummy import dummy_consent, dummy_patient
from crate_core.clinical_dummy import metadata as clinical_metadata
from crate_core.clock import utcnow
from crate_core.consent_modes import record_choice
from crate_core.contact_requests import event_of
from crate_core.database import Database, WriteSession
from crate_core.domain.contact import Answer, Status
from crate_core.jobs import Handler, JobView, Outcome, Task, enqueue, retry_failed, run_job
from crate_core.models import (
    ClinicianResponse,
    ConsentModeRow,
    ContactEvent,
    ContactRequest,
    Document,
    Job,
    Leaflet,
    PatientResponse,
    Study,
    UserAccount,
)
from crate_core.secret_map import metadata as map_metadata
from crate_core.secret_map import secret_map
from crate_core.settings import Settings, load_settings
from crate_mailer.address import parse_smtp_url
from crate_mailer.service import make_handlers as make_mail_handlers
from crate_mailer.transport import SmtpTransport
from tests.integration.consent.seen import FIRST_NUMBER, Seen
from tests.pdfs import one_page_pdf

N1, N2, N3, N4 = FIRST_NUMBER, 9990001235, 9990002460, 9990003696


@dataclass
class World(Seen):
    """The hospital, and what people do in it."""

    database: Database
    folder: Path
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the empty databases that consent looks into, and the people of the site."""
        self._numbers = count(1)
        clinical, mapping = self.folder / "clinical.db", self.folder / "map.db"
        self.clinical = create_engine(f"sqlite:///{clinical}")
        self.map = create_engine(f"sqlite:///{mapping}")
        clinical_metadata.create_all(self.clinical)
        map_metadata.create_all(self.map)
        self.settings = self.settings_with(**self.overrides)
        self.together = open_collaborators(self.settings, self.database)
        self.handlers: dict[Task, Handler] = {**make_handlers(self.together)}
        self.lead = self.user("lead", title="Dr", first_name="Lee", last_name="Lead")
        self.rdbm = self.user("manager")

    def settings_with(self, **overrides: Any) -> Settings:
        """Return the settings of this world with others in their place."""
        base = load_settings(
            {
                "CRATE_SECRET_KEY": "k" * 40,
                "CRATE_PUBLIC_URL": "https://site.example.org/crate",
                "CRATE_MAIL_FROM": "no-reply@example.org",
                "CRATE_SECRET_MAP_URL": str(self.map.url),
                "CRATE_CONSENT_LOOKUP": "record",
            }
        )
        sources = [{"name": "record", "kind": "dummy", "url": str(self.clinical.url)}]
        values = {**base.model_dump(), "clinical_sources": sources, **overrides}
        return type(base)(**values)

    # --- People and studies

    def user(self, username: str, **columns: Any) -> int:
        """Add an account; return its id."""
        values: dict[str, Any] = {
            "email": f"{username}@example.org",
            "email_verified_at": utcnow(),
        }
        return self._add(
            UserAccount(
                username=username, password_hash="-", created_at=utcnow(), **{**values, **columns}
            )
        )

    def study(self, *, details: bool = True, form: bool = False, **columns: Any) -> int:
        """Add study S1 of the acceptance table, or one that differs from it; return its id."""
        values: dict[str, Any] = {
            "institutional_id": next(self._numbers),
            "title": "Sleep and mood",
            "summary": "We study sleep.\nWe also study mood.",
            "lead_researcher_id": self.lead,
            "patient_contact": True,
            "include_under_16s": False,
            "include_lack_capacity": False,
            "clinical_trial": False,
            "include_discharged": False,
            "request_direct_approach": True,
            "approved_by_rec": True,
            "approved_locally": True,
            **columns,
        }
        if details:
            values["details_document"] = pdf_document("details.pdf")
        if form:
            values["form_document"] = pdf_document("form.pdf")
        return self._add(Study(**values))

    def leaflet(self) -> None:
        """Publish the leaflet that goes into packs."""
        self._add(
            Leaflet(name="taking_part", title="Taking part", document=pdf_document("leaflet.pdf"))
        )

    def patient(self, nhs_number: int = N1, **columns: Any) -> str:
        """Add an adult who is alive, not discharged, and has a clinician; return their RID."""
        number = next(self._numbers)
        values: dict[str, Any] = {
            "local_id": number,
            "nhs_number": nhs_number,
            "date_of_birth": date(1980, 5, 3),
            "discharged": False,
            "sex": "F",
            "title": "Ms",
            "first_name": "Pat",
            "last_name": "Example",
            "address_1": "1 Test Street",
            "address_6": "TE5 7AA",
            "clinician_title": "Dr",
            "clinician_first_name": "Cleo",
            "clinician_last_name": "Clinic",
            "clinician_email": "cleo@example.org",
            **columns,
        }
        rid = f"rid{number:05d}"
        with self.clinical.begin() as connection:
            connection.execute(dummy_patient.insert().values(**values))
        with self.map.begin() as connection:
            connection.execute(
                secret_map.insert().values(
                    pid=str(number), mpid=nhs_number, rid=rid, mrid=f"m{rid}", trid=number
                )
            )
        return rid

    def change_patient(self, nhs_number: int = N1, **columns: Any) -> None:
        """Change what the clinical record says of a patient."""
        with self.clinical.begin() as connection:
            connection.execute(
                update(dummy_patient)
                .where(dummy_patient.c.nhs_number == nhs_number)
                .values(**columns)
            )

    def record_consent(self, nhs_number: int = N1, **columns: Any) -> None:
        """Enter a choice in the clinical record."""
        with self.clinical.begin() as connection:
            connection.execute(
                dummy_consent.insert().values(
                    id=next(self._numbers), nhs_number=nhs_number, **columns
                )
            )

    def consent(self, mode: str, nhs_number: int = N1, **columns: Any) -> int:
        """Let the RDBM enter a choice on the site; return the row's id."""
        now = utcnow()
        values: dict[str, Any] = {
            "nhs_number": nhs_number,
            "mode": mode,
            "patient_signed": True,
            "source": "user_entry",
            "decided_at": now,
            "created_at": now,
            "created_by_id": self.rdbm,
            "letter_wanted": True,
            **columns,
        }
        return self.database.write(lambda session: _record(session, ConsentModeRow(**values)))

    # --- What people do

    def submit(
        self, study_id: int, lookup: str, *, direct: bool = True, kind: str = "rid", **columns: Any
    ) -> int:
        """Submit a contact request; return its id."""
        now = utcnow()
        number = next(self._numbers)

        def work(session: WriteSession) -> int:
            request = ContactRequest(
                code=f"TEST-{number:04d}",
                created_at=columns.pop("created_at", now),
                requested_by_id=self.lead,
                study_id=study_id,
                direct_approach=direct,
                submission=f"form{number}",
                lookup_kind=kind,
                lookup_value=lookup,
                status=Status.NEW,
                changed_at=now,
                news_at=now,
                warnings=[],
                **columns,
            )
            session.add(request)
            session.flush()
            session.add(ContactEvent(**event_of(request, None, Status.NEW, actor="lead")))
            enqueue(session, Task.PROCESS_CONTACT_REQUEST, request.id)
            return request.id

        return self.database.write(work)

    def answer(self, request_id: int, answer: Answer, reason: str = "") -> None:
        """Let the clinician answer, as the page records it."""

        def work(session: WriteSession) -> None:
            response = _response_to(session, request_id)
            response.answer = answer
            response.reason = reason
            response.answered_at = utcnow()
            response.signed_name = "C Clinic"
            enqueue(session, Task.PROCESS_CLINICIAN_RESPONSE, response.id)

        self.database.write(work)

    def reply(self, request_id: int, *, agreed: bool) -> None:
        """Let the RDBM enter the patient's signed reply."""

        def work(session: WriteSession) -> None:
            response = session.scalars(
                select(PatientResponse).where(PatientResponse.contact_request_id == request_id)
            ).one()
            response.agreed = agreed
            response.patient_signed = True
            response.recorded_at = utcnow()
            response.recorded_by_id = self.rdbm
            enqueue(session, Task.PROCESS_PATIENT_RESPONSE, response.id)

        self.database.write(work)

    def reissue(self, request_id: int) -> None:
        """Let the RDBM ask the clinician anew."""

        def work(session: WriteSession) -> None:
            response = _response_to(session, request_id)
            enqueue(session, Task.REISSUE_CLINICIAN_LINK, response.id)

        self.database.write(work)

    def confirm_repeat(self, request_id: int) -> None:
        """Let the RDBM confirm a request that is held after a veto."""

        def work(session: WriteSession) -> None:
            session.get_one(ContactRequest, request_id).repeat_confirmed = True
            enqueue(session, Task.PROCESS_CONTACT_REQUEST, request_id)

        self.database.write(work)

    def retry_failed(self) -> None:
        """Let the RDBM press the retry button of each job that failed."""

        def work(session: WriteSession) -> None:
            for job_id in session.scalars(select(Job.id).where(Job.failed_at.is_not(None))).all():
                retry_failed(session, job_id)

        self.database.write(work)

    def end_leases(self) -> None:
        """Let the leases of workers that died come to their end."""
        past = utcnow() - timedelta(seconds=1)
        self.database.write(
            lambda session: session.change(
                update(Job)
                .where(Job.done_at.is_(None), Job.leased_until.is_not(None))
                .values(leased_until=past)
            )
        )

    def run_jobs(self, *, now: bool = False) -> list[Outcome]:
        """Run consent's due jobs until none is left; with `now`, those that are due later too, once."""
        outcomes: list[Outcome] = []
        if now:
            self.make_due()
        while True:
            with self.database.read() as session:
                due = session.scalars(
                    select(Job.id)
                    .where(
                        Job.task.in_([task.value for task in self.handlers]),
                        Job.done_at.is_(None),
                        Job.failed_at.is_(None),
                        Job.due_at <= utcnow(),
                    )
                    .order_by(Job.id)
                ).all()
            if not due:
                return outcomes
            outcomes += [run_job(self.database, self.handlers, job_id) for job_id in due]

    def run(self, job_id: int) -> Outcome:
        """Run one job, as if a message with its number had come."""
        return run_job(self.database, self.handlers, job_id)

    def run_and_die(self, job_id: int, moment: str, death: BaseException) -> None:
        """Let the worker die "before" the transaction of a step, or "during" it, its effects written."""

        def dying(handler: Handler) -> Handler:
            def perform(job: JobView) -> Callable[[WriteSession], None]:
                changes = handler.perform(job)
                if moment == "before":
                    raise death

                def work(session: WriteSession) -> None:
                    changes(session)
                    session.flush()
                    raise death

                return work

            return replace(handler, perform=perform)

        handlers = {task: dying(handler) for task, handler in self.handlers.items()}
        run_job(self.database, handlers, job_id)

    def exhaust(self) -> None:
        """Run the due jobs as often as they may be started."""
        self.run_jobs()
        for _ in range(max(handler.policy.outage_attempts for handler in self.handlers.values())):
            with self.database.read() as session:
                retried = session.scalars(
                    select(Job.id).where(
                        Job.attempts > 0, Job.done_at.is_(None), Job.failed_at.is_(None)
                    )
                ).all()
            if not retried:
                return
            self._hurry(Job.id.in_(retried))
            self.run_jobs()

    def make_due(self) -> None:
        """Let the time of all waiting jobs come."""
        self._hurry(Job.done_at.is_(None))

    def make_due_of(self, task: Task) -> None:
        """Let the time of the waiting jobs of one task come."""
        self._hurry(Job.task == task)

    def _hurry(self, which: ColumnElement[bool]) -> None:
        past = utcnow() - timedelta(seconds=1)
        self.database.write(
            lambda session: session.change(
                update(Job)
                .where(which, Job.done_at.is_(None), Job.failed_at.is_(None))
                .values(due_at=past, next_publish_at=past)
            )
        )

    def ask_for(self, task: Task, subject_id: int = 0) -> None:
        """Write a job that is due now."""
        self.database.write(lambda session: enqueue(session, task, subject_id))

    def connect_mailer(self, smtp_url: str) -> SmtpTransport:
        """Let the mailer send what is queued, when jobs are run from now on."""
        settings = self.settings_with(
            **self.overrides, smtp_url=SecretStr(smtp_url), safety_catch=False
        )
        address = parse_smtp_url(smtp_url)
        transport = SmtpTransport(address, settings.smtp_timeout_seconds)
        mailer = make_mail_handlers(settings, self.database, transport)
        self.handlers = {**self.handlers, **mailer}
        return transport

    def shift(self, days: int, request_id: int) -> None:
        """Let a question to a clinician have been asked so many days ago."""

        def work(session: WriteSession) -> None:
            response = _response_to(session, request_id)
            moved: datetime = response.asked_at - timedelta(days=days)
            response.expires_at -= timedelta(days=days)
            response.asked_at = moved

        self.database.write(work)

    def _add(self, row: Any) -> int:
        def work(session: WriteSession) -> int:
            session.add(row)
            session.flush()
            return int(row.id)

        return self.database.write(work)


def _response_to(session: WriteSession, request_id: int) -> ClinicianResponse:
    return session.scalars(
        select(ClinicianResponse).where(ClinicianResponse.contact_request_id == request_id)
    ).one()


def _record(session: WriteSession, row: ConsentModeRow) -> int:
    record_choice(session, row)
    return row.id


def pdf_document(name: str) -> Document:
    """Return a document that holds a small PDF."""
    content = one_page_pdf(name)
    return Document(
        filename=name,
        media_type="application/pdf",
        size=len(content),
        sha256="-",
        content=content,
        created_at=utcnow(),
    )
