"""Ethics references: what committee-approved papers must say about themselves (spec row C63)."""

from datetime import date

from pydantic import Field

from crate_core.settings.texts import Wording


class EthicsDocument(Wording):
    """One paper as the ethics committee approved it."""

    title: str = Field(min_length=1, description="Title of the approved paper.")
    version: str = Field(default="1.0", min_length=1, description="Approved version.")
    dated: date = Field(default=date(2026, 1, 1), description="Date of that version.")


def _paper(title: str) -> EthicsDocument:
    return EthicsDocument(title=title)


class EthicsWording(Wording):
    """The approval under which the site works, and each paper's title, version and date."""

    iras_number: str = Field(default="000000", min_length=1, description="IRAS number.")
    rec_reference: str = Field(
        default="00/XX/0000",
        min_length=1,
        description="Reference of the research ethics committee.",
    )
    approval_letter: EthicsDocument = Field(
        default_factory=lambda: _paper("Letter to researcher: permission to contact a patient"),
        description="Letter that tells a lead researcher that a patient may be contacted.",
    )
    withdrawal_letter: EthicsDocument = Field(
        default_factory=lambda: _paper("Letter to researcher: permission withdrawn"),
        description="Letter that tells a lead researcher that a permission has ended.",
    )
    patient_letter: EthicsDocument = Field(
        default_factory=lambda: _paper("Letter from clinician to patient about a study"),
        description="First part of the pack.",
    )
    study_decision_form: EthicsDocument = Field(
        default_factory=lambda: _paper("Patient's decision form about a study"),
        description="Decision form of the pack.",
    )
    traffic_light_form: EthicsDocument = Field(
        default_factory=lambda: _paper("Patient's traffic-light decision form"),
        description="Form for the general choice about being contacted.",
    )
    confirmation_letter: EthicsDocument = Field(
        default_factory=lambda: _paper("Letter to patient: confirmation of traffic-light choice"),
        description="Letter that confirms a general choice.",
    )
