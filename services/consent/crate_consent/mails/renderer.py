"""Templates of mails, read once: a folder a kind, each with `subject.txt`, `body.txt` and `body.html`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    select_autoescape,
)

from crate_consent.mails.content import MailContent
from crate_consent.mails.rows import one_line

# What conditions leave behind where they do not hold.
_BLANK_LINES = re.compile(r"\n{3,}")
_FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class _Kind:
    subject: Template
    text: Template
    html: Template


class Renderer:
    """Fills the three templates of a mail; all are compiled when it is made."""

    def __init__(self, common: Mapping[str, object]) -> None:
        """Take what every template may show."""
        environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        environment.globals.update(common)
        kinds = (path.name for path in _FOLDER.iterdir() if path.is_dir())
        self._kinds = {
            kind: _Kind(
                subject=environment.get_template(f"{kind}/subject.txt"),
                text=environment.get_template(f"{kind}/body.txt"),
                html=environment.get_template(f"{kind}/body.html"),
            )
            for kind in kinds
        }

    def mail(
        self, kind: str, facts: Mapping[str, object], *, carries_identity: bool
    ) -> MailContent:
        """Return a mail of a kind.

        Args:
            kind: Name of a folder of templates.
            facts: What its templates show, beside what all may show.
            carries_identity: Whether the body tells who a patient is.

        Raises:
            jinja2.UndefinedError: Templates and facts do not fit: a fault of this package.
        """
        templates = self._kinds[kind]
        subject = one_line(templates.subject.render(facts))
        return MailContent(
            subject=subject,
            text=_BLANK_LINES.sub("\n\n", templates.text.render(facts)).strip() + "\n",
            html=templates.html.render(facts, subject=subject),
            carries_identity=carries_identity,
        )
