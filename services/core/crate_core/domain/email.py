"""Validity of e-mail addresses, and which domains identifying mail may go to."""

import re
from collections.abc import Iterable
from enum import StrEnum

MAX_ADDRESS_LENGTH = 254
MAX_LOCAL_LENGTH = 64

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")


def is_valid_address(address: str) -> bool:
    """Say whether `address` is one plain address, fit for a mail header (C35).

    Display names, quoted local parts and non-ASCII addresses are refused: staff addresses have none of
    them, and each has been used to send mail elsewhere than the text suggests.
    """
    local, at, domain = address.rpartition("@")
    return (
        bool(at)
        and len(address) <= MAX_ADDRESS_LENGTH
        and len(local) <= MAX_LOCAL_LENGTH
        and _LOCAL.fullmatch(local) is not None
        and _DOMAIN.fullmatch(domain) is not None
    )


def domain_of(address: str) -> str:
    """Return the part after the last "@", in lower case ("" where there is none)."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def domain_permitted(address: str, permitted: Iterable[str]) -> bool:
    """Say whether the domain of `address` is one of `permitted` (C33, C34).

    Matching is exact and ignores capitals; an entry may carry a leading "@". An empty list permits all.
    """
    domains = {entry.strip().removeprefix("@").lower() for entry in permitted}
    return not domains or domain_of(address) in domains


class NoIdentity(StrEnum):
    """Why mail that names a patient must not go to somebody's address, as the end of a sentence."""

    DISABLED = "the account is disabled"
    NO_ADDRESS = "the account has no e-mail address"
    UNCHECKED = "nobody has checked whose the account's e-mail address is"
    INVALID = "the account's e-mail address is not valid"
    DOMAIN = "the account's e-mail address is not in a permitted domain"


def why_no_identity(
    address: str, *, active: bool, checked: bool, permitted: Iterable[str]
) -> NoIdentity | None:
    """Return why mail that names a patient must not go to an address; None when it may (C32, C97).

    Args:
        address: of an account.
        active: the account is not disabled: who has left gets nothing more.
        checked: somebody has checked whose it is.
        permitted: domains; empty permits all.
    """
    if not active:
        return NoIdentity.DISABLED
    if not address:
        return NoIdentity.NO_ADDRESS
    if not is_valid_address(address):
        return NoIdentity.INVALID
    if not checked:
        return NoIdentity.UNCHECKED
    return None if domain_permitted(address, permitted) else NoIdentity.DOMAIN
