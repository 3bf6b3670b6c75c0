"""What may come in: log-in, a new password, own details."""

from typing import Annotated

from pydantic import Field, StringConstraints

from crate_web.auth.passwords import MOST_LENGTH
from crate_web.forms import Form, Says

# Spaces around a password are part of it. Its greatest length keeps hashing cheap.
Password = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_LENGTH, strip_whitespace=False)
]


class LoginForm(Form):
    """Username and password, and where to go afterwards."""

    username: Annotated[str, Field(title="your username", min_length=1, max_length=100)]
    password: Annotated[Password, Field(title="your password")]
    next: str = ""


class PasswordForm(Form):
    """The present password, and the new one twice."""

    present: Annotated[Password, Says(missing="Enter your present password")]
    new: Annotated[Password, Says(missing="Enter your new password")]
    again: Annotated[Password, Says(missing="Enter your new password again")]


class PreferencesForm(Form):
    """How lists are shown."""

    rows_per_page: Annotated[int, Field(title="rows on a page", ge=10, le=500)]
