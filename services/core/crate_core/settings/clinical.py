"""Settings of the clinical sources, in which identities are looked up."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ClinicalSourceKind(StrEnum):
    """Which tables a clinical source has (consent spec 3.1)."""

    DUMMY = "dummy"


class ClinicalSourceSettings(BaseModel):
    """One copy of a clinical record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        min_length=1,
        max_length=20,
        pattern=r"^\w+$",
        description="Name by which other settings and the audit call this source.",
    )
    kind: ClinicalSourceKind = Field(
        default=ClinicalSourceKind.DUMMY,
        description="Which tables it has; `dummy` is the invented one of the demonstration.",
    )
    url: SecretStr = Field(
        description="SQLAlchemy URL of an account that can only read this source."
    )
