"""Rules of the manager's pages, without a database."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crate_core.domain.consent import ConsentMode, ConsentRecord
from crate_core.domain.contact import Status
from crate_core.domain.roles import Role
from crate_core.models import AuditEvent
from crate_web.rdbm.audit_log.routes import detail_in_words
from crate_web.rdbm.patients.allowed import Entry, in_words, on_day
from crate_web.rdbm.patients.forms import ChoiceForm
from crate_web.rdbm.queue.waiting import Kind, Waiting, counts, oldest_first
from crate_web.rdbm.stories.actions import WORDS, actions_for
from crate_web.rdbm.users.rules import may_change, problem_with_roles

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")


def waiting(kind: Kind, days: float) -> Waiting:
    return Waiting(kind, NOW - timedelta(days=days), f"since {days}", "", "rdbm")


@pytest.mark.parametrize(
    ("kind", "days", "words"),
    [
        (Kind.LETTER, 3, ""),
        (Kind.LETTER, 5, "overdue by 2 days"),
        (Kind.SERIOUS, 1.5, "overdue by 12 hours"),
        (Kind.REPLY, 41, ""),
    ],
)
def test_overdue_is_told_in_words(kind: Kind, days: float, words: str) -> None:
    assert waiting(kind, days).overdue(NOW) == words


def test_the_oldest_comes_first_and_kinds_are_counted() -> None:
    things = [waiting(Kind.LETTER, 1), waiting(Kind.SERIOUS, 2), waiting(Kind.LETTER, 3)]
    assert [each.title for each in oldest_first(things)] == ["since 3", "since 2", "since 1"]
    assert [(each.number, each.name) for each in counts(things)] == [
        (1, "serious finding"),
        (2, "letters to post"),
    ]


def record(mode: ConsentMode, decided: datetime, entry: int) -> ConsentRecord:
    return ConsentRecord(mode, decided, entry=entry)


@pytest.mark.parametrize(
    ("wanted", "decided_at"),
    [
        ({"mode": "green"}, datetime(2026, 5, 1, 23, tzinfo=UTC)),
        ({"mode": "yellow"}, datetime(2026, 5, 1, 23, tzinfo=UTC)),
        ({"mode": "red"}, datetime(2026, 5, 2, 22, 59, 59, 999999, tzinfo=UTC)),
        (
            {"mode": "green", "exclude_entirely": "true"},
            datetime(2026, 5, 2, 22, 59, 59, 999999, tzinfo=UTC),
        ),
    ],
)
def test_c74_no_contact_outweighs_what_else_was_chosen_on_an_earlier_day(
    wanted: dict[str, str], decided_at: datetime
) -> None:
    form = ChoiceForm.model_validate({"submission": "s" * 16, "decided_on": "2026-05-02", **wanted})
    assert form.record(NOW, ZONE).decided_at == decided_at
    today = form.model_copy(update={"decided_on": NOW.date()})
    assert today.record(NOW, ZONE).decided_at == NOW


def test_what_counted_on_a_day_is_what_was_known_at_its_end() -> None:
    green = record(ConsentMode.GREEN, NOW - timedelta(days=20), 1)
    red = record(ConsentMode.RED, NOW - timedelta(days=10), 2)
    history = [Entry(green, green.decided_at), Entry(red, NOW)]
    then = on_day(history, date(2026, 4, 28), ZONE)
    assert (then.known, then.since_learnt) == (green, red)
    today = on_day(history, date(2026, 5, 3), ZONE)
    assert (today.known, today.since_learnt) == (red, None)
    assert on_day(history, date(2020, 1, 1), ZONE).known is None


def test_an_opt_out_is_told_before_any_colour() -> None:
    out = ConsentRecord(ConsentMode.GREEN, NOW, exclude_entirely=True)
    assert in_words(out)[0].startswith("The patient opted out")
    assert in_words(None) == ["The site knew nothing of this patient's choice."]


@pytest.mark.parametrize("status", Status)
def test_only_what_a_state_allows_is_offered(status: Status) -> None:
    actions = actions_for(status, answered=False, held=True, replied=False, left=False)
    assert actions.cancel == (
        status
        in {
            Status.NEW,
            Status.WITH_CLINICIAN,
            Status.CLINICIAN_MAIL_FAILED,
            Status.WITH_PATIENT,
            Status.FAILED,
        }
    )
    assert actions.confirm == (status is Status.NEW)
    assert actions.enter_reply == (status is Status.WITH_PATIENT)
    assert actions.leave == (status is Status.EXPIRED)
    assert WORDS[status]
    answered = actions_for(status, answered=True, held=False, replied=True, left=True)
    assert not (answered.reissue)
    assert not (answered.reassign)
    assert not (answered.confirm)
    assert not (answered.enter_reply)
    assert not (answered.leave)


def test_only_superusers_make_superusers() -> None:
    rdbm, both = {Role.RDBM}, {Role.RDBM, Role.SUPERUSER}
    assert problem_with_roles(by=rdbm, before=set(), after=both, is_self=False)
    assert problem_with_roles(by=both, before=set(), after=both, is_self=False) is None
    assert problem_with_roles(by=rdbm, before=rdbm, after=set(), is_self=True)
    assert not may_change(by=rdbm, roles=both)
    assert may_change(by=both, roles=both)


def test_r99_two_codes_of_an_event_are_no_change_from_one_to_the_other() -> None:
    event = AuditEvent(
        detail={
            "codes": ["AAAA-1", "BBBB-2"],
            "boxes": ["patient_signed"],
            "roles": [["researcher"], ["clinician", "rdbm"]],
            "title": ["Old", "New"],
            "direct": False,
        }
    )
    assert detail_in_words(event) == (
        "codes: AAAA-1, BBBB-2; boxes: patient signed; roles: from researcher to clinician, rdbm;"
        " title: from Old to New; direct: no"
    )
