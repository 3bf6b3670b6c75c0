"""Putting pages of uploaded PDFs into a typeset document.

The document is typeset as a whole, with one picture of a single pixel, tagged as a figure, where a page
of an uploaded PDF is to stand. The pixel is then exchanged for the page itself. So the numbering, the
tags, the bookmarks and the language of the document are those of the typesetter; nothing is stamped
over anything; and of the uploaded file only what is printed comes in: no action, link, script or
attachment.

What holds of the result: it is tagged; title and language are set; our parts are as accessible as
PDF/UA-1 asks; an uploaded page is a figure whose alternative text says what it is, and its own text
can be selected and searched, but has no structure. Since its fonts need not be embedded, the document
no longer claims PDF/UA-1; with embedded ones, the missing claim is all that a validator finds.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from types import TracebackType

import pikepdf

from crate_core.errors import PermanentError


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page to print: its size in points, as it is seen, and the form that draws it."""

    width: float
    height: float
    form: pikepdf.Object


class Upload(AbstractContextManager["Upload"]):
    """An uploaded PDF, open for copying its pages."""

    def __init__(self, name: str, data: bytes) -> None:
        """Open the file.

        Args:
            name: What it is, for error messages.
            data: The file.

        Raises:
            PermanentError: It cannot be read.
        """
        try:
            self._pdf = pikepdf.open(BytesIO(data), suppress_warnings=True)
            # What fields of a form look like is drawn by annotations: make it part of the page.
            self._pdf.generate_appearance_streams()
            self._pdf.flatten_annotations("print")
            self.sheets = tuple(_sheet(page) for page in self._pdf.pages)
        except (pikepdf.PikepdfError, ValueError) as error:
            raise PermanentError(
                f"The PDF for the part “{name}” cannot be read: {error}"
            ) from error

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pdf.close()


def insert_sheets(document: pikepdf.Pdf, sheets: Iterable[Sheet]) -> None:
    """Exchange the pixels of a document, in the order of its pages, for sheets.

    Args:
        document: A typeset document with as many pixels as there are sheets.
        sheets: What to draw in their places.
    """
    for (pictures, name), sheet in zip(_pixels(document), sheets, strict=True):
        pictures[name] = document.copy_foreign(sheet.form)
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        del metadata["pdfuaid:part"]


def _pixels(document: pikepdf.Pdf) -> Iterator[tuple[pikepdf.Dictionary, str]]:
    for page in document.pages:
        pictures = page.resources.get(pikepdf.Name.XObject)
        if not isinstance(pictures, pikepdf.Dictionary):
            continue
        for name, picture in list(pictures.items()):
            if picture.get("/Width") == 1 and picture.get("/Height") == 1:
                yield pictures, name


def _sheet(page: pikepdf.Page) -> Sheet:
    """Draw a page into the unit square, which is what a picture fills."""
    form = page.as_form_xobject()
    left, bottom, right, top = (float(edge) for edge in form.BBox)
    matrix = pikepdf.Matrix(form.Matrix) if "/Matrix" in form else pikepdf.Matrix()
    corners = [matrix.transform((x, y)) for x in (left, right) for y in (bottom, top)]
    x0, x1 = min(x for x, _ in corners), max(x for x, _ in corners)
    y0, y1 = min(y for _, y in corners), max(y for _, y in corners)
    width, height = x1 - x0, y1 - y0
    if width <= 0 or height <= 0:
        raise ValueError("a page has no area")
    to_unit = pikepdf.Matrix(1 / width, 0, 0, 1 / height, -x0 / width, -y0 / height)
    form.Matrix = (matrix @ to_unit).as_array()
    return Sheet(width=width, height=height, form=form)
