"""The token of a link stands in no log line and no metric (C41)."""

import pytest
import structlog
from prometheus_client import generate_latest

from crate_core.database import Database
from crate_core.domain.contact import Status
from tests.web import Browser, make_application
from tests.web.clinic import IDENTIFIERS, add_lead, add_request, add_study, ask


def test_c41_token_and_patient_are_in_no_log_and_no_metric(
    sqlite_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    study = add_study(sqlite_database, add_lead(sqlite_database, "lead"))
    request = add_request(sqlite_database, study, study.lead_researcher, Status.WITH_CLINICIAN)
    token = ask(sqlite_database, request)
    with (
        structlog.testing.capture_logs() as logs,
        Browser(make_application(sqlite_database)) as browser,
    ):
        assert browser.get(f"/respond/{token}?choice=no").status_code == 200
        answer = {"answer": "B", "reason_b": "Penelope is ill", "name": "Clara"}
        browser.post(f"/respond/{token}", answer)
        assert browser.post(f"/respond/{token}", {"confirmed": "true"}).status_code == 303
        wrong = token[::-1]
        assert browser.get(f"/respond/{wrong}").status_code == 403
    written = str(logs) + "".join(capsys.readouterr())
    metrics = generate_latest().decode()
    for secret in (token, wrong, *IDENTIFIERS):
        assert secret not in written
        assert secret not in metrics
    assert 'route="/respond/{token}"' in metrics
