"""Forms: what people type becomes a value or a message that they can act on."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import Field, field_validator
from starlette.datastructures import FormData, UploadFile

from crate_web.forms import (
    Form,
    FormState,
    Says,
    Submission,
    Ticked,
    new_submission,
    parse,
    state_of,
)


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Specimen(Form):
    code: Annotated[str, Field(title="study code", min_length=1, max_length=5)]
    title: Annotated[str, Field(min_length=1), Says(missing="Say what it is called")]
    starts_on: Annotated[date | None, Field(title="start date")] = None
    places: Annotated[int, Field(title="number of places", ge=1)] = 3
    colour: Annotated[Colour, Field(title="a colour")] = Colour.RED
    tags: Annotated[list[str], Field(title="at least one tag", min_length=1)]
    kind: Literal["a", "b"] = "a"
    direct: Ticked = False

    @field_validator("title")
    @classmethod
    def _no_shouting(cls, value: str) -> str:
        if value.isupper():
            message = "Do not write in capital letters"
            raise ValueError(message)
        return value


GOOD: list[tuple[str, str | UploadFile]] = [
    ("code", " S1 "),
    ("title", "A study"),
    ("tags", "x"),
    ("tags", "y"),
]


def change(**fields: str) -> FormData:
    return FormData([item for item in GOOD if item[0] not in fields] + [*fields.items()])


def test_a_good_form_is_a_value() -> None:
    form = parse(Specimen, change(starts_on="2026-05-03", places="", direct="true"))
    assert isinstance(form, Specimen)
    assert (form.code, form.tags, form.starts_on) == ("S1", ["x", "y"], date(2026, 5, 3))
    assert (form.places, form.direct, form.colour) == (3, True, Colour.RED)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("code", "", "Enter study code"),
        ("code", "   ", "Enter study code"),
        ("code", "S12345", "Study code must be 5 characters or fewer"),
        ("title", "", "Say what it is called"),
        ("title", "LOUD", "Do not write in capital letters"),
        ("starts_on", "3rd of May", "Start date must be a real date, such as 2026-05-03"),
        ("starts_on", "2026-02-30", "Start date must be a real date, such as 2026-05-03"),
        ("places", "many", "Number of places must be a whole number"),
        ("places", "0", "Number of places must be 1 or more"),
        ("colour", "blue", "Choose a colour"),
        ("kind", "c", "Choose kind"),
    ],
)
def test_a_wrong_field_says_what_to_do(field: str, typed: str, message: str) -> None:
    form = parse(Specimen, change(**{field: typed}))
    assert isinstance(form, FormState)
    assert form.errors == {field: message}
    assert form.value(field) == typed
    assert form.value("title" if field == "code" else "code").strip()
    assert form.summary == [{"text": message, "href": f"#{field}"}]


def test_nothing_chosen_of_a_group_is_said_so() -> None:
    form = parse(Specimen, FormData([item for item in GOOD if item[0] != "tags"]))
    assert isinstance(form, FormState)
    assert form.errors == {"tags": "Choose at least one tag"}


def test_fields_that_nobody_asked_for_are_ignored() -> None:
    assert isinstance(parse(Specimen, change(is_admin="true")), Specimen)


def test_a_value_can_be_edited() -> None:
    form = parse(Specimen, change(starts_on="2026-05-03"))
    assert isinstance(form, Specimen)
    state = state_of(form)
    assert state.value("starts_on") == "2026-05-03"
    assert state.chosen("tags") == ["x", "y"]
    assert state.chosen("kind") == ["a"]


def test_a_form_that_creates_carries_an_id() -> None:
    class Creates(Submission):
        code: str

    assert isinstance(parse(Creates, FormData(code="x", submission=new_submission())), Creates)
    refused = parse(Creates, FormData(code="x", submission="short"))
    assert isinstance(refused, FormState)
    assert "submission" in refused.errors


def test_messages_stand_in_the_order_of_the_fields_whoever_found_them() -> None:
    form = parse(Specimen, change(places="0", code=""))
    assert isinstance(form, FormState)
    form.refuse("elsewhere", "no field of this form").refuse("title", "found by a rule")
    hrefs = [each["href"] for each in form.summary]
    assert hrefs == ["#code", "#title", "#places", "#elsewhere"]


def test_the_first_message_of_a_field_stays() -> None:
    assert FormState().refuse("a", "first").refuse("a", "second").errors == {"a": "first"}
