from datetime import date, timedelta

from crate_consent.lookups.best_clinician import (
    Candidate,
    Involvement,
    choose_clinician,
    with_guessed_emails,
    with_representatives,
)
from crate_core.domain.people import Clinician

TODAY = date(2026, 5, 3)


def person(name: str, email: str | None = None) -> Clinician:
    return Clinician("Dr", "Ada", name, email=f"{name}@example.org" if email is None else email)


def candidate(
    involvement: Involvement,
    name: str,
    started: date | None = date(2020, 1, 1),
    ended: date | None = None,
    email: str | None = None,
) -> Candidate:
    return Candidate(involvement, person(name, email), started_on=started, ended_on=ended)


def chosen(*candidates: Candidate) -> str | None:
    clinician = choose_clinician(candidates, TODAY).clinician
    return clinician.last_name if clinician else None


def test_c87_current_care_coordinator_beats_newer_consultant() -> None:
    old = candidate(Involvement.CARE_COORDINATOR, "coordinator", date(2010, 1, 1))
    new = candidate(Involvement.CONSULTANT, "consultant", date(2026, 1, 1))
    assert chosen(new, old) == "coordinator"


def test_c88_of_two_current_care_coordinators_the_newer_is_asked() -> None:
    older = candidate(Involvement.CARE_COORDINATOR, "older", date(2019, 1, 1))
    newer = candidate(Involvement.CARE_COORDINATOR, "newer", date(2021, 1, 1))
    assert chosen(older, newer) == chosen(newer, older) == "newer"


def test_c89_representative_is_asked_when_coordinator_has_no_address() -> None:
    coordinator = candidate(Involvement.CARE_COORDINATOR, "coordinator", email="")
    team = Candidate(Involvement.TEAM, team="X", started_on=date(2020, 1, 1))
    found = choose_clinician(with_representatives([coordinator, team], {"X": person("rep")}), TODAY)
    assert found.clinician == person("rep")
    assert not found.discharged


def test_team_without_representative_shows_that_patient_is_not_discharged() -> None:
    team = Candidate(Involvement.TEAM, team="X", started_on=date(2020, 1, 1))
    found = choose_clinician(with_representatives([team], {"Y": person("rep")}), TODAY)
    assert found.clinician is None
    assert not found.discharged


def test_c90_previous_clinician_is_the_one_whose_involvement_ended_last() -> None:
    coordinator = candidate(Involvement.CARE_COORDINATOR, "coordinator", ended=date(2024, 1, 1))
    staff = candidate(Involvement.OTHER_STAFF, "staff", ended=date(2025, 1, 1))
    found = choose_clinician([coordinator, staff], TODAY)
    assert found.clinician == person("staff")
    assert found.discharged
    assert found.discharged_on == date(2025, 1, 1)


def test_previous_clinicians_of_one_day_are_ordered_by_function() -> None:
    ended = date(2025, 1, 1)
    staff = candidate(Involvement.OTHER_STAFF, "staff", ended=ended)
    consultant = candidate(Involvement.CONSULTANT, "consultant", ended=ended)
    assert chosen(staff, consultant) == "consultant"


def test_c91_nobody_at_all_means_discharged_on_an_unknown_date() -> None:
    found = choose_clinician([], TODAY)
    assert (found.clinician, found.discharged, found.discharged_on) == (None, True, None)


def test_last_day_of_an_involvement_is_still_current() -> None:
    assert not choose_clinician(
        [candidate(Involvement.CONSULTANT, "c", ended=TODAY)], TODAY
    ).discharged
    assert choose_clinician(
        [candidate(Involvement.CONSULTANT, "c", ended=TODAY - timedelta(days=1))], TODAY
    ).discharged


def test_involvement_that_begins_tomorrow_does_not_count() -> None:
    future = candidate(Involvement.CARE_COORDINATOR, "future", TODAY + timedelta(days=1))
    assert choose_clinician([future], TODAY).discharged


def test_c92_no_address_is_made_up_unless_the_site_allows_it() -> None:
    without = candidate(Involvement.CONSULTANT, "Byron", email="")
    assert chosen(*with_guessed_emails([without], None)) is None
    guessed = with_guessed_emails([without], "{first}.{last}@trust.example.org")
    assert guessed[0].clinician.email == "ada.byron@trust.example.org"


def test_c92_no_address_is_made_up_from_an_initial_or_a_strange_name() -> None:
    initial = Candidate(Involvement.CONSULTANT, Clinician("Dr", "A", "Byron"))
    strange = Candidate(Involvement.CONSULTANT, Clinician("Dr", "Ada", "van den Berg"))
    pattern = "{first}.{last}@trust.example.org"
    assert with_guessed_emails([initial, strange], pattern) == [initial, strange]


def test_c93_team_is_spoken_for_with_name_address_and_signatory_title() -> None:
    representative = Clinician(
        "Prof", "Rosa", "Lind", email="rosa@example.org", signatory_title="Team lead"
    )
    team = Candidate(Involvement.TEAM, team="X", started_on=date(2020, 1, 1))
    found = choose_clinician(with_representatives([team], {"X": representative}), TODAY)
    assert found.clinician == representative


def test_c145_clinician_without_start_date_is_usable_and_sorts_last() -> None:
    undated = candidate(Involvement.CARE_COORDINATOR, "undated", None)
    dated = candidate(Involvement.CARE_COORDINATOR, "dated", date(2001, 1, 1))
    assert chosen(undated) == "undated"
    assert chosen(undated, dated) == "dated"
