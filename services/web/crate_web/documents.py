"""PDFs of the site database: kept, served, and removed when nothing refers to them any more."""

from datetime import datetime

from sqlalchemy import exists, select
from starlette.datastructures import UploadFile
from starlette.responses import Response

from crate_core.database import ReadSession, WriteSession
from crate_core.models import Base, Document
from crate_core.pdf import check_upload

PDF = "application/pdf"


def read_upload(upload: UploadFile, *, filename: str, max_bytes: int, now: datetime) -> Document:
    """Return an uploaded PDF as a new row.

    Args:
        upload: what the browser sent; its name and media type play no part.
        filename: the name under which people will save it.
        max_bytes: the largest size that is taken.
        now: when it came.

    Raises:
        UploadRefused: it is no PDF that may be given to patients (C122).
    """
    # One byte more than allowed is enough to refuse the rest unread.
    content = upload.file.read(max_bytes + 1)
    facts = check_upload(content, max_bytes)
    return Document(
        filename=filename,
        media_type=PDF,
        size=facts.size,
        sha256=facts.sha256,
        content=content,
        created_at=now,
    )


def fresh(document: Document) -> Document:
    """Return a new row like `document`: a unit of work that is run again must not meet its own first try."""
    return Document(
        filename=document.filename,
        media_type=document.media_type,
        size=document.size,
        sha256=document.sha256,
        content=document.content,
        created_at=document.created_at,
    )


def content_of(session: ReadSession | WriteSession, document_id: int) -> bytes:
    """Return a document's bytes, which no other query loads."""
    return session.scalars(select(Document.content).where(Document.id == document_id)).one()


def pdf_response(content: bytes, filename: str) -> Response:
    """Return a PDF that browsers show; `filename` is the site's own, never a person's words."""
    return Response(
        content,
        media_type=PDF,
        headers={"content-disposition": f'inline; filename="{filename}"'},
    )


def remove_if_unused(session: WriteSession, document_id: int) -> bool:
    """Remove a document to which no row of any table refers any more; true if it is gone (C123)."""
    session.flush()
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table is not Document.__table__:
                continue
            if session.scalar(select(exists().where(key.parent == document_id))):
                return False
    session.delete(session.get_one(Document, document_id))
    return True
