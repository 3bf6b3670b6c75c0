"""What may come in to ask about own patients."""

from typing import Annotated

from pydantic import Field

from crate_core.domain.answers import MAX_NAME_LENGTH
from crate_web.contact.forms import Pasted
from crate_web.forms import Says, Submission, Ticked


class OwnPatientForm(Submission):
    """A study, patients, who signs the letter, and who posts the papers."""

    study: Annotated[int, Says(missing="Choose a study", wrong="Choose a study")]
    nhs_numbers: Annotated[Pasted, Field(title="NHS numbers")] = ""
    rids: Annotated[Pasted, Field(title="RIDs")] = ""
    mrids: Annotated[Pasted, Field(title="MRIDs")] = ""
    signatory_name: Annotated[
        str,
        Field(title="name", min_length=1, max_length=MAX_NAME_LENGTH),
        Says(missing="Enter your name"),
    ]
    signatory_title: Annotated[
        str, Field(title="title below the signature", max_length=MAX_NAME_LENGTH)
    ] = ""
    manager_posts: Ticked
    confirmed: Ticked
    change: Ticked
