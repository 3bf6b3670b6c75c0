"""Which passwords are good enough (C120)."""

from itertools import pairwise

LEAST_LENGTH = 12
MOST_LENGTH = 200

# Long enough for the length rule, and still the first that anybody tries.
_COMMON = frozenset(
    {
        "password", "passwort", "letmein", "welcome", "qwerty", "qwertyuiop", "asdfghjkl",
        "zxcvbnm", "iloveyou", "administrator", "admin", "changeme", "secret", "abc",
        "abcdef", "abcdefgh", "abcdefghijkl", "monkey", "dragon", "football", "liverpool",
        "arsenal", "chelsea", "sunshine", "princess", "superman", "hospital", "research",
        "database", "researchdatabase", "patient", "clinician", "nhs",
        "correcthorsebatterystaple",
    }
)  # fmt: skip
_LEAST_DISTINCT = 5


def problem_with(password: str, *, username: str) -> str | None:
    """Return what is wrong with a new password, in words, or None.

    Args:
        password: the new password.
        username: of the account; the password must not be made from it.
    """
    if len(password) < LEAST_LENGTH:
        return f"Your new password must be {LEAST_LENGTH} characters or more"
    if len(password) > MOST_LENGTH:
        return f"Your new password must be {MOST_LENGTH} characters or fewer"
    letters = "".join(character for character in password.casefold() if character.isalpha())
    if username and username.casefold() in password.casefold():
        return "Your new password must not contain your username"
    if len(set(password)) < _LEAST_DISTINCT or _is_run(password):
        return "Your new password must be harder to guess: it repeats or counts"
    if letters in _COMMON or not letters or any(letters == word * 2 for word in _COMMON):
        return "Your new password must be harder to guess: three or four unrelated words are good"
    return None


def _is_run(password: str) -> bool:
    """Say whether a password is one long row such as 123456789012 or abcdefghijkl."""
    steps = {ord(second) - ord(first) for first, second in pairwise(password)}
    return len(steps - {-9, 9}) <= 1
