"""Uploaded pages inside a pack: whole, upright, and nothing but what is printed."""

from io import BytesIO

import pikepdf
import pypdf
import pytest

from crate_consent.letters import Letters, Part
from crate_consent.letters.uploads import Upload
from tests.unit.consent.letters import samples
from tests.unit.consent.letters.samples import WRITTEN_AT


@pytest.mark.parametrize(
    ("width", "height", "rotate", "seen"),
    [
        (595, 842, 0, (595, 842)),
        (842, 595, 0, (842, 595)),
        (595, 842, 90, (842, 595)),
        (595, 842, 180, (595, 842)),
        (612, 792, 0, (612, 792)),
    ],
)
def test_sheets_have_the_size_that_readers_see(
    width: int, height: int, rotate: int, seen: tuple[int, int]
) -> None:
    with Upload("x", samples.sheets("X", 1, width, height, rotate)) as upload:
        (sheet,) = upload.sheets
        assert (round(sheet.width), round(sheet.height)) == seen


@pytest.mark.parametrize(("rotate", "flipped"), [(0, False), (90, True), (180, False)])
def test_turned_pages_stay_as_readers_see_them(
    letters: Letters, rotate: int, flipped: bool
) -> None:
    details = samples.sheets("TURNED", 1, 595, 842, rotate)
    letter = letters.pack(samples.pack(details_pdf=details), WRITTEN_AT)
    number = next(placed.first_page for placed in letter.parts if placed.part is Part.DETAILS)
    page = pypdf.PdfReader(BytesIO(letter.pdf)).pages[number - 1]
    assert (page.mediabox.width > page.mediabox.height) is flipped
    assert "TURNED 1" in page.extract_text()


def test_fields_of_a_form_are_printed_and_actions_left_behind(letters: Letters) -> None:
    letter = letters.pack(samples.pack(extra_form_pdf=_form_with_field()), WRITTEN_AT)
    assert "FIELD-LOOK" in samples.text_of(letter)
    with pikepdf.open(BytesIO(letter.pdf)) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert all("/Annots" not in page for page in pdf.pages)


def _form_with_field() -> bytes:
    with pikepdf.open(BytesIO(samples.sheets("EXTRA"))) as pdf:
        page = pdf.pages[0]
        look = pdf.make_stream(
            b"BT /F1 12 Tf 2 2 Td (FIELD-LOOK) Tj ET",
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Form,
            BBox=[0, 0, 200, 20],
            Resources=page.Resources,
        )
        field = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Tx,
                T=pikepdf.String("name"),
                F=4,
                Rect=[40, 400, 240, 420],
                AP=pikepdf.Dictionary(N=look),
            )
        )
        page.Annots = pikepdf.Array([field])
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])
        target = BytesIO()
        pdf.save(target)
        return target.getvalue()
