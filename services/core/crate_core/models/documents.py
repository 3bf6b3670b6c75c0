"""Documents (PDFs as rows), leaflets and letters."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crate_core.database.types import LongBytes
from crate_core.models.base import Base, Code, Key, Line


class Document(Base):
    """A file, written in the same transaction as what it belongs to (consent spec 0)."""

    __tablename__ = "document"

    id: Mapped[Key]
    filename: Mapped[Line]
    media_type: Mapped[Code]
    size: Mapped[int]
    """In bytes."""
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LongBytes, deferred=True)
    created_at: Mapped[datetime]


class Leaflet(Base):
    """A leaflet that is published, and put into packs if it is the one about taking part."""

    __tablename__ = "leaflet"

    id: Mapped[Key]
    name: Mapped[Code] = mapped_column(unique=True)
    title: Mapped[Line]
    document_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("document.id"))

    document: Mapped[Document | None] = relationship()


class LetterKind(StrEnum):
    """What a letter is."""

    PACK = "pack"
    """The papers for a patient who is asked."""
    CONFIRMATION = "confirmation"
    """Of a patient's choice, to the patient."""
    APPROVAL = "approval"
    WITHDRAWAL = "withdrawal"


class Letter(Base):
    """A letter or pack that was made, and what became of it.

    `effect_key` names the step that made it, so that the step makes it once only.
    """

    __tablename__ = "letter"
    __table_args__ = (
        CheckConstraint("addressee IN ('researcher', 'patient')", name="addressee_known"),
    )

    id: Mapped[Key]
    effect_key: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[Code]
    """A `LetterKind`."""
    addressee: Mapped[Code]
    document_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("document.id"))
    contact_request_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("contact_request.id"), index=True
    )
    consent_mode_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("consent_mode.id"))
    study_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("study.id"), index=True)
    rdbm_may_view: Mapped[bool]
    created_at: Mapped[datetime]
    needs_posting: Mapped[bool] = mapped_column(index=True)
    """True while somebody must print and post it ("require sending", C108)."""
    posted_at: Mapped[datetime | None]
    posted_by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("user_account.id"))

    document: Mapped[Document] = relationship()
