import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_core.domain.people import NO_GP, Address, Clinician, care_of, parse_gp_name, salutation

RDBM = ("Research Office", "1 High Street", "", "", "Cambridgeshire", "CB1 1AA", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("VAN DEN BERG AJ", "Dr A. Van Den Berg"),
        ("AJ VAN DEN BERG", "Dr A. Van Den Berg"),
        ("Smith JKC", "Dr J. Smith"),
        ("J Smith", "Dr J. Smith"),
        ("LINTON H C", "Dr H. Linton"),
        ("H. C. Linton", "Dr H. Linton"),
        ("Dr J O'BRIEN", "Dr J. O'Brien"),
        ("  smith  ", "Dr Smith"),
        ("LINTON H C (PL)", "LINTON H C (PL)"),
    ],
)
def test_c139_gp_name_is_split_into_initial_and_surname(text: str, expected: str) -> None:
    assert parse_gp_name(text).full_name == expected


@pytest.mark.parametrize("text", ["", "  ", "No Registered GP", "NO REGISTERED GP"])
def test_c139_no_gp_is_marked_as_none(text: str) -> None:
    gp = parse_gp_name(text)
    assert (gp.title, gp.first_name, gp.last_name) == ("", "", NO_GP)


@given(st.text(max_size=40))
def test_c139_any_text_gives_a_gp_with_a_surname(text: str) -> None:
    assert parse_gp_name(text).last_name


def test_c140_clinician_without_title_is_a_doctor() -> None:
    assert Clinician(first_name="Ann", last_name="Smith").salutation == "Dr Smith"
    assert Clinician(title="Ms", first_name="Ann", last_name="Smith").salutation == "Ms Smith"


@pytest.mark.parametrize(
    ("title", "first_name", "expected"),
    [("Sir", "John", "Sir John"), ("Dame", "Ann", "Dame Ann"), ("Sir", "", "Sir Smith")],
)
def test_c140_sir_and_dame_take_the_forename(title: str, first_name: str, expected: str) -> None:
    assert salutation(title, first_name, "Smith") == expected


def test_c141_clinician_without_address_is_care_of_the_rdbm() -> None:
    assert care_of(RDBM) == (
        "c/o Research Office",
        "1 High Street",
        "Cambridgeshire",
        "CB1 1AA",
    )


def test_address_has_seven_lines() -> None:
    assert len(Address(("1 High Street",)).lines) == 7
    with pytest.raises(ValueError, match="at most 7"):
        Address(("",) * 8)
