"""Opening the letter or mail that an approval or a withdrawal brought, audited (C104, C133)."""

from collections.abc import Sequence
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.audit import AuditKind, keyed_hash, record
from crate_core.database import WriteSession
from crate_core.models import ContactRequest, Letter, Mail
from crate_web.access import RefusedError
from crate_web.contact import queries
from crate_web.contact.visibility import coarse_of, shown_kind
from crate_web.documents import content_of, pdf_response
from crate_web.requests import PageRequest

Paper = TypeVar("Paper", Letter, Mail)


def show_letter(request: PageRequest) -> Response:
    """Give a letter to the researchers of the study, and to the RDBM where the letter allows it."""

    def work(session: WriteSession) -> tuple[str, bytes]:
        found = _own_request(session, request)
        letters = queries.letters_of(session, found, shown_kind(coarse_of(found)))
        letter = _by_id(letters, request.path_params["letter"])
        if request.user.user_id not in found.study.researcher_ids and not letter.rdbm_may_view:
            raise _not_yours()
        _note(session, request, found, {"letter": letter.id, "kind": letter.kind})
        return f"{letter.kind}-{found.code}.pdf", content_of(session, letter.document_id)

    filename, content = request.site.database.write(work)
    return pdf_response(content, filename)


def show_mail(request: PageRequest) -> Response:
    """Show the mail that took the letter to the lead researcher."""

    def work(session: WriteSession) -> tuple[ContactRequest, Mail, str]:
        found = _own_request(session, request)
        mails = queries.mails_of(session, found, shown_kind(coarse_of(found)))
        mail = _by_id(mails, request.path_params["mail"])
        _note(session, request, found, {"mail": mail.id, "kind": mail.kind})
        return found, mail, mail.text

    found, mail, text = request.site.database.write(work)
    return request.render("contact/mail.html", found=found, mail=mail, text=text)


def _own_request(session: WriteSession, request: PageRequest) -> ContactRequest:
    code = request.path_params["code"]
    found = queries.find_request(session, request.user, code)
    if found is None:
        # A code cannot be guessed: who has it from a colleague is told why this stays closed.
        if queries.request_exists(session, code):
            raise _not_yours()
        raise HTTPException(404)
    return found


def _not_yours() -> RefusedError:
    return RefusedError(reason="This letter belongs to a study that you do not work on.")


def _by_id(papers: Sequence[Paper], paper_id: int) -> Paper:
    for paper in papers:
        if paper.id == paper_id:
            return paper
    raise HTTPException(404)


def _note(
    session: WriteSession, request: PageRequest, found: ContactRequest, detail: dict[str, object]
) -> None:
    if request.method == "HEAD":
        return
    key = request.site.settings.secret_key
    assert key is not None  # noqa: S101 (`require` has checked it)
    if found.nhs_number is not None:
        detail["patient"] = keyed_hash(key, found.nhs_number)
    record(
        session,
        AuditKind.LETTER_OPENED,
        actor=queries.account(session, request.user.user_id),
        address=request.address,
        subject=f"request:{found.code}",
        detail=detail,
    )
