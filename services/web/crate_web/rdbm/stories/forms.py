"""What may come in about another clinician who is to be asked."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from crate_core.domain.email import domain_permitted, is_valid_address
from crate_web.forms import Form, FormState, Says, Ticked, state_of


class ReassignForm(Form):
    """The clinician who is asked instead of the present one."""

    name: Annotated[
        str,
        Field(title="name", min_length=1, max_length=200),
        Says(missing="Enter the clinician's name, as a letter greets them"),
    ]
    email: Annotated[
        str,
        Field(title="e-mail address", min_length=1, max_length=254),
        Says(missing="Enter the clinician's e-mail address"),
    ]
    signatory_title: Annotated[str, Field(title="title below the signature", max_length=255)] = ""
    is_consultant: Ticked
    confirmed: Ticked
    change: Ticked

    def problems(self, *, present: tuple[str, str], permitted: Sequence[str]) -> FormState | None:
        """Return the form with what is wrong about it, None when nothing is.

        Args:
            present: name and address of who is asked now; a team may share an address.
            permitted: domains for mail that names a patient; empty permits all.
        """
        state = state_of(self)
        if not is_valid_address(self.email):
            state.refuse("email", "Enter an e-mail address such as name@example.org")
        elif not domain_permitted(self.email, permitted):
            message = "Mail that names a patient may only go to " + " or ".join(permitted)
            state.refuse("email", message)
        elif (self.name, self.email.lower()) == (present[0], present[1].lower()):
            message = "This clinician is asked already; “Ask the clinician anew” sends another link"
            state.refuse("email", message)
        return state if state.errors else None
