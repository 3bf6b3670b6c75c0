"""Saving a study: its row, its PDFs and the audit, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from crate_core.audit import AuditKind, record
from crate_core.database import WriteSession
from crate_core.models import Document, Study, UserAccount
from crate_core.pdf import UploadRefused
from crate_web.documents import fresh, read_upload, remove_if_unused
from crate_web.forms import FormState
from crate_web.studies.changes import changes, facts_of
from crate_web.studies.forms import StudyForm
from crate_web.studies.queries import study_by_number


@dataclass(frozen=True, slots=True)
class Papers:
    """New PDFs of a study, as far as there are any."""

    details: Document | None = None
    form: Document | None = None


def read_papers(form: StudyForm, *, max_bytes: int, now: datetime, wrong: FormState) -> Papers:
    """Return the uploads of a form as documents; what is refused is told in `wrong` (C122)."""
    found: dict[str, Document] = {}
    for part, upload in (("details", form.details_pdf), ("form", form.form_pdf)):
        if upload is None:
            continue
        try:
            found[part] = read_upload(
                upload,
                filename=f"study-{form.institutional_id}-{part}.pdf",
                max_bytes=max_bytes,
                now=now,
            )
        except UploadRefused as refused:
            wrong.refuse(f"{part}_pdf", str(refused))
    return Papers(**found)


@dataclass(frozen=True, slots=True)
class Saving:
    """One save by one person."""

    form: StudyForm
    papers: Papers
    actor_id: int
    address: str
    zone: ZoneInfo

    def create(self, session: WriteSession) -> bool:
        """Add the study.

        Returns:
            False when the number is another study's. The same number with the same title is the
            second post of one form: nothing is added then, and the result is the first one's.
        """
        existing = study_by_number(session, self.form.institutional_id)
        if existing is not None:
            return existing.title == self.form.title
        study = Study()
        self.form.fill(study, self.zone)
        study.details_document = _fresh(self.papers.details)
        study.form_document = _fresh(self.papers.form)
        session.add(study)
        session.flush()
        self._audit(session, study, {"created": True, **changes({}, facts_of(study))})
        return True

    def change(self, session: WriteSession, study_id: int) -> bool:
        """Change the study; a PDF that was replaced goes, if nothing else refers to it (C123).

        Returns:
            False when the new number is another study's.
        """
        study = session.get_one(Study, study_id)
        other = study_by_number(session, self.form.institutional_id)
        if other is not None and other.id != study.id:
            return False
        before = facts_of(study)
        replaced = []
        self.form.fill(study, self.zone)
        if self.papers.details:
            replaced.append(study.details_document_id)
            study.details_document = fresh(self.papers.details)
        if self.papers.form or self.form.remove_form:
            replaced.append(study.form_document_id)
            study.form_document = _fresh(self.papers.form)
        session.flush()
        what = changes(before, facts_of(study))
        for document_id in replaced:
            if document_id is not None:
                remove_if_unused(session, document_id)
        if what:
            self._audit(session, study, what)
        return True

    def _audit(self, session: WriteSession, study: Study, detail: dict[str, object]) -> None:
        record(
            session,
            AuditKind.STUDY_CHANGED,
            actor=session.get_one(UserAccount, self.actor_id),
            address=self.address,
            subject=f"study:{study.id}",
            detail=detail,
        )


def _fresh(paper: Document | None) -> Document | None:
    return fresh(paper) if paper else None
