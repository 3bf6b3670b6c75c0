"""Whatever happens in whatever order: what must always hold for patients, researchers and the manager."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from crate_consent.decisions.withdrawal import barred_since, is_withdrawn
from crate_core.clock import utcnow
from crate_core.database import Database
from crate_core.domain.contact import TRANSITIONS, Answer, Involvement, Status, is_final
from crate_core.jobs import Task
from crate_core.models import ContactRequest, Job, Mail
from tests.integration.consent.world import N1, N2, World
from tests.servers.site_database import SqliteTemplate, empty_tables, open_database

PATIENTS = (N1, N2)
patients = st.sampled_from(PATIENTS)
choices = st.sampled_from(["green", "yellow", "red", "out", "green"])
answers = st.sampled_from([Answer.R, Answer.A, Answer.A, Answer.B, Answer.D])
ages = st.integers(0, 40)
positions = st.integers(0, 40)
worked_off = st.sampled_from([True, True, False])
FOR_CLINICIANS = {"clinician_request", "clinician_reminder"}
FOR_RESEARCHERS = {"approval", "withdrawal"}


class KilledError(BaseException):
    """A worker that dies says nothing."""


class AnyOrder(RuleBasedStateMachine):
    """A hospital in which everything may happen at any time."""

    open_world: Callable[[], World]

    @initialize(mode=st.sampled_from(["green", "yellow"]))
    def begin(self, mode: str) -> None:
        self.world = type(self).open_world()
        self.world.leaflet()
        self.rids = {number: self.world.patient(number) for number in PATIENTS}
        self.studies = [self.world.study(), self.world.study()]
        self.requests: list[int] = []
        self.dead: set[int] = set()
        self.away = False
        self.seen_mails: set[int] = set()
        self.seen_letters: set[int] = set()
        self.choose(N1, mode, days=20, then=True)
        for number, study in ((N1, 0), (N1, 1), (N2, 0)):
            self.submit(number, study, direct=True, then=True)

    # --- What people do

    @rule(number=patients, study=st.integers(0, 1), direct=st.booleans(), then=worked_off)
    def submit(self, number: int, study: int, direct: bool, then: bool) -> None:
        request_id = self.world.submit(self.studies[study], self.rids[number], direct=direct)
        self.requests.append(request_id)
        self.work_off(then)

    @rule(at=positions, answer=answers, then=worked_off)
    def answer(self, at: int, answer: Answer, then: bool) -> None:
        asked = [
            request
            for request in self.all_requests()
            if request.status in {"with_clinician", "clinician_mail_failed", "failed"}
            and request.clinician_response
            and not request.clinician_response.answer
        ]
        if asked:
            self.world.answer(asked[at % len(asked)].id, answer)
        self.work_off(then)

    @rule(at=positions, agreed=st.sampled_from([True, True, False]), then=worked_off)
    def reply(self, at: int, agreed: bool, then: bool) -> None:
        asked = [
            request
            for request in self.all_requests()
            if request.status == Status.WITH_PATIENT
            and request.patient_response
            and request.patient_response.agreed is None
        ]
        if asked:
            self.world.reply(asked[at % len(asked)].id, agreed=agreed)
        self.work_off(then)

    @rule(number=patients, choice=choices, days=ages, then=worked_off)
    def choose(self, number: int, choice: str, days: int, then: bool) -> None:
        out, mode = choice == "out", "yellow" if choice == "out" else choice
        decided_at = utcnow() - timedelta(days=days)
        self.world.consent(mode, number, decided_at=decided_at, exclude_entirely=out)
        self.work_off(then)

    @rule(number=patients, mode=st.sampled_from(["red", "yellow", "green"]), days=ages)
    def choose_in_record(self, number: int, mode: str, days: int) -> None:
        decided_on = self.world.together.today() - timedelta(days=days)
        self.world.record_consent(number, consent_mode=mode, decided_on=decided_on)

    @precondition(lambda self: not self.away)
    @rule()
    def die(self) -> None:
        self.world.change_patient(N2, dead=True)
        self.dead.add(N2)

    @rule(at=positions, then=worked_off)
    def ask_anew(self, at: int, then: bool) -> None:
        asked = [request for request in self.all_requests() if request.clinician_response]
        if asked:
            self.world.reissue(asked[at % len(asked)].id)
        self.work_off(then)

    @rule(at=positions)
    def confirm(self, at: int) -> None:
        held = [request for request in self.all_requests() if request.status == Status.NEW]
        if held:
            self.world.confirm_repeat(held[at % len(held)].id)

    @rule()
    def retry(self) -> None:
        """The record is back, and the RDBM presses all the buttons."""
        if self.away:
            self.rename("gone", "dummy_patient")
        self.world.retry_failed()

    # --- What machines do

    @rule(at=positions)
    def run_one(self, at: int) -> None:
        if due := self.due():
            self.world.run(due[at % len(due)])

    @rule()
    def run_all(self) -> None:
        while due := self.due():
            self.world.run(due[0])
            self.look()

    @rule(at=positions)
    def deliver_again(self, at: int) -> None:
        if jobs := self.world.jobs(*Task):
            self.world.run(jobs[at % len(jobs)].id)

    @rule(at=positions)
    def deliver_twice_at_once(self, at: int) -> None:
        if due := self.due():
            with ThreadPoolExecutor(2) as workers:
                list(workers.map(self.world.run, [due[at % len(due)]] * 2))

    @rule(at=positions, moment=st.sampled_from(["before", "during"]))
    def die_at_work(self, at: int, moment: str) -> None:
        if due := self.due():
            try:
                self.world.run_and_die(due[at % len(due)], moment, KilledError())
            except KilledError:
                self.look()
            self.world.end_leases()

    @precondition(lambda self: not self.away)
    @rule(give_up=st.booleans())
    def lose_the_record(self, give_up: bool) -> None:
        self.rename("dummy_patient", "gone")
        if give_up:
            self.run_all()
            self.world.exhaust()

    def rename(self, before: str, after: str) -> None:
        with self.world.clinical.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {before} RENAME TO {after}")
        self.away = after == "gone"

    def work_off(self, then: bool) -> None:
        if then:
            self.run_all()

    @rule(at=positions, days=st.sampled_from([14, 30, 57]))
    def wait(self, at: int, days: int) -> None:
        asked = [request for request in self.all_requests() if request.clinician_response]
        if asked:
            self.world.shift(days, asked[at % len(asked)].id)
            self.world.make_due_of(Task.SEND_REMINDER)

    # --- What always holds

    @invariant()
    def look(self) -> None:
        """Look at what is new, and at every request as a whole."""
        requests = {request.id: request for request in self.all_requests()}
        mails = [mail for mail in self.world.mails() if mail.contact_request_id]
        letters = [letter for letter in self.world.letters() if letter.contact_request_id]
        for mail in mails:
            if mail.id not in self.seen_mails:
                self.may_be_sent(mail, requests[mail.contact_request_id or 0])
        for letter in letters:
            if letter.id not in self.seen_letters and letter.kind in {"pack", "approval"}:
                self.may_be_contacted(requests[letter.contact_request_id or 0])
        self.seen_mails = {mail.id for mail in mails}
        self.seen_letters = {letter.id for letter in letters}
        made = Counter((letter.contact_request_id, letter.kind) for letter in letters)
        sent = Counter((mail.contact_request_id, mail.kind) for mail in mails)
        for request in requests.values():
            self.effects_follow_history(request, made, sent)
        to_post = {letter.contact_request_id for letter in letters if letter.needs_posting}
        assert not [each for each in to_post if requests[each or 0].status == Status.STOPPED]
        for number in PATIENTS:
            choices = self.world.choices(number)
            in_force = [row for row in choices if row.current_nhs_number is not None]
            assert len(in_force) == bool(choices)

    def may_be_sent(self, mail: Mail, request: ContactRequest) -> None:
        if mail.kind in FOR_CLINICIANS | {"approval"}:
            self.may_be_contacted(request)
        if mail.recipient == "lead@example.org":
            assert mail.kind in FOR_RESEARCHERS
            assert request.approved_at is not None, "no identity before approval"

    def may_be_contacted(self, request: ContactRequest) -> None:
        number = request.nhs_number
        assert number is not None
        assert number not in self.dead
        in_force = self.world.choice_in_force(number)
        assert not in_force.exclude_entirely
        assert in_force.mode != "red"
        if request.status == Status.APPROVED and request.involvement == Involvement.NONE:
            assert in_force.mode == "green"
        elif request.status == Status.APPROVED:
            assert request.patient_response is not None
            assert request.patient_response.agreed

    def effects_follow_history(
        self,
        request: ContactRequest,
        made: Counter[tuple[int | None, str]],
        sent: Counter[tuple[int | None, str]],
    ) -> None:
        events = request.events
        assert events[0].from_status is None
        assert events[-1].to_status == request.status
        for before, after in pairwise(events):
            assert after.from_status == before.to_status
            assert after.to_status in TRANSITIONS[Status(before.to_status)]
        steps = Counter((event.from_status or "", event.to_status) for event in events)
        reached = Counter(event.to_status for event in events)
        to_patient = sum(
            steps[before, "with_patient"] for before in ("with_clinician", "clinician_mail_failed")
        )
        for kind, times in (
            ("approval", reached["approved"]),
            ("withdrawal", reached["withdrawn"]),
            ("pack", to_patient),
        ):
            assert made[request.id, kind] == times <= 1, (kind, steps)
        for kind in FOR_RESEARCHERS:
            assert sent[request.id, kind] == made[request.id, kind]
        assert (request.patient_response is not None) == bool(to_patient)
        assert bool(sent[request.id, "clinician_request"]) == bool(request.clinician_response)

    def teardown(self) -> None:
        """Once everything is back and all jobs have run, nothing is left in between."""
        if not hasattr(self, "world"):
            return
        if self.away:
            self.rename("gone", "dummy_patient")
        self.world.end_leases()
        for _ in range(3):
            self.world.retry_failed()
            self.hurry_retries()
            self.run_all()
        open_jobs = {
            (job.task, job.subject_id) for job in self.world.jobs(*Task) if not job.done_at
        }
        held = {finding.contact_request_id for finding in self.world.findings("repeat_after_veto")}
        for request in self.all_requests():
            self.is_not_in_limbo(request, open_jobs, held)
        self.world.database.dispose()

    def is_not_in_limbo(
        self, request: ContactRequest, open_jobs: set[tuple[str, int]], held: set[int | None]
    ) -> None:
        response = request.clinician_response
        reminded = response is not None and (Task.SEND_REMINDER, response.id) in open_jobs
        match Status(request.status):
            case Status.NEW:
                assert request.id in held
            case Status.WITH_CLINICIAN:
                assert response is not None
                assert response.answer is None
                assert reminded
            case Status.WITH_PATIENT:
                assert request.patient_response is not None
                assert request.patient_response.agreed is None
            case status:
                assert is_final(status), status
                assert not reminded
        if request.consent_mode is None or request.involvement is None:
            return
        assert request.nhs_number is not None
        history = [row.record for row in self.world.choices(request.nhs_number)]
        based_on = request.consent_mode.record
        if request.status == Status.APPROVED:
            route = Involvement(request.involvement).route
            assert not is_withdrawn(history, route, based_on)
        elif request.status in {Status.WITH_CLINICIAN, Status.WITH_PATIENT}:
            assert barred_since(history, based_on) is None

    def hurry_retries(self) -> None:
        for task in self.world.handlers:
            if task is not Task.SEND_REMINDER:
                self.world.make_due_of(task)

    def all_requests(self) -> list[ContactRequest]:
        return [self.world.request(request_id) for request_id in self.requests]

    def due(self) -> list[int]:
        tasks = [task.value for task in self.world.handlers]
        with self.world.database.read() as session:
            return list(
                session.scalars(
                    select(Job.id)
                    .where(Job.task.in_(tasks), Job.done_at.is_(None), Job.failed_at.is_(None))
                    .where(Job.due_at <= utcnow())
                    .order_by(Job.id)
                )
            )


def run_machine(open_world: Callable[[], World], *, examples: int, steps: int) -> None:
    members: dict[str, Any] = {"open_world": staticmethod(open_world)}
    machine = type("AnyOrderHere", (AnyOrder,), members)
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=profile)


@pytest.mark.timeout(600)
def test_c126_c127_c128_c131_c144_whatever_happens_on_sqlite(
    _sqlite_template: SqliteTemplate, tmp_path: Path
) -> None:
    numbers = count(1)

    def open_world() -> World:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        url = _sqlite_template.copy_to(folder / "site.db")
        return World(open_database(url), folder)

    run_machine(open_world, examples=8, steps=30)


@pytest.mark.timeout(600)
def test_c126_c127_c128_c131_c144_whatever_happens_on_mariadb(
    mariadb_database: Database, tmp_path: Path
) -> None:
    numbers = count(1)

    def open_world() -> World:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        empty_tables(mariadb_database.engine)
        return World(mariadb_database, folder)

    run_machine(open_world, examples=3, steps=30)
