"""When guessing passwords is slowed down (C120)."""

from dataclasses import dataclass

# One address may be a whole hospital.
_PEOPLE_BEHIND_AN_ADDRESS = 10


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed log-ins of late: of the name that is tried, and from the address that tries."""

    of_name: int
    from_address: int


def must_wait(failures: Failures, allowed: int) -> bool:
    """Say whether a log-in is refused unseen.

    Args:
        failures: counted over all processes.
        allowed: failures of one name that are still tried.
    """
    return (
        failures.of_name >= allowed or failures.from_address >= allowed * _PEOPLE_BEHIND_AN_ADDRESS
    )
