"""Who may give which role to whom."""

from collections.abc import Set as AbstractSet

from crate_core.domain.roles import Role

# Whoever gives these could otherwise give themselves every right.
_BY_SUPERUSERS_ONLY = frozenset({Role.SUPERUSER})


def problem_with_roles(
    *,
    by: AbstractSet[Role],
    before: AbstractSet[Role],
    after: AbstractSet[Role],
    is_self: bool,
) -> str | None:
    """Return why somebody with the roles `by` may not change roles from `before` to `after`, or None."""
    changed = before ^ after
    if changed & _BY_SUPERUSERS_ONLY and Role.SUPERUSER not in by:
        return "Only a superuser gives or takes the role of a superuser"
    if is_self and Role.RDBM in before and Role.RDBM not in after:
        return "You cannot take your own role from yourself: ask a colleague"
    return None


def may_change(*, by: AbstractSet[Role], roles: AbstractSet[Role]) -> bool:
    """Say whether somebody with the roles `by` may change an account that holds `roles`."""
    return Role.SUPERUSER not in roles or Role.SUPERUSER in by
