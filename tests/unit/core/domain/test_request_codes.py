import pytest
from hypothesis import given
from hypothesis import strategies as st

from crate_core.domain.request_codes import (
    ALPHABET,
    ENTROPY_BYTES,
    new_request_code,
    parse_request_code,
)

ENTROPY = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)


@given(ENTROPY)
def test_code_is_read_back_however_it_is_typed(entropy: bytes) -> None:
    code = new_request_code(entropy)
    typed = code.lower().replace("-", " ").replace("1", "l").replace("0", "o")
    assert parse_request_code(code) == code
    assert parse_request_code(f" {typed} ") == code


@given(ENTROPY, st.integers(0, 11), st.sampled_from(ALPHABET))
def test_every_wrong_character_is_noticed(entropy: bytes, place: int, character: str) -> None:
    code = new_request_code(entropy).replace("-", "")
    if code[place] != character:
        with pytest.raises(ValueError, match="check each character"):
            parse_request_code(code[:place] + character + code[place + 1 :])


@given(ENTROPY, ENTROPY)
def test_codes_of_different_numbers_differ(one: bytes, other: bytes) -> None:
    same_number = int.from_bytes(one) >> 1 == int.from_bytes(other) >> 1
    assert (new_request_code(one) == new_request_code(other)) is same_number


@pytest.mark.parametrize("text", ["", "K7QM", "U" * 12, "0" * 13, "ÅÅÅÅÅÅÅÅÅÅÅÅ"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a request code"):
        parse_request_code(text)


def test_code_needs_all_its_random_bytes() -> None:
    with pytest.raises(ValueError, match="7 random bytes"):
        new_request_code(b"short")
