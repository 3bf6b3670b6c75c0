"""Components of the NHS.UK library, as safe HTML.

Its macros are pure functions of their parameters but slow, so results are remembered: a bounded
number, and none that holds what a person typed or what is known of somebody.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup, escape

_MOST_REMEMBERED = 4096
# The macro's file is named in kebab case: passwordInput -> password-input.
_CAPITAL = re.compile(r"(?=[A-Z])")
# Fields whose value is put in afterwards, so that what is remembered is the empty field.
_FILLED_LATER = frozenset({"input", "passwordInput", "textarea", "characterCount", "searchInput"})
_PLACE = "\ue000value\ue000"
# What these are made of is the page's own wording; whatever else is rendered each time.
_REMEMBERED_NAMES = _FILLED_LATER | {
    "backLink", "button", "checkboxes", "fieldset", "fileUpload", "hint", "label", "legend",
    "radios", "select", "skipLink", "tag",
}  # fmt: skip
_FOLDERS = {"table": "tables", "image": "images", "list": "do-dont-list"}


class Components:
    """Renders components; `component` in templates is an instance of this."""

    def __init__(self) -> None:
        """Make the library's own environment: its port of the macros needs undefined values that chain."""
        self._environment = Environment(
            loader=PackageLoader("nhsuk_frontend_jinja"),
            undefined=ChainableUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._macros: dict[str, Callable[[dict[str, object]], str]] = {}
        self._remembered = lru_cache(maxsize=_MOST_REMEMBERED)(self._render_key)

    def __call__(self, name: str, /, *, personal: bool = False, **params: object) -> Markup:
        """Return one component.

        Args:
            name: of the macro, such as "button" or "dateInput".
            personal: the parameters hold something about a person; nothing is remembered.
            params: as the library documents them.
        """
        value = params.get("value")
        if name in _FILLED_LATER and isinstance(value, str) and value not in {"", _PLACE}:
            html = self(name, personal=personal, **{**params, "value": _PLACE})
            return Markup(html.replace(_PLACE, escape(value)))  # noqa: S704 (both halves are escaped)
        if personal or name not in _REMEMBERED_NAMES or params.get("errorMessage"):
            return self._render(name, params)
        return self._remembered(name, _Key(params))

    def _render_key(self, name: str, key: "_Key") -> Markup:
        return self._render(name, key.params)

    def _render(self, name: str, params: dict[str, object]) -> Markup:
        macro = self._macros.get(name)
        if macro is None:
            folder = _FOLDERS.get(name) or _CAPITAL.sub("-", name).lower()
            module = self._environment.get_template(f"nhsuk/components/{folder}/macro.jinja").module
            macro = self._macros[name] = getattr(module, name)
        return Markup(macro(params).strip())  # noqa: S704 (rendered with autoescape)


class _Key:
    """Parameters as a key: nested values compare by how they are written."""

    __slots__ = ("_text", "params")

    def __init__(self, params: dict[str, object]) -> None:
        self.params = params
        self._text = repr(params)

    def __hash__(self) -> int:
        return hash(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._text == other._text
