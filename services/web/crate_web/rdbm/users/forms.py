"""What may come in about an account."""

from typing import Annotated

from pydantic import Field

from crate_core.domain.email import is_valid_address
from crate_core.domain.roles import Role
from crate_core.models import UserAccount
from crate_web.auth.forms import Password
from crate_web.forms import Form, FormState, Says, Ticked, state_of
from crate_web.refusals import ROLE_NAMES

ROLES = tuple((role.value, ROLE_NAMES[role].capitalize()) for role in Role)
_USERNAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]*$"


class AccountForm(Form):
    """A person and what they may do."""

    title: Annotated[str, Field(title="title", max_length=40)] = ""
    first_name: Annotated[str, Field(title="first name", max_length=100)] = ""
    last_name: Annotated[
        str,
        Field(title="last name", min_length=1, max_length=100),
        Says(missing="Enter a last name"),
    ]
    email: Annotated[str, Field(title="e-mail address", max_length=255)] = ""
    email_checked: Ticked
    telephone: Annotated[str, Field(title="telephone number", max_length=40)] = ""
    address: Annotated[str, Field(title="address", max_length=800)] = ""
    signatory_title: Annotated[str, Field(title="title below the signature", max_length=255)] = ""
    is_consultant: Ticked
    roles: Annotated[
        list[Role],
        Field(title="roles", default_factory=list),
        Says(wrong="Choose roles from the list"),
    ]

    def problems(self) -> FormState | None:
        """Return the form with what is wrong about it, None when nothing is."""
        state = state_of(self)
        if self.email and not is_valid_address(self.email):
            state.refuse("email", "Enter an e-mail address such as name@example.org")
        if self.email_checked and not self.email:
            state.refuse("email", "Enter the e-mail address that was checked")
        return state if state.errors else None


class _Credentials(Form):
    """A username, and the first password, which is told to the person."""

    username: Annotated[
        str,
        Field(title="username", min_length=2, max_length=100, pattern=_USERNAME),
        Says(
            missing="Enter a username",
            wrong="The username must be letters, digits, dots, hyphens, and at least two of them",
        ),
    ]
    password: Annotated[Password, Says(missing="Enter a first password")]


class NewAccountForm(AccountForm, _Credentials):
    """An account that is made; the bases stand in this order so that its fields begin with the username."""


class PasswordForm(Form):
    """A new password for somebody who forgot theirs."""

    password: Annotated[Password, Says(missing="Enter a new password")]


def form_of(account: UserAccount) -> FormState:
    """Return the form that shows an account."""
    return FormState(
        {
            "title": account.title,
            "first_name": account.first_name,
            "last_name": account.last_name,
            "email": account.email,
            "email_checked": "true" if account.email_verified_at else "",
            "telephone": account.telephone,
            "address": account.address,
            "signatory_title": account.signatory_title,
            "is_consultant": "true" if account.is_consultant else "",
            "roles": sorted(account.role_set),
        }
    )
