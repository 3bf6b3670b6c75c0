"""Uploaded PDFs: what is accepted, and why the rest is refused."""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from crate_core.pdf import Refusal, UploadRefused, check_upload

MIB = 1024 * 1024
LIMIT = 10 * MIB


def pdf_bytes(
    change: Callable[[pikepdf.Pdf], object] = lambda _: None,
    *,
    pages: int = 1,
    **save: object,
) -> bytes:
    with pikepdf.new() as pdf:
        for _ in range(pages):
            page = pdf.add_blank_page(page_size=(595, 842))
            page.Contents = pdf.make_stream(b"0 0 10 10 re f")
        change(pdf)
        target = BytesIO()
        pdf.save(target, **save)  # type: ignore[arg-type]  # options of one test each
        return target.getvalue()


def padded(size: int) -> bytes:
    """A readable PDF of exactly `size` bytes."""

    def with_padding(length: int) -> bytes:
        def pad(pdf: pikepdf.Pdf) -> None:
            pdf.pages[0].obj[Name.PieceInfo] = pdf.make_stream(b"%" + b"x" * length)

        return pdf_bytes(
            pad, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False
        )

    rough = with_padding(size - 2000)
    exact = with_padding(size - 2000 + size - len(rough))
    assert len(exact) == size
    return exact


def refusal(data: bytes, limit: int = LIMIT) -> UploadRefused:
    with pytest.raises(UploadRefused) as caught:
        check_upload(data, limit)
    return caught.value


def test_a_plain_pdf_is_accepted_with_its_facts() -> None:
    data = pdf_bytes(pages=3)
    facts = check_upload(data, LIMIT)
    assert (facts.pages, facts.size) == (3, len(data))
    assert facts.sha256 == hashlib.sha256(data).hexdigest()


def test_c122_exactly_the_limit_is_accepted_and_a_byte_more_refused() -> None:
    assert check_upload(padded(LIMIT), LIMIT).size == LIMIT
    refused = refusal(padded(LIMIT + 1))
    assert refused.refusal is Refusal.TOO_LARGE
    assert "10,485,761 bytes; at most 10,485,760" in str(refused)


def test_c122_a_word_processor_file_is_refused() -> None:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    assert refusal(target.getvalue()).refusal is Refusal.NOT_A_PDF


@pytest.mark.parametrize("data", [b"Just a text, renamed.\n", b"<html></html>", b"\x89PNG\r\n"])
def test_c122_a_renamed_text_file_is_refused(data: bytes) -> None:
    refused = refusal(data)
    assert refused.refusal is Refusal.NOT_A_PDF
    assert "whatever its name says" in str(refused)


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"").refusal is Refusal.EMPTY


@pytest.mark.parametrize("user", ["", "secret"])
def test_an_encrypted_pdf_is_refused_with_and_without_a_password_to_open(user: str) -> None:
    data = pdf_bytes(encryption=pikepdf.Encryption(user=user, owner="owner", R=6))
    assert refusal(data).refusal is Refusal.ENCRYPTED


def _with_a_number_for_its_page() -> bytes:
    """A length, which stands in an object of its own, says that it is the page."""
    data = pdf_bytes(qdf=True)
    return re.sub(rb"\d 0 obj(\n\d+\n)", rb"3 0 obj\1", data)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\nnothing more",
        pdf_bytes()[: len(pdf_bytes()) // 2],
        pdf_bytes().replace(b"xref", b"yref"),
        _with_a_number_for_its_page(),
    ],
    ids=["header only", "cut off", "no cross-references", "number for a page"],
)
def test_a_damaged_pdf_is_refused(data: bytes) -> None:
    assert refusal(data).refusal is Refusal.DAMAGED


def test_a_pdf_without_pages_is_refused() -> None:
    assert refusal(pdf_bytes(pages=0)).refusal is Refusal.NO_PAGES


def _script(kind: Name = Name.JavaScript) -> Dictionary:
    return Dictionary(S=kind, JS=String("app.alert(1)"))


def _open_action(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = _script()


def _named_script(pdf: pikepdf.Pdf) -> None:
    names = Array([String("x"), pdf.make_indirect(_script())])
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=names))


def _page_event(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].obj[Name.AA] = Dictionary(O=Dictionary(S=Name.GoTo))


def _link(action: Dictionary) -> Callable[[pikepdf.Pdf], None]:
    def change(pdf: pikepdf.Pdf) -> None:
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=action)
        pdf.pages[0].Annots = Array([pdf.make_indirect(link)])

    return change


def _attachment(pdf: pikepdf.Pdf) -> None:
    pdf.attachments["hidden.exe"] = b"MZ"


def _xfa(pdf: pikepdf.Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=[], XFA=pdf.make_stream(b"<xdp/>"))


def _media(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.RichMedia)])


def _chained(pdf: pikepdf.Pdf) -> None:
    _link(Dictionary(S=Name.GoTo, Next=Array([Dictionary(S=Name.Launch)])))(pdf)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_open_action, "a script"),
        (_named_script, "a script"),
        (_page_event, "actions that start by themselves"),
        (_link(Dictionary(S=Name.Launch)), "starts a program"),
        (_chained, "starts a program"),
        (_link(Dictionary(S=Name.SubmitForm)), "sends itself"),
        (_link(Dictionary(S=Name.GoToE)), "embedded file"),
        (_attachment, "embedded file"),
        (_xfa, "XFA"),
        (_media, "embedded media"),
    ],
)
def test_active_content_is_refused_by_name(
    change: Callable[[pikepdf.Pdf], None], words: str
) -> None:
    refused = refusal(pdf_bytes(change))
    assert refused.refusal is Refusal.ACTIVE_CONTENT
    assert words in str(refused)


def test_active_content_in_compressed_objects_is_found() -> None:
    data = pdf_bytes(_named_script, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert b"JavaScript" not in data
    assert refusal(data).refusal is Refusal.ACTIVE_CONTENT


def test_links_to_web_pages_and_fields_to_fill_in_are_accepted() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        _link(Dictionary(S=Name.URI, URI=String("https://example.org")))(pdf)
        field = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("name")))
        pdf.Root.AcroForm = Dictionary(Fields=[field])

    assert check_upload(pdf_bytes(change), LIMIT).pages == 1


def test_objects_that_refer_to_each_other_end() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        first = pdf.make_indirect(Dictionary())
        first[Name.Next] = pdf.make_indirect(Dictionary(Prev=first))
        pdf.Root.Loop = first

    assert check_upload(pdf_bytes(change), LIMIT).pages == 1


def test_a_page_that_unpacks_to_very_much_is_refused() -> None:
    def change(pdf: pikepdf.Pdf) -> None:
        packed = zlib.compress(b"0 0 10 10 re f\n" * (5 * MIB))
        pdf.pages[0].Contents = pdf.make_stream(packed, Filter=Name.FlateDecode)

    data = pdf_bytes(change)
    assert len(data) < MIB
    assert refusal(data).refusal is Refusal.DAMAGED
