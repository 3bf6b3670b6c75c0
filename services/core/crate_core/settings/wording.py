"""What the site says about itself and to people: names, addresses, ethics references, texts of letters.

Everything has a neutral default, so that a demonstration needs none of it; a site sets what is its own.
Texts may hold the placeholders that their field's description names, written in braces.
"""

from typing import Self

from pydantic import Field, model_validator

from crate_core.settings.ethics import EthicsWording
from crate_core.settings.letter_wording import LetterWording
from crate_core.settings.texts import Wording, check_placeholders


class ManagerWording(Wording):
    """The research database manager (RDBM): the person whom everybody may ring."""

    name: str = Field(
        default="Alex Example", min_length=1, description="Name, as letters are signed."
    )
    title: str = Field(
        default="Research Database Manager", min_length=1, description="Title below the name."
    )
    telephone: str = Field(default="01632 960000", min_length=1, description="Telephone number.")
    email: str = Field(
        default="research.database@example.org", pattern=r"^\S+@\S+$", description="E-mail address."
    )
    address: tuple[str, ...] = Field(
        default=(
            "Research Database",
            "Example House",
            "1 Example Street",
            "Exampletown",
            "EX1 1EX",
        ),
        min_length=1,
        description="Postal address, one line each; also used as c/o address for clinicians "
        "whose own address is not known.",
    )


class CharityWording(Wording):
    """The donation that is made for a clinician's answer."""

    name: str = Field(default="a charity for patients", description="Who receives the donations.")
    url: str = Field(default="", description="Page about the arrangement; empty: no link is shown.")
    thanks: str = Field(
        default="Thank you. For every answer, whatever it is, we make a donation to {charity}.",
        description="Sentence shown to clinicians who answered. Placeholder: {charity}.",
    )


class SiteWording(Wording):
    """All wording of one site; `site` in the configuration file."""

    site_name: str = Field(
        default="Research database",
        min_length=1,
        description="Name of this site, in every page's header.",
    )
    trust_name: str = Field(
        default="Example Health Trust", min_length=1, description="Organisation that runs the site."
    )
    trust_address: tuple[str, ...] = Field(
        default=("Example House", "1 Example Street", "Exampletown", "EX1 1EX"),
        min_length=1,
        description="Its registered address, one line each; on the first page of every letter.",
    )
    logo_svg: str = Field(
        default="",
        description="Logo as SVG text, on letters and pages; empty: the organisation's name is "
        "shown in its place.",
    )
    manager: ManagerWording = Field(
        default_factory=ManagerWording, description="The research database manager."
    )
    return_address: tuple[str, ...] = Field(
        default=("FREEPOST EXAMPLE RESEARCH DATABASE",),
        min_length=1,
        description="Where patients send their forms, one line each.",
    )
    contact: str = Field(
        default="Questions? Ask the research database manager, {name}: telephone {telephone}, "
        "e-mail {email}.",
        description="Contact line in the footer of pages and mails. "
        "Placeholders: {name}, {telephone}, {email}.",
    )
    privacy: tuple[str, ...] = Field(
        default=(
            (
                "This site serves research with health records from which names and addresses have "
                "been removed, and lets patients be asked whether they would like to take part in "
                "studies."
            ),
            (
                "Every log-in, look-up and letter is recorded. Who a patient is becomes known to "
                "researchers only after that patient has agreed."
            ),
        ),
        description="Paragraphs of the page on privacy.",
    )
    accessibility: tuple[str, ...] = Field(
        default=(
            (
                "This site is made to be used with a keyboard, a screen reader, large type and on a "
                "telephone. If something does not work for you, please tell us."
            ),
        ),
        description="Paragraphs of the page on accessibility.",
    )
    charity: CharityWording = Field(
        default_factory=CharityWording, description="Donations for clinicians' answers."
    )
    ethics: EthicsWording = Field(
        default_factory=EthicsWording, description="Ethics references for the footers of papers."
    )
    letters: LetterWording = Field(
        default_factory=LetterWording, description="Texts of letters, packs and forms."
    )

    @model_validator(mode="after")
    def _placeholders_exist(self) -> Self:
        check_placeholders((self.contact,), frozenset({"name", "telephone", "email"}))
        check_placeholders((self.charity.thanks,), frozenset({"charity"}))
        return self
