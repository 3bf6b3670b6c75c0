"""Putting letters into one PDF for the printer."""

from collections.abc import Iterable
from io import BytesIO

import pikepdf


def one_pdf(letters: Iterable[bytes]) -> bytes:
    """Return all letters as one PDF.

    Each begins on a sheet of its own: a letter of an odd number of pages is followed by an empty one,
    so that a printer that uses both sides never puts two patients on one sheet.
    """
    with pikepdf.new() as merged:
        for content in letters:
            with pikepdf.open(BytesIO(content)) as letter:
                merged.pages.extend(letter.pages)
                if len(letter.pages) % 2:
                    left, bottom, right, top = (float(each) for each in letter.pages[-1].mediabox)
                    merged.add_blank_page(page_size=(right - left, top - bottom))
        out = BytesIO()
        merged.save(out)
        return out.getvalue()
