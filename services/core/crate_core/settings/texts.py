"""The base of all wording settings, and texts that hold named placeholders."""

from collections.abc import Iterable, Mapping
from string import Formatter

from pydantic import BaseModel, ConfigDict


class Wording(BaseModel):
    """A group of texts of a site; unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def check_placeholders(texts: Iterable[str], allowed: frozenset[str]) -> None:
    """Refuse texts with a placeholder that nothing would fill.

    Args:
        texts: Texts of a site.
        allowed: Names that are filled in.

    Raises:
        ValueError: Naming the wrong placeholder and those that exist.
    """
    for text in texts:
        for _, name, spec, conversion in Formatter().parse(text):
            if name is not None and (name not in allowed or spec or conversion):
                known = ", ".join(f"{{{item}}}" for item in sorted(allowed))
                raise ValueError(f"unknown placeholder {{{name}}}; this text may hold {known}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Fill a checked text's placeholders.

    Values are inserted as they are: braces in them are never read as placeholders.

    Args:
        text: A text that `check_placeholders` accepted.
        values: A value for each placeholder.

    Returns:
        The text for people.
    """
    return text.format_map(values)
