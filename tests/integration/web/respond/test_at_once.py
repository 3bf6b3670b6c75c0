"""Two answers at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from crate_core.audit import AuditKind
from crate_core.database import Database
from crate_core.domain.contact import Status
from crate_core.models import AuditEvent, ClinicianResponse, Job
from crate_web.app import Application
from tests.web import Browser, make_application
from tests.web.clinic import add_lead, add_request, add_study, ask


def confirmed_post(app: Application, token: str, answer: str, barrier: Barrier) -> int:
    with Browser(app) as browser:
        browser.get(f"/respond/{token}")
        barrier.wait(20)
        posted = {"answer": answer, "reason_b": "Too ill", "name": answer, "confirmed": "true"}
        return browser.post(f"/respond/{token}", posted).status_code


def at_once(*calls: Callable[[], int]) -> list[int]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result(60) for each in [pool.submit(call) for call in calls]]


@pytest.mark.parametrize("attempt", range(3))
def test_c55_of_two_answers_at_once_exactly_one_is_recorded(
    database: Database, attempt: int
) -> None:
    study = add_study(database, add_lead(database, "lead"))
    asked = add_request(database, study, study.lead_researcher, Status.WITH_CLINICIAN)
    token, app, barrier = ask(database, asked), make_application(database), Barrier(2)
    statuses = at_once(
        lambda: confirmed_post(app, token, "R", barrier),
        lambda: confirmed_post(app, token, "B", barrier),
    )
    assert statuses == [303, 303]
    with database.read() as session:
        response = session.scalars(select(ClinicianResponse)).one()
        assert response.answer == response.signed_name
        assert (response.reason != "") == (response.answer == "B")
        assert len(session.scalars(select(Job)).all()) == 1
        answered = select(AuditEvent).where(AuditEvent.kind == AuditKind.CLINICIAN_ANSWERED)
        assert session.scalars(answered).one().detail["answer"] == response.answer
