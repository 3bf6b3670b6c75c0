"""Settings as they may be shown."""

import re
from typing import Any

from pydantic import BaseModel, SecretStr

_MASK = "********"
_URL = re.compile(r"^([\w+]+://)(?:([^/:@]*)(:[^/@]*)?@)?(.*)$", re.DOTALL)


def masked(model: BaseModel) -> dict[str, Any]:
    """Return all values of a model, of URLs everything but the password, of other secrets nothing."""
    return {name: _shown(getattr(model, name)) for name in type(model).model_fields}


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return _mask(value.get_secret_value())
    if isinstance(value, BaseModel):
        return masked(value)
    if isinstance(value, list | tuple):
        return [_shown(part) for part in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


def _mask(secret: str) -> str:
    parts = _URL.match(secret)
    if parts is None:
        return _MASK
    scheme, user, password, rest = parts.groups()
    # Options behind a question mark may hold secrets of their own.
    place, question, _options = rest.partition("?")
    account = f"{user}:{_MASK}@" if password else f"{user}@" if user else ""
    return f"{scheme}{account}{place}{question and '?' + _MASK}"
