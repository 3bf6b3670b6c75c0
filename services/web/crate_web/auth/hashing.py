"""Password hashes: Argon2id, with the same work for names that do not exist."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_MEMORY_KIB = 46 * 1024
_PASSES = 1


class PasswordHashing:
    """Makes and checks password hashes; each call takes some 50 ms and 46 MiB."""

    def __init__(self, *, memory_kib: int = _MEMORY_KIB, passes: int = _PASSES) -> None:
        """Choose the cost; the default is what OWASP recommends.

        A new cost applies to each person at their next log-in.
        """
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._nobody = self._hasher.hash("a password that nobody has")

    def hash(self, password: str) -> str:
        """Return the hash to store."""
        return self._hasher.hash(password)

    def is_right(self, stored: str | None, password: str) -> bool:
        """Say whether `password` belongs to `stored`.

        None, for an account that does not exist, takes as long and is never right.
        """
        try:
            right = self._hasher.verify(self._nobody if stored is None else stored, password)
        except (VerificationError, InvalidHashError):
            return False
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Say whether a hash was made at another cost and should be made anew."""
        return self._hasher.check_needs_rehash(stored)
