"""Forms: what was posted becomes a typed value, or a form that says beside each field what is wrong.

A form is a pydantic model. `title` is the field's name in messages; `Says` replaces the message of
a kind of error:

    class StudyForm(Submission):
        code: Annotated[str, Field(title="study code", min_length=1), Says(missing="Enter a code")]
        starts_on: Annotated[date | None, Field(title="start date")] = None

    form = parse(StudyForm, request.form_data)
    if isinstance(form, FormState):
        return request.render("studies/edit.html", form=form)

A post that creates something derives its form from `Submission`, and its template has
`forms.submission(form)`: a random id in a hidden field, made once when the page was shown. The
feature keeps `form.result_id()` in a unique column of what it makes, and in its unit of work looks for
that first: a second post of the same page finds the row and redirects to it.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from starlette.datastructures import FormData, UploadFile

FormValue = str | list[str]
M = TypeVar("M", bound=BaseModel)

_CHOSEN = frozenset({"too_short", "enum", "literal_error", "bool_parsing", "is_instance_of"})
_MESSAGES = {
    "string_too_long": "{Name} must be {max_length} characters or fewer",
    "too_short": "Choose {name}",
    "int_parsing": "{Name} must be a whole number",
    "int_from_float": "{Name} must be a whole number",
    "float_parsing": "{Name} must be a number",
    "decimal_parsing": "{Name} must be a number",
    "decimal_max_places": "{Name} must have at most {decimal_places} decimal places",
    "date_from_datetime_parsing": "{Name} must be a real date, such as 2026-05-03",
    "date_parsing": "{Name} must be a real date, such as 2026-05-03",
    "greater_than_equal": "{Name} must be {ge} or more",
    "greater_than": "{Name} must be more than {gt}",
    "less_than_equal": "{Name} must be {le} or less",
    "less_than": "{Name} must be less than {lt}",
    "enum": "Choose {name}",
    "literal_error": "Choose {name}",
    "bool_parsing": "Choose {name}",
}


@dataclass(frozen=True, slots=True)
class Says:
    """Messages of one field by kind of error; `missing` is for empty ones, `wrong` for all others."""

    missing: str = ""
    wrong: str = ""


@dataclass(slots=True)
class FormState:
    """A form as a page shows it: what stands in the fields, and what is wrong with it.

    `order` has the fields as the page shows them, for the messages on top.
    """

    values: Mapping[str, FormValue] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    order: Sequence[str] = ()

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else (value[0] if value else "")

    def chosen(self, name: str) -> Sequence[str]:
        """Return what is ticked of a group."""
        value = self.values.get(name, [])
        return [value] if isinstance(value, str) else value

    def error(self, name: str) -> str:
        """Return the message of a field, "" when nothing is wrong with it."""
        return self.errors.get(name, "")

    @property
    def summary(self) -> list[dict[str, str]]:
        """The messages for the top of the page in the order of the fields, each with a link to its own."""
        places = {name: place for place, name in enumerate(self.order)}
        names = sorted(self.errors, key=lambda name: places.get(name, len(places)))
        return [{"text": self.errors[name], "href": f"#{name}"} for name in names]

    def refuse(self, name: str, message: str) -> "FormState":
        """Add a message that a rule outside the model found; returns the form itself."""
        self.errors.setdefault(name, message)
        return self


class Form(BaseModel):
    """Base of forms: spaces around texts go, fields that nobody asked for are ignored."""

    model_config = ConfigDict(
        str_strip_whitespace=True, extra="ignore", arbitrary_types_allowed=True, frozen=True
    )


class Submission(Form):
    """Base of forms that create something: a second post of the same page carries the same id."""

    submission: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,43}$")]

    def result_id(self, about: object = "") -> str:
        """Return the id of what this post makes.

        A second post of the same words has the same; somebody who goes back to the page, changes the
        words and posts them makes something else.

        Args:
            about: what the form is about where no field says so.
        """
        words = json.dumps([about, self.model_dump(mode="json")], sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()[:40]


def new_submission() -> str:
    """Return a new random id for a form that creates something."""
    return secrets.token_urlsafe(16)


def _unticked(value: object) -> object:
    return False if value in {"", None} else value


Ticked = Annotated[bool, BeforeValidator(_unticked), Field(default=False)]
"""A box: ticked or, when the browser sends nothing, not."""


def parse(model: type[M], data: FormData) -> M | FormState:
    """Return the form's value, or the form to show again with messages (what was typed is kept).

    An empty field counts as absent where the field has a default.
    """
    values = _values(model, data)
    given = {
        name: value
        for name, value in values.items()
        if value not in ("", []) or _is_required(model, name)
    }
    try:
        return model.model_validate(given)
    except ValidationError as error:
        kept = {name: value for name, value in values.items() if not isinstance(value, UploadFile)}
        state = FormState(kept, order=tuple(model.model_fields))
        for detail in error.errors(include_url=False, include_input=False):
            name = str(detail["loc"][0]) if detail["loc"] else "form"
            empty = not (value.strip() if isinstance(value := values.get(name), str) else value)
            state.refuse(name, _message(model.model_fields.get(name), name, detail, empty=empty))
        return state


def state_of(model: BaseModel) -> FormState:
    """Return the form that shows a value which is already there, for a page that edits it."""
    values: dict[str, FormValue] = {}
    for name, value in model.model_dump(mode="json").items():
        values[name] = (
            [str(item) for item in value]
            if isinstance(value, list)
            else ""
            if value is None
            else str(value)
        )
    return FormState(values, order=tuple(type(model).model_fields))


def _is_required(model: type[BaseModel], name: str) -> bool:
    return model.model_fields[name].is_required()


def _values(model: type[BaseModel], data: FormData) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        if _is_list(info.annotation):
            values[name] = [item for item in data.getlist(name) if isinstance(item, str)]
        elif isinstance(upload := data.get(name), UploadFile):
            values[name] = upload if upload.filename else ""
        else:
            values[name] = data.get(name, "")
    return values


def _is_list(annotation: Any) -> bool:
    if get_origin(annotation) in {list, tuple, set, frozenset}:
        return True
    return any(_is_list(part) for part in get_args(annotation))


def _message(info: FieldInfo | None, name: str, detail: ErrorDetails, *, empty: bool) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    label = (info.title if info and info.title else name.replace("_", " ")).strip()
    says = (
        next((item for item in info.metadata if isinstance(item, Says)), Says()) if info else Says()
    )
    # An empty field is "missing" to people, whatever it is to the type that reads it.
    if empty:
        return says.missing or f"{'Choose' if kind in _CHOSEN else 'Enter'} {label}"
    if says.wrong:
        return says.wrong
    if kind == "value_error":
        return str(context["error"])
    template = _MESSAGES.get(kind, "{Name} is not valid")
    return template.format(name=label, Name=label[:1].upper() + label[1:], **context)


def option_items(options: Iterable[Sequence[str]]) -> list[dict[str, object]]:
    """Return the items of radios, checkboxes or a select: from (value, label) or (value, label, hint)."""
    return [
        {
            "value": option[0],
            "text": option[1],
            **({"hint": {"text": option[2]}} if option[2:] else {}),
        }
        for option in options
    ]
