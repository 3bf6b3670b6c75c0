"""The rules of who may come in."""

import pytest

from crate_core.domain.roles import Role
from crate_web import access
from crate_web.access import Decision, Rule, decide


@pytest.mark.parametrize("rule", [access.public, access.token])
@pytest.mark.parametrize("roles", [None, frozenset(), frozenset(Role)])
def test_public_pages_and_tokens_ask_for_no_account(
    rule: Rule, roles: frozenset[Role] | None
) -> None:
    assert decide(rule, roles) is Decision.ALLOWED


@pytest.mark.parametrize("rule", [access.anyone_signed_in, access.role(Role.RDBM)])
def test_c118_who_is_not_signed_in_signs_in_first(rule: Rule) -> None:
    assert decide(rule, None) is Decision.MUST_SIGN_IN


@pytest.mark.parametrize("held", Role)
@pytest.mark.parametrize("asked", Role)
def test_c118_no_role_holds_another(held: Role, asked: Role) -> None:
    expected = Decision.ALLOWED if held is asked else Decision.REFUSED
    assert decide(access.role(asked), frozenset({held})) is expected


def test_one_of_several_roles_is_enough() -> None:
    rule = access.role(Role.RDBM, Role.AUDITOR)
    assert decide(rule, frozenset({Role.AUDITOR, Role.CLINICIAN})) is Decision.ALLOWED
    assert decide(rule, frozenset()) is Decision.REFUSED


def test_a_role_rule_without_roles_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one role"):
        access.role()
