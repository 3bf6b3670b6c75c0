import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_core.domain.identifiers import (
    IdentifierList,
    format_nhs_number,
    normalise_research_id,
    parse_nhs_number,
    split_identifiers,
    split_nhs_numbers,
)

FIRST_NINE = st.lists(st.integers(0, 9), min_size=9, max_size=9).filter(lambda digits: digits[0])


def check_digit(first_nine: list[int]) -> int:
    remainder = sum(
        weight * digit for weight, digit in zip(range(10, 1, -1), first_nine, strict=True)
    )
    return (11 - remainder % 11) % 11


@pytest.mark.parametrize("number", ["9434765919", "9990001235", "9990002460", "9990003696"])
def test_c05_valid_nhs_number_is_accepted(number: str) -> None:
    assert parse_nhs_number(number) == int(number)


@pytest.mark.parametrize(
    "text",
    [
        "9434765918",
        "943476591",
        "0434765919",
        "94347659190",
        "943476591x",
        "９４３４７６５９１９",
        "-434765919",
    ],
)
def test_c05_invalid_nhs_number_is_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_nhs_number(text)


def test_c71_short_number_is_not_an_nhs_number() -> None:
    with pytest.raises(ValueError, match="123"):
        parse_nhs_number("123")


@pytest.mark.parametrize(
    "text", ["943 476 5919", " 943 476 5919 ", "943\u00a0476\u00a05919", "9434 765919"]
)
def test_c06_spaces_in_an_nhs_number_do_not_matter(text: str) -> None:
    assert parse_nhs_number(text) == 9434765919


@given(FIRST_NINE, st.integers(0, 9))
def test_c05_exactly_the_right_check_digit_is_accepted(first_nine: list[int], last: int) -> None:
    text = "".join(map(str, [*first_nine, last]))
    if last == check_digit(first_nine):
        assert parse_nhs_number(text) == int(text)
        assert parse_nhs_number(format_nhs_number(int(text))) == int(text)
    else:
        with pytest.raises(ValueError, match=text):
            parse_nhs_number(text)


def test_c07_identifiers_are_split_at_white_space_and_commas_in_order() -> None:
    assert split_identifiers(" c\n a\tb,d;e ") == IdentifierList(("c", "a", "b", "d", "e"))


def test_c08_no_identifier_gives_an_empty_list() -> None:
    assert split_identifiers(" \n ,") == IdentifierList(())


def test_c09_repeated_identifier_is_left_out_and_counted() -> None:
    assert split_identifiers("ab12 zz AB12 ab12 ZZ") == IdentifierList(
        ("ab12", "zz", "ZZ"), repeated=2
    )


@pytest.mark.parametrize(
    "text",
    [
        "943 476 5919\n9990001235",
        "943 476 5919, 999 000 1235",
        "943 476 5919 999 000 1235",
        "9434765919,999 000 1235;943 476 5919",
    ],
)
def test_c06_spaced_nhs_numbers_stay_together_in_a_list(text: str) -> None:
    assert split_nhs_numbers(text).values == ("9434765919", "9990001235")


@given(st.lists(st.text("abcdef0123456789", min_size=1), max_size=20))
def test_c09_splitting_keeps_each_identifier_once(values: list[str]) -> None:
    split = split_identifiers("\n".join(values))
    assert split.values == tuple(dict.fromkeys(values))
    assert len(split.values) + split.repeated == len(values)


def test_hexadecimal_research_id_is_lower_case_and_others_are_kept() -> None:
    assert normalise_research_id(" AB12 ") == "ab12"
    assert normalise_research_id("Zzz=") == "Zzz="


@pytest.mark.parametrize("text", ["", "  ", "a b", "a\x00b", "a" * 129])
def test_impossible_research_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="research ID"):
        normalise_research_id(text)
