"""Small PDFs for tests."""

from io import BytesIO

import pikepdf


def one_page_pdf(text: str = "A page") -> bytes:
    """Return a PDF of one A4 page that shows `text`."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    page.Resources = pikepdf.Dictionary(
        Font=pikepdf.Dictionary(
            F1=pikepdf.Dictionary(
                Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
            )
        )
    )
    shown = text.replace("\\", "").replace("(", "").replace(")", "")
    page.Contents = document.make_stream(f"BT /F1 12 Tf 72 760 Td ({shown}) Tj ET".encode())
    out = BytesIO()
    document.save(out, deterministic_id=True)
    return out.getvalue()
