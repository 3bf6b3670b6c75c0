import pytest

from crate_core.telemetry.redaction import MASK, redact, redact_text

TOKEN = "q3v0yB0m1m0nYb-6Yb2rC9c0Zk4jv1F9nL_u7w8Xy2E"


@pytest.mark.parametrize(
    "text",
    [
        "patient 9990000018 not found",
        "patient 999 000 0018 not found",
        "(9990000018)",
        "nhs=9990000018;",
        f"GET /respond/{TOKEN}",
        f"Bearer {TOKEN}",
        "mysql+pymysql://crate:hunter22@db/crate",
        "amqp://crate:hunter22@broker:5672//",
        "550 no such user jane.doe@example.org",
    ],
)
def test_c41_text_that_identifies_or_opens_is_masked(text: str) -> None:
    masked = redact_text(text)

    assert MASK in masked
    for part in ("9990000018", "999 000 0018", TOKEN, "hunter22", "jane.doe"):
        assert part not in masked


@pytest.mark.parametrize(
    "text",
    [
        "job 1234 done in 0.0123456789 s",
        "2026-05-03T14:05:00.123456Z",
        "task 0b0e7c0e-3f7a-4c1e-9d51-6a4c3e2f1a00 received",
        "amqp://broker:5672//",
        "study 123456789",
        "worker_cancel_long_running_tasks_on_connection_loss is off",
        "Message 12345678901 bytes",
    ],
)
def test_text_without_identifiers_stays(text: str) -> None:
    assert redact_text(text) == text


def test_secrets_are_masked_at_any_depth() -> None:
    event = {
        "job": 7,
        "detail": {"nhs_number": 1, "password": "x", "lines": ["9990000018", ("ok", 9990000018)]},
        "empty_token": "",
    }

    assert redact(event) == {
        "job": 7,
        "detail": {"nhs_number": MASK, "password": MASK, "lines": [MASK, ["ok", MASK]]},
        "empty_token": "",
    }
