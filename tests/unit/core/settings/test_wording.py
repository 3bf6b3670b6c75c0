"""The site's wording: usable as it is, wrong texts named."""

import pytest
from pydantic import BaseModel, ValidationError

from crate_core.settings.texts import fill
from crate_core.settings.wording import SiteWording


def test_defaults_need_nothing_from_the_site() -> None:
    assert SiteWording().ethics.patient_letter.title


def test_every_text_is_described_for_the_documentation() -> None:
    def walk(model: type[BaseModel]) -> None:
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                walk(field.annotation)

    walk(SiteWording)


@pytest.mark.parametrize(
    "text", ["{patients}", "{study.__class__}", "{study!r}", "{study:>9}", "{}"]
)
def test_placeholder_that_nothing_fills_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match=r"this text may hold .*\{study\}"):
        SiteWording.model_validate({"letters": {"patient": {"opening": text}}})


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="trust_nam"):
        SiteWording.model_validate({"trust_nam": "x"})


def test_braces_in_values_are_only_text() -> None:
    assert fill("Dear {patient},", {"patient": "{study}"}) == "Dear {study},"
