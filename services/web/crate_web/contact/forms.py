"""What may come in to ask for meeting patients."""

from typing import Annotated

from pydantic import Field

from crate_web.forms import Says, Submission, Ticked

_MOST_TEXT = 200_000
Pasted = Annotated[str, Field(max_length=_MOST_TEXT)]


class RequestForm(Submission):
    """A study, identifiers as pasted, and whether researchers would like to write directly."""

    study: Annotated[int, Says(missing="Choose a study", wrong="Choose a study")]
    rids: Annotated[Pasted, Field(title="RIDs")] = ""
    mrids: Annotated[Pasted, Field(title="MRIDs")] = ""
    nhs_numbers: Annotated[Pasted, Field(title="NHS numbers")] = ""
    direct: Ticked
    confirmed: Ticked
    change: Ticked
