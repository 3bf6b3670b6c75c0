from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_consent.decisions.routing import Caution, Direct, Hold, ViaClinician, decide
from crate_consent.decisions.stop_tests import Inputs, Stop
from crate_core.domain.consent import ConsentMode, ConsentRecord
from crate_core.domain.contact import Answer, Involvement, StopCode
from crate_core.domain.patient import PatientSnapshot
from crate_core.domain.people import Address, Clinician, Gp
from crate_core.domain.study import StudyFacts
from tests.unit.consent.decisions.builders import S1, S3, TODAY, consent, inputs

GREEN, YELLOW, UNKNOWN = ConsentMode.GREEN, ConsentMode.YELLOW, ConsentMode.UNKNOWN


def involvement(mode: ConsentMode, *, direct: bool, study: StudyFacts = S1) -> Involvement:
    outcome = decide(inputs(consent=consent(mode), direct_requested=direct, study=study))
    match outcome:
        case Direct():
            return Involvement.NONE
        case ViaClinician(code):
            return code
        case _:
            pytest.fail(f"{outcome}")


def test_c28_green_with_direct_approach_goes_straight_to_the_researcher() -> None:
    assert involvement(GREEN, direct=True) is Involvement.NONE


def test_c29_green_without_direct_approach_goes_through_the_clinician() -> None:
    assert involvement(GREEN, direct=False) is Involvement.REQUESTED


def test_c30_yellow_goes_through_the_clinician() -> None:
    assert involvement(YELLOW, direct=True) is Involvement.YELLOW
    assert involvement(YELLOW, direct=False) is Involvement.REQUESTED


def test_c31_unknown_mode_goes_through_the_clinician() -> None:
    assert involvement(UNKNOWN, direct=True) is Involvement.UNKNOWN
    assert involvement(UNKNOWN, direct=False) is Involvement.REQUESTED


@pytest.mark.parametrize("mode", [GREEN, YELLOW, UNKNOWN])
def test_c04_study_without_approval_for_direct_approach_never_gets_it(mode: ConsentMode) -> None:
    assert involvement(mode, direct=True, study=S3) is Involvement.REQUESTED


def test_c36_outstanding_request_is_a_caution_and_goes_out() -> None:
    outcome = decide(inputs(direct_requested=False, outstanding=True))
    assert isinstance(outcome, ViaClinician)
    assert outcome.cautions == (Caution.OUTSTANDING_REQUEST,)


@pytest.mark.parametrize("answer", [Answer.C, Answer.D])
def test_c36_earlier_refusal_is_a_caution_and_goes_out(answer: Answer) -> None:
    outcome = decide(inputs(earlier_answers=frozenset({answer, Answer.A})))
    assert outcome == Direct((Caution.EARLIER_REFUSAL,))


@pytest.mark.parametrize("direct", [True, False])
def test_c37_request_after_a_veto_is_held_until_confirmed(direct: bool) -> None:
    case = inputs(direct_requested=direct, earlier_answers=frozenset({Answer.B}))
    assert isinstance(decide(case), Hold)
    confirmed = decide(replace(case, repeat_confirmed=True))
    assert isinstance(confirmed, Direct if direct else ViaClinician)
    assert confirmed.cautions == (Caution.EARLIER_REFUSAL,)


def test_c37_nobody_is_asked_to_confirm_what_would_stop_anyway() -> None:
    case = inputs(consent=consent(ConsentMode.RED), earlier_answers=frozenset({Answer.B}))
    assert isinstance(decide(case), Stop)


DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))
ANYTHING = st.builds(
    Inputs,
    snapshot=st.builds(
        PatientSnapshot,
        date_of_birth=st.none() | DATES,
        discharge_date=st.none() | DATES,
        address=st.builds(Address, st.just(())),
        gp=st.builds(Gp, address=st.just(Address())),
        clinician=st.builds(
            Clinician,
            email=st.sampled_from(["", "bad", "a@cpft.nhs.uk", "a@other.example"]),
            address=st.just(Address()),
        ),
    ),
    consent=st.builds(
        ConsentRecord,
        decided_at=st.datetimes(timezones=st.just(UTC)),
        source=st.sampled_from(["user_entry", "auto_created", "legacy", "rio"]),
        max_approaches_per_year=st.integers(0, 3),
        entry=st.none() | st.integers(1, 10),
    ),
    study=st.builds(StudyFacts),
    approaches=st.integers(0, 5),
    today=st.just(TODAY),
    discharge_limit_days=st.none() | st.integers(0, 2000),
    permitted_domains=st.sampled_from([(), ("cpft.nhs.uk",), ("@CPFT.nhs.uk",)]),
    own_email=st.sampled_from([None, "", "own@cpft.nhs.uk", "own@other.example"]),
    earlier_answers=st.frozensets(st.sampled_from(Answer)),
)


@given(ANYTHING)
def test_red_dead_opted_out_and_unfound_patients_are_never_contacted(case: Inputs) -> None:
    never = (
        case.consent.mode is ConsentMode.RED
        or case.consent.exclude_entirely
        or case.snapshot.dead
        or case.snapshot.date_of_death is not None
        or not case.snapshot.patient_found
    )
    if never:
        assert isinstance(decide(case), Stop)


@given(ANYTHING)
def test_researchers_get_a_patient_directly_only_on_a_standing_green(case: Inputs) -> None:
    if isinstance(decide(case), Direct):
        assert case.consent.mode is GREEN
        assert case.direct_requested
        assert case.study.direct_approach_allowed


@given(ANYTHING)
def test_children_and_discharged_patients_need_a_study_approved_for_them(case: Inputs) -> None:
    if not isinstance(decide(case), Stop):
        age = case.snapshot.age_on(TODAY)
        assert age is not None
        assert age >= 16 or case.study.include_under_16s
        assert not case.snapshot.discharged or case.study.include_discharged


@given(ANYTHING)
def test_clinician_is_mailed_only_at_a_valid_permitted_address(case: Inputs) -> None:
    outcome = decide(case)
    if isinstance(outcome, ViaClinician):
        assert outcome.recipient.lower().endswith(
            "@cpft.nhs.uk" if case.permitted_domains else ("@cpft.nhs.uk", "@other.example")
        )


@given(ANYTHING, st.integers(0, 2000))
def test_stricter_consent_never_opens_a_way(case: Inputs, extra_days: int) -> None:
    if isinstance(decide(case), Stop):
        stricter = replace(case, consent=replace(case.consent, consent_after_discharge=False))
        later = replace(stricter, today=case.today + timedelta(days=extra_days))
        outcome = decide(later)
        # Only growing up can help.
        assert isinstance(outcome, Stop) or _code(case) is StopCode.UNDER_16


def _code(case: Inputs) -> StopCode | None:
    outcome = decide(case)
    return outcome.code if isinstance(outcome, Stop) else None
