"""What may come in on research pages."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from crate_web.forms import Says, Submission


def _as_typed(value: object) -> object:
    # Browsers send every line end of a text box as CR LF; what was typed is LF.
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class SqlForm(Submission):
    """A text to run, kept byte for byte (R5, R6)."""

    database: Annotated[
        str, Field(title="database", max_length=50), Says(missing="Choose a database")
    ]
    sql: Annotated[
        str,
        BeforeValidator(_as_typed),
        StringConstraints(strip_whitespace=False, min_length=1),
        Field(title="a query"),
        Says(missing="Enter a query"),
    ]
