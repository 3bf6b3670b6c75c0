"""Makes the demonstration's PDFs: study details, an extra form, leaflets."""

import json
from dataclasses import asdict, dataclass
from importlib.resources import files

import typst


@dataclass(frozen=True)
class Section:
    """A part of a document: heading, paragraphs, and ruled lines to write on."""

    heading: str
    paragraphs: tuple[str, ...]
    lines: int = 0


@dataclass(frozen=True)
class DocumentText:
    """A document before it is set."""

    title: str
    sections: tuple[Section, ...]


def make_pdf(document: DocumentText) -> bytes:
    """Set a document; the same text always gives the same bytes. The PDF is tagged."""
    template = files("crate_demo").joinpath("document.typ").read_bytes()
    return typst.compile(
        template,
        sys_inputs={"content": json.dumps(asdict(document))},
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=0,
    )
