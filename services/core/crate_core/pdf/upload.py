"""Checking an uploaded PDF by its content (spec row C122)."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

import pikepdf

from crate_core.errors import CrateError
from crate_core.pdf.active import active_content

_HEADER_WITHIN = 1024  # readers accept a few bytes before "%PDF-"; what begins later is none


class Refusal(StrEnum):
    """Why an upload was refused."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_A_PDF = "not_a_pdf"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    NO_PAGES = "no_pages"
    ACTIVE_CONTENT = "active_content"


class UploadRefused(CrateError):  # noqa: N818 (what happened, not a fault)
    """An uploaded file may not be stored; the text says why and what to do."""

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


@dataclass(frozen=True)
class UploadFacts:
    """What is kept beside an accepted PDF: pages, bytes and the SHA-256 in hexadecimal digits."""

    pages: int
    size: int
    sha256: str


def check_upload(data: bytes, max_bytes: int) -> UploadFacts:
    """Accept a PDF that can be read, printed and merged, and refuse everything else (C122).

    The file's name and the media type that the browser declared play no part.

    Args:
        data: The whole file.
        max_bytes: Largest size that is accepted; a file of exactly this size is.

    Returns:
        The facts to store with it.

    Raises:
        UploadRefused: With the reason, in words for the person who uploaded it.
    """
    if not data:
        raise UploadRefused(Refusal.EMPTY, "The file is empty. Choose a PDF.")
    if len(data) > max_bytes:
        raise UploadRefused(
            Refusal.TOO_LARGE,
            f"The file has {len(data):,} bytes; at most {max_bytes:,} are accepted. "
            "Save it with smaller pictures and try again.",
        )
    if b"%PDF-" not in data[:_HEADER_WITHIN]:
        raise UploadRefused(
            Refusal.NOT_A_PDF,
            "The file is not a PDF, whatever its name says. Save or export the document as PDF.",
        )
    return UploadFacts(
        pages=_checked_pages(data), size=len(data), sha256=hashlib.sha256(data).hexdigest()
    )


def _checked_pages(data: bytes) -> int:
    try:
        with pikepdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise _encrypted()
            pages = len(pdf.pages)
            if pages == 0:
                raise UploadRefused(Refusal.NO_PAGES, "The PDF has no pages.")
            if (finding := active_content(pdf)) is not None:
                raise UploadRefused(
                    Refusal.ACTIVE_CONTENT,
                    f"The PDF contains {finding}, which papers for patients must not. "
                    "Print the document to a new PDF and upload that.",
                )
            for page in pdf.pages:
                pikepdf.parse_content_stream(page)
            return pages
    except pikepdf.PasswordError as error:
        raise _encrypted() from error
    except (pikepdf.PikepdfError, ValueError, TypeError, AttributeError) as error:
        raise UploadRefused(
            Refusal.DAMAGED,
            "The PDF is damaged and cannot be read. Export it again from the original document.",
        ) from error


def _encrypted() -> UploadRefused:
    return UploadRefused(
        Refusal.ENCRYPTED,
        "The PDF is protected by a password or by restrictions. Save it without protection.",
    )
