"""Pages of letters: list, PDF, print, and marking as posted (C105, C107, C108)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.audit import AuditKind
from crate_core.database import WriteSession
from crate_core.domain.roles import Role
from crate_core.models import Letter
from crate_core.models.documents import LetterKind
from crate_web import access
from crate_web.access import RefusedError
from crate_web.documents import content_of, pdf_response
from crate_web.downloads import audited_download
from crate_web.feature import Feature
from crate_web.formatting import plural
from crate_web.listing import Query, read_query
from crate_web.rdbm.letters import queries
from crate_web.rdbm.letters.printing import one_pdf
from crate_web.rdbm.noting import note, number_in_path
from crate_web.requests import PageRequest
from crate_web.routing import page

KINDS: Mapping[str, str] = {
    LetterKind.PACK: "pack for a patient",
    LetterKind.CONFIRMATION: "confirmation of a choice",
    LetterKind.APPROVAL: "approval",
    LetterKind.WITHDRAWAL: "withdrawal",
}


def show_list(request: PageRequest) -> Response:
    """List the letters to post, or others (C108)."""
    query = _query(request)
    with request.site.database.read() as session:
        listing = queries.list_letters(session, query)
    return request.render("rdbm_letters/list.html", listing=listing, kinds=KINDS)


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV."""
    with request.site.database.read() as session:
        rows = [
            (
                letter.id,
                KINDS.get(letter.kind, letter.kind),
                letter.addressee,
                code or "",
                letter.created_at.isoformat(),
                "yes" if letter.needs_posting else "no",
                letter.posted_at.isoformat() if letter.posted_at else "",
                poster or "",
            )
            for letter, code, poster in queries.all_letters(session, _query(request))
        ]
    header = ("Letter", "Kind", "To", "Request", "Made", "To post", "Posted", "By")
    return audited_download(request, "letters", _query(request), header, rows)


def show_letter(request: PageRequest) -> Response:
    """Give one letter as PDF, if the RDBM may see it (C105, C133)."""

    def work(session: WriteSession) -> tuple[str, bytes]:
        letter = session.get(Letter, number_in_path(request, "letter"))
        if letter is None:
            raise HTTPException(404)
        if not letter.rdbm_may_view:
            raise RefusedError(
                reason="This letter is between a clinician and a patient: the clinician passes it on."
            )
        _note_opened(session, request, [letter])
        return f"{letter.kind}-{letter.id}.pdf", content_of(session, letter.document_id)

    filename, content = request.site.database.write(work)
    return pdf_response(content, filename)


def print_all(request: PageRequest) -> Response:
    """Give all letters to post in one PDF."""

    def work(session: WriteSession) -> list[bytes]:
        letters = queries.letters_to_print(session)
        _note_opened(session, request, letters)
        return [content_of(session, letter.document_id) for letter in letters]

    contents = request.site.database.write(work)
    if not contents:
        request.flash("There is no letter to print.", "info")
        return request.redirect("rdbm.letters")
    return pdf_response(one_pdf(contents), "letters-to-post.pdf")


def mark_posted(request: PageRequest) -> Response:
    """Mark the ticked letters as posted, after a page that repeats which (C107)."""
    ids = _ids(request)
    if not request.form_data.get("confirmed"):
        return _check_page(request, ids)

    def work(session: WriteSession) -> int:
        marked = 0
        for letter_id in sorted(ids):
            if queries.mark_posted(
                session, letter_id, user_id=request.user.user_id, now=request.now
            ):
                note(session, request, AuditKind.LETTER_POSTED, f"letter:{letter_id}")
                marked += 1
        return marked

    marked = request.site.database.write(work)
    if marked:
        request.flash(f"{plural(marked, 'letter')} marked as posted.")
    else:
        request.flash("These letters were marked as posted before.", "info")
    return request.redirect("rdbm.letters")


def _check_page(request: PageRequest, ids: frozenset[int]) -> Response:
    with request.site.database.read() as session:
        letters = queries.chosen_letters(session, ids)
        codes = queries.codes_of(session, letters)
    if not letters:
        request.flash(
            "These letters were marked as posted before."
            if ids
            else "Nothing was marked: tick the letters that you posted first.",
            "info",
        )
        return request.redirect("rdbm.letters")
    return request.render("rdbm_letters/posted.html", letters=letters, codes=codes, kinds=KINDS)


def _ids(request: PageRequest) -> frozenset[int]:
    given = request.form_data.getlist("letter")[: queries.MOST_PRINTED]
    return frozenset(
        int(value)
        for value in given
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19  # noqa: PLR2004 (a key has at most 18 digits)
    )


def _note_opened(session: WriteSession, request: PageRequest, letters: Sequence[Letter]) -> None:
    if request.method == "HEAD":
        return
    codes = queries.codes_of(session, letters)
    for letter in letters:
        code = codes.get(letter.contact_request_id or 0)
        subject = f"request:{code}" if code else f"letter:{letter.id}"
        note(session, request, AuditKind.LETTER_OPENED, subject, letter=letter.id, kind=letter.kind)


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="made",
        filters=queries.FILTERS,
        page_size=min(request.user.rows_per_page, queries.MOST_PRINTED),
    )


_rdbm = access.role(Role.RDBM)
feature = Feature(
    name="rdbm_letters",
    title="Manage",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/letters", show_list, access=_rdbm, name="rdbm.letters"),
        page("/rdbm/letters.csv", download_list, access=_rdbm, name="rdbm.letters.csv"),
        page("/rdbm/letters/to-post.pdf", print_all, access=_rdbm, name="rdbm.letters.print"),
        page(
            "/rdbm/letters/posted",
            mark_posted,
            access=_rdbm,
            name="rdbm.letters.posted",
            methods=["POST"],
        ),
        page("/rdbm/letters/{letter:int}.pdf", show_letter, access=_rdbm, name="rdbm.letter"),
    ],
)
