"""Identifiers of invented people: local numbers, NHS numbers of the test range, hashed IDs."""

import hashlib
import hmac
from collections.abc import Iterator
from itertools import islice

_TEST_RANGE_SIZE = 1_000_000
"""Nine-digit beginnings 999 000 000 to 999 999 999: the range set aside for tests."""
_NHS_STEP = 386_021
_LOCAL_STEP = 7_919
_LOCAL_RANGE = 9_000_000
_NO_CHECK_DIGIT = 10
_HASH_LENGTH = 32


def _check_digit(beginning: int) -> int:
    digits = [int(digit) for digit in f"{beginning:09d}"]
    total = sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11


def _test_nhs_numbers(seed: int) -> Iterator[int]:
    # A step without a common factor with the size of the range visits each number once,
    # in an order that does not look like counting.
    for index in range(_TEST_RANGE_SIZE):
        beginning = 999_000_000 + (seed * 91_193 + index * _NHS_STEP) % _TEST_RANGE_SIZE
        check = _check_digit(beginning)
        if check != _NO_CHECK_DIGIT:
            yield beginning * 10 + check


def nhs_numbers_for_tests(count: int, seed: int) -> list[int]:
    """Return `count` different NHS numbers from 999 000 0000 to 999 999 9999.

    Raises:
        ValueError: the range has fewer valid numbers than that (about 909,000).
    """
    numbers = list(islice(_test_nhs_numbers(seed), count))
    if len(numbers) < count:
        message = f"the test range has {len(numbers)} valid NHS numbers, {count} were asked for"
        raise ValueError(message)
    return numbers


def local_number(index: int, seed: int) -> int:
    """Return the local hospital number of person `index`: seven digits, each once."""
    return 1_000_000 + (seed * 1_303 + index * _LOCAL_STEP) % _LOCAL_RANGE


def hashed_id(family: str, number: int, seed: int) -> str:
    """Return the research ID of `number`: a keyed hash, 32 hexadecimal digits.

    The key is public, as the people are invented: it only has to be the same each time, so
    that documentation can name people to try. `family` keeps RIDs and MRIDs apart.
    """
    key = f"demonstration {family} {seed}".encode()
    return hmac.new(key, str(number).encode(), hashlib.sha256).hexdigest()[:_HASH_LENGTH]
