"""What the audit keeps of a change of a study."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from crate_core.models import Study, StudyResearcher, UserAccount
from crate_web.studies.changes import changes, facts_of
from crate_web.studies.forms import FLAGS, StudyForm, form_of

LONDON = ZoneInfo("Europe/London")


def form(**values: object) -> StudyForm:
    given: dict[str, object] = {
        "institutional_id": 7,
        "title": "Sleep",
        "lead_researcher": 1,
        "summary": "About sleep",
        "remove_form": False,
        **dict.fromkeys(FLAGS, "no"),
        **values,
    }
    return StudyForm.model_validate(given)


def filled(**values: object) -> Study:
    study = Study(lead_researcher=UserAccount(username="lead"), researchers=[])
    form(**values).fill(study, LONDON)
    return study


def test_only_what_differs_is_kept() -> None:
    before = facts_of(filled())
    after = facts_of(filled(title="Sleep and rest", patient_contact="yes"))
    assert changes(before, after) == {
        "title": ["Sleep", "Sleep and rest"],
        "patient_contact": ["no", "yes"],
    }


def test_nothing_changed_is_nothing() -> None:
    assert changes(facts_of(filled()), facts_of(filled())) == {}


def test_lead_is_not_listed_twice_and_kept_rows_stay() -> None:
    study = filled(researchers=[1, 2, 3])
    kept = study.researchers[0]
    assert [row.user_id for row in study.researchers] == [2, 3]
    form(researchers=[2, 4]).fill(study, LONDON)
    assert study.researchers[0] is kept
    assert [row.user_id for row in study.researchers] == [2, 4]


def test_dates_are_days_of_the_sites_zone() -> None:
    study = filled(registered_on="2026-07-01")
    assert study.registered_at == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert form_of(study, LONDON).value("registered_on") == date(2026, 7, 1).isoformat()


def test_form_shows_what_is_there() -> None:
    study = filled(clinical_trial="yes", researchers=[5])
    study.researchers = [StudyResearcher(user_id=5)]
    shown = form_of(study, LONDON)
    assert shown.value("clinical_trial") == "yes"
    assert shown.chosen("researchers") == ["5"]
