from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from crate_consent.decisions.routing import Direct, Outcome, ViaClinician, decide
from crate_consent.decisions.stop_tests import CLINICIAN_TESTS, PATIENT_TESTS, Stop
from crate_core.domain.consent import ConsentMode
from crate_core.domain.contact import StopCode
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import Clinician
from tests.unit.consent.decisions.builders import (
    ADULT,
    CHILDREN,
    S1,
    S2,
    TODAY,
    consent,
    discharged,
    inputs,
    patient,
)

RED = ConsentMode.RED


def code(outcome: Outcome) -> StopCode | None:
    return outcome.code if isinstance(outcome, Stop) else None


def test_tests_are_those_of_the_specification_in_its_order() -> None:
    tested = [test.code for test in PATIENT_TESTS + CLINICIAN_TESTS]
    assert tested == [stop for stop in StopCode if stop is not StopCode.IDENTIFIER_NOT_FOUND]


def test_c12_patient_who_is_not_found_is_not_contacted() -> None:
    assert code(decide(inputs(snapshot=PatientSnapshot(9990003696)))) is StopCode.PATIENT_NOT_FOUND


def test_c13_opted_out_patient_is_not_contacted_and_that_is_serious() -> None:
    outcome = decide(inputs(consent=consent(exclude_entirely=True)))
    assert isinstance(outcome, Stop)
    assert (outcome.code, outcome.serious) == (StopCode.OPTED_OUT, True)


def test_c79_opt_out_without_colour_stops() -> None:
    opted_out = consent(ConsentMode.UNKNOWN, exclude_entirely=True)
    assert code(decide(inputs(consent=opted_out))) is StopCode.OPTED_OUT


@pytest.mark.parametrize("changes", [{"dead": True}, {"date_of_death": date(2026, 5, 1)}])
def test_c14_dead_patient_is_not_contacted_even_if_green(changes: dict[str, Any]) -> None:
    assert code(decide(inputs(snapshot=patient(**changes)))) is StopCode.DEAD


@pytest.mark.parametrize("direct", [True, False])
def test_c15_red_patient_is_not_contacted(direct: bool) -> None:
    outcome = decide(inputs(consent=consent(RED), direct_requested=direct))
    assert code(outcome) is StopCode.CONSENT_RED


@pytest.mark.parametrize("study", [S1, CHILDREN])
def test_c16_unknown_date_of_birth_stops_also_for_a_study_of_children(study: Any) -> None:
    outcome = decide(inputs(snapshot=patient(date_of_birth=None), study=study))
    assert code(outcome) is StopCode.BIRTH_DATE_UNKNOWN


def test_c17_under_sixteen_stops_unless_the_study_is_approved_for_it() -> None:
    day_before_birthday = patient(date_of_birth=date(2010, 5, 4))
    assert code(decide(inputs(snapshot=day_before_birthday))) is StopCode.UNDER_16
    assert isinstance(decide(inputs(snapshot=day_before_birthday, study=CHILDREN)), Direct)


def test_c17_sixteenth_birthday_counts_as_sixteen() -> None:
    assert isinstance(decide(inputs(snapshot=patient(date_of_birth=date(2010, 5, 3)))), Direct)


def test_c18_discharged_patient_and_study_not_approved_for_that_stops() -> None:
    assert code(decide(inputs(snapshot=discharged(0)))) is StopCode.DISCHARGED


def test_c19_discharged_on_the_last_day_of_the_limit_passes() -> None:
    assert isinstance(decide(inputs(snapshot=discharged(1095), study=S2)), Direct)


def test_c20_discharged_one_day_longer_stops_and_both_numbers_are_named() -> None:
    outcome = decide(inputs(snapshot=discharged(1096), study=S2))
    assert isinstance(outcome, Stop)
    assert outcome.code is StopCode.DISCHARGED_TOO_LONG
    assert "1096" in outcome.text
    assert "1095" in outcome.text


def test_c20_patient_who_agreed_to_contact_after_discharge_passes() -> None:
    agreed = consent(consent_after_discharge=True)
    assert isinstance(decide(inputs(snapshot=discharged(1096), study=S2, consent=agreed)), Direct)


@pytest.mark.parametrize("days_ago", [0, 1, 3000])
@pytest.mark.parametrize("agreed", [True, False])
def test_c21_limit_zero_never_contacts_a_discharged_patient(days_ago: int, agreed: bool) -> None:
    outcome = decide(
        inputs(
            snapshot=discharged(days_ago),
            study=S2,
            consent=consent(consent_after_discharge=agreed),
            discharge_limit_days=0,
        )
    )
    assert isinstance(outcome, Stop)
    assert outcome.code is StopCode.DISCHARGED_TOO_LONG
    assert "never" in outcome.text


def test_c21_limit_zero_does_not_touch_patients_under_care() -> None:
    assert isinstance(decide(inputs(study=S2, discharge_limit_days=0)), Direct)


def test_c21_without_a_limit_long_discharged_patients_pass() -> None:
    outcome = decide(inputs(snapshot=discharged(3000), study=S2, discharge_limit_days=None))
    assert isinstance(outcome, Direct)


@pytest.mark.parametrize("limit", [1095, None])
def test_c22_unknown_date_of_discharge_stops_unless_the_patient_agreed(limit: int | None) -> None:
    case = inputs(snapshot=discharged(None), study=S2, discharge_limit_days=limit)
    assert code(decide(case)) is StopCode.DISCHARGE_DATE_UNKNOWN
    agreed = replace(case, consent=consent(consent_after_discharge=True))
    assert isinstance(decide(agreed), Direct)


@pytest.mark.parametrize("limit", [1095, 0])
def test_c23_unknown_whether_discharged_passes(limit: int) -> None:
    outcome = decide(inputs(snapshot=patient(discharged=None), discharge_limit_days=limit))
    assert isinstance(outcome, Direct)


@pytest.mark.parametrize(("approaches", "stops"), [(0, False), (1, True), (2, True)])
def test_c24_yearly_limit_stops_when_it_is_reached(approaches: int, stops: bool) -> None:
    outcome = decide(inputs(consent=consent(max_approaches_per_year=1), approaches=approaches))
    assert code(outcome) is (StopCode.YEARLY_LIMIT if stops else None)


def test_c26_limit_zero_approaches_means_no_limit() -> None:
    assert isinstance(decide(inputs(approaches=10)), Direct)


EVERYTHING_WRONG = inputs(
    snapshot=PatientSnapshot(
        1, dead=True, discharged=True, discharge_date=TODAY - timedelta(days=4000)
    ),
    consent=consent(RED, exclude_entirely=True, max_approaches_per_year=1),
    approaches=5,
)


def test_c27_each_test_hits_only_after_those_before_it_were_cured() -> None:
    case = EVERYTHING_WRONG
    cures: list[tuple[StopCode, Any]] = [
        (StopCode.PATIENT_NOT_FOUND, {"snapshot": {"patient_found": True}}),
        (StopCode.OPTED_OUT, {"consent": {"exclude_entirely": False}}),
        (StopCode.DEAD, {"snapshot": {"dead": False}}),
        (StopCode.CONSENT_RED, {"consent": {"mode": ConsentMode.YELLOW}}),
        (StopCode.BIRTH_DATE_UNKNOWN, {"snapshot": {"date_of_birth": date(2016, 1, 1)}}),
        (StopCode.UNDER_16, {"study": {"include_under_16s": True}}),
        (StopCode.DISCHARGED, {"study": {"include_discharged": True}}),
        (StopCode.DISCHARGED_TOO_LONG, {"snapshot": {"discharge_date": None}}),
        (StopCode.DISCHARGE_DATE_UNKNOWN, {"consent": {"consent_after_discharge": True}}),
        (StopCode.YEARLY_LIMIT, {"consent": {"max_approaches_per_year": 0}}),
        (StopCode.NO_CLINICIAN, {"snapshot": {"clinician_found": True}}),
        (
            StopCode.CLINICIAN_EMAIL_INVALID,
            {"snapshot": {"clinician": Clinician(email="a@elsewhere.example")}},
        ),
    ]
    case = replace(case, permitted_domains=("cpft.nhs.uk",))
    for expected, cure in cures:
        assert code(decide(case)) is expected
        for part, changes in cure.items():
            case = replace(case, **{part: replace(getattr(case, part), **changes)})
    assert code(decide(case)) is StopCode.CLINICIAN_DOMAIN
    assert isinstance(decide(replace(case, permitted_domains=())), ViaClinician)


def test_c27_dead_comes_before_red_and_unknown_birth_date() -> None:
    case = inputs(snapshot=patient(dead=True, date_of_birth=None), consent=consent(RED))
    assert code(decide(case)) is StopCode.DEAD


def test_c27_red_comes_before_age() -> None:
    case = inputs(snapshot=patient(date_of_birth=date(2016, 1, 1)), consent=consent(RED))
    assert code(decide(case)) is StopCode.CONSENT_RED


def via_clinician(email: str, **changes: Any) -> Outcome:
    snapshot = patient(clinician=replace(ADULT.clinician, email=email))
    return decide(inputs(snapshot=snapshot, direct_requested=False, **changes))


def test_c33_clinician_outside_permitted_domains_stops() -> None:
    outcome = via_clinician("a@other.nhs.uk", permitted_domains=("cpft.nhs.uk",))
    assert isinstance(outcome, Stop)
    assert outcome.code is StopCode.CLINICIAN_DOMAIN
    assert "not in a permitted domain" in outcome.text


@pytest.mark.parametrize("email", ["a@cpft.nhs.uk", "a@CPFT.NHS.UK"])
def test_c34_domain_written_with_at_or_capitals_permits(email: str) -> None:
    assert isinstance(via_clinician(email, permitted_domains=("@cpft.nhs.uk",)), ViaClinician)


@pytest.mark.parametrize("email", ["bad", ""])
def test_c35_clinician_with_invalid_address_stops(email: str) -> None:
    assert code(via_clinician(email)) is StopCode.CLINICIAN_EMAIL_INVALID


def test_c35_no_clinician_stops() -> None:
    case = inputs(snapshot=patient(clinician_found=False), direct_requested=False)
    assert code(decide(case)) is StopCode.NO_CLINICIAN


def test_c35_direct_route_asks_nothing_of_the_clinician() -> None:
    assert isinstance(decide(inputs(snapshot=patient(clinician_found=False))), Direct)


def test_c98_clinician_who_asks_serves_where_the_record_has_none() -> None:
    outcome = decide(
        inputs(
            snapshot=patient(clinician_found=False, clinician=Clinician()),
            direct_requested=False,
            own_email="own@cpft.nhs.uk",
        )
    )
    assert isinstance(outcome, ViaClinician)
    assert outcome.recipient == "own@cpft.nhs.uk"


def test_c97_clinician_who_asks_without_an_address_of_their_own_gets_no_mail_at_another() -> None:
    outcome = decide(inputs(direct_requested=False, own_email=""))
    assert code(outcome) is StopCode.CLINICIAN_EMAIL_INVALID


def test_c101_red_patient_stops_also_when_a_clinician_asks() -> None:
    case = inputs(consent=consent(RED), direct_requested=False, own_email="a@cpft.nhs.uk")
    assert code(decide(case)) is StopCode.CONSENT_RED
