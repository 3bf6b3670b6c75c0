"""The person on the other side, as the session tells."""

from dataclasses import dataclass
from datetime import datetime

from crate_core.domain.roles import Role


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in."""

    user_id: int
    username: str
    full_name: str
    roles: frozenset[Role]
    rows_per_page: int
    session_id: int
    session_hash: str
    """SHA-256 of the session's token: binds CSRF tokens and answers of look-ups to this session."""
    last_visit_at: datetime | None = None
    """When this person was seen last before this session; None at the first visit."""

    def has(self, *roles: Role) -> bool:
        """Say whether this person holds one of `roles`."""
        return not self.roles.isdisjoint(roles)
