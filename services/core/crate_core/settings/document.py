"""The page that describes every setting, made from the code (design 3.2)."""

from collections.abc import Iterator
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from crate_core.settings.loading import REQUIRED
from crate_core.settings.model import Settings

_INTRODUCTION = """\
# Configuration

Made from the code by `make docs`; do not edit it here.

Every setting is an environment variable `CRATE_*`. Lists and groups are written as JSON there, or,
more readably, in one YAML file that `CRATE_CONFIG` names; names in the file are those below without
`CRATE_` and in lower case. A secret may stand in a file of its own: `CRATE_X_FILE` names the file
that holds the value of `CRATE_X`. The environment wins over such files, and these over the YAML
file. What is wrong stops the start, and the message names the setting, the place and the rule;
`crate config check` tells it beforehand, and `crate config show` shows what is in force.
"""


def describe_settings() -> str:
    """Return docs/configuration.md."""
    parts = [_INTRODUCTION, _services(), "## Settings\n"]
    parts += [_entry(f"CRATE_{name.upper()}", field) for name, field in _fields(Settings)]
    for model in _groups(Settings):
        parts.append(f"## {_title(model)}\n\n{_summary(model)}\n")
        parts += [_entry(name, field) for name, field in _fields(model)]
    return "\n".join(parts)


def _services() -> str:
    rows = [
        f"| {service} | {', '.join(f'`CRATE_{name.upper()}`' for name in names)} |"
        for service, names in REQUIRED.items()
    ]
    return "\n".join(
        ("## What each service must have", "", "| service | settings |", "| --- | --- |", *rows, "")
    )


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    yield from model.model_fields.items()


def _entry(name: str, field: FieldInfo) -> str:
    notes = [_type_name(field.annotation)]
    default = _default(field)
    notes.append("must be set" if default is None else f"default {default}")
    return f"### `{name}`\n\n{field.description or ''}\n\n{'; '.join(notes)}.\n"


def _default(field: FieldInfo) -> str | None:
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or isinstance(value, BaseModel):
        return "as described there"
    if value in (None, "", [], ()):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list | tuple):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{value}`"


def _type_name(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _type_name(arguments[0])
    if origin in {Union, UnionType}:
        kinds = [_type_name(part) for part in arguments if part is not type(None)]
        return " or ".join(kind for kind in kinds if kind)
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in arguments if part)
    if origin in {list, tuple, set, frozenset}:
        return f"list of: {_type_name(arguments[0])}"
    return _simple_name(kind)


def _simple_name(kind: Any) -> str:
    if issubclass(kind, BaseModel):
        return f"[{_title(kind)}](#{_title(kind).lower().replace(' ', '-')})"
    if issubclass(kind, StrEnum):
        return " or ".join(f"`{part.value}`" for part in kind)
    names = {SecretStr: "text, secret", str: "text", bool: "`true` or `false`", int: "whole number"}
    return names.get(kind, str(kind.__name__).lower())


def _groups(model: type[BaseModel], seen: set[type] | None = None) -> Iterator[type[BaseModel]]:
    seen = set() if seen is None else seen
    for _name, field in _fields(model):
        for group in _models_in(field.annotation):
            if group not in seen:
                seen.add(group)
                yield group
                yield from _groups(group, seen)


def _models_in(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from _models_in(part)


def _title(model: type[BaseModel]) -> str:
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in model.__name__)
    return words.strip().capitalize()


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n\n")[0].replace("\n    ", "\n")
