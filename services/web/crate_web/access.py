"""The one authorisation module: every route names its rule here, and nothing else decides who may come in.

Whose an object is (404 for "not yours") is a matter of each feature's queries, which filter by owner.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from crate_core.domain.roles import Role


class Kind(StrEnum):
    """What a rule asks for."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    ROLE = "role"
    TOKEN = "token"  # noqa: S105 (the name of a kind of rule)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route."""

    kind: Kind
    roles: frozenset[Role] = frozenset()


class Decision(Enum):
    """What becomes of a request."""

    ALLOWED = auto()
    MUST_SIGN_IN = auto()
    REFUSED = auto()


public = Rule(Kind.PUBLIC)
"""Anybody, signed in or not."""

anyone_signed_in = Rule(Kind.SIGNED_IN)
"""Everybody with an account, whatever their roles."""

token = Rule(Kind.TOKEN)
"""Whoever holds the address: the handler checks the token in it, and answers 404 to a wrong one."""


def role(*roles: Role) -> Rule:
    """Return the rule that asks for at least one of `roles`."""
    if not roles:
        message = "a role rule names at least one role"
        raise ValueError(message)
    return Rule(Kind.ROLE, frozenset(roles))


def decide(rule: Rule, roles: frozenset[Role] | None) -> Decision:
    """Say whether a visitor may use a route (C118, R1, R3).

    Args:
        rule: the route's rule.
        roles: the visitor's roles; None for somebody who is not signed in.
    """
    if rule.kind in {Kind.PUBLIC, Kind.TOKEN}:
        return Decision.ALLOWED
    if roles is None:
        return Decision.MUST_SIGN_IN
    if rule.kind is Kind.ROLE and not rule.roles & roles:
        return Decision.REFUSED
    return Decision.ALLOWED


class NotSignedInError(Exception):
    """The visitor has to sign in first."""


class RefusedError(Exception):
    """The visitor is known but may not do this."""

    def __init__(
        self,
        roles: frozenset[Role] = frozenset(),
        reason: str = "",
        heading: str = "You may not open this page",
    ) -> None:
        """Keep the roles one of which is needed, or the reason in words, and what the page is called."""
        super().__init__(reason or ", ".join(sorted(roles)))
        self.roles = roles
        self.reason = reason
        self.heading = heading
