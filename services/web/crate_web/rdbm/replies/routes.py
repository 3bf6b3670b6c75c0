"""Pages on which a patient's reply on paper is entered, once (C64 to C68)."""

from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.audit import AuditKind
from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.domain.request_codes import parse_request_code
from crate_core.domain.roles import Role
from crate_core.jobs import Task, enqueue
from crate_core.models import ContactRequest, Document
from crate_core.pdf import UploadRefused
from crate_web import access
from crate_web.documents import content_of, fresh, pdf_response, read_upload
from crate_web.downloads import audited_download
from crate_web.feature import Feature
from crate_web.forms import FormState, parse, state_of
from crate_web.listing import Query, read_query
from crate_web.rdbm.decision_boxes import BOXES, decision_in_words, refuse_boxes
from crate_web.rdbm.noting import note
from crate_web.rdbm.replies import queries
from crate_web.rdbm.replies.forms import ReplyForm
from crate_web.requests import PageRequest
from crate_web.routing import UPLOAD_BODY_BYTES, page


def show_list(request: PageRequest) -> Response:
    """List the replies that have not come; a request code that is typed whole leads to its form."""
    query = _query(request)
    problem = ""
    with request.site.database.read() as session:
        if query.search:
            code, problem = _read_code(query.search)
            if queries.find_request(session, code):
                return request.redirect("rdbm.reply", code=code)
        listing = queries.list_open(session, query)
    return request.render("rdbm_replies/list.html", listing=listing, problem=problem)


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV."""
    with request.site.database.read() as session:
        rows = [
            (found.code, found.study.institutional_id, response.created_at.isoformat())
            for response, found in queries.all_open(session, _query(request))
        ]
    return audited_download(
        request, "replies-to-enter", _query(request), ("Request", "Study", "Asked since"), rows
    )


def show(request: PageRequest) -> Response:
    """Show the form for a reply, or what was entered, or why none can be."""
    return _form_page(request, _find(request), FormState())


def save(request: PageRequest) -> Response:
    """Check a reply, show it once more, and record it when it is confirmed."""
    found = _find(request)
    if not _is_open(found):
        request.flash("Nothing was changed: no reply can be entered for this request.", "info")
        return request.redirect("rdbm.reply", code=found.code)
    form = parse(ReplyForm, request.form_data)
    if isinstance(form, FormState):
        return _form_page(request, found, refuse_boxes(form))
    wrong = form.problems(request.today)
    if wrong or form.change:
        return _form_page(request, found, wrong or state_of(form))
    return _record(request, found, form) if form.confirmed else _check_page(request, found, form)


def show_scan(request: PageRequest) -> Response:
    """Give the scan of the paper form."""
    found = _find(request)
    response = found.patient_response
    if response is None or response.scan_document_id is None:
        raise HTTPException(404)
    document_id = response.scan_document_id

    def work(session: WriteSession) -> bytes:
        if request.method != "HEAD":
            note(
                session,
                request,
                AuditKind.LETTER_OPENED,
                f"request:{found.code}",
                kind="reply_scan",
            )
        return content_of(session, document_id)

    return pdf_response(request.site.database.write(work), f"reply-{found.code}.pdf")


def _record(request: PageRequest, found: ContactRequest, form: ReplyForm) -> Response:
    try:
        scan = _scan(request, found)
    except UploadRefused as refused:
        return _check_page(request, found, form, str(refused))
    if _store(request, found, form, scan):
        request.flash("The reply is recorded. What follows from it is being done now.")
    else:
        request.flash("Nothing was changed: a reply was recorded before.", "info")
    return request.redirect("rdbm.reply", code=found.code)


def _store(
    request: PageRequest, found: ContactRequest, form: ReplyForm, scan: Document | None
) -> bool:
    response = found.patient_response
    assert response is not None  # noqa: S101 (`_is_open` has checked it)
    response_id = response.id

    def work(session: WriteSession) -> bool:
        stored = queries.store_reply(
            session, response_id, form, user_id=request.user.user_id, now=request.now
        )
        if not stored:
            return False
        if scan is not None:
            queries.attach_scan(session, response_id, fresh(scan))
        enqueue(session, Task.PROCESS_PATIENT_RESPONSE, response_id)
        note(
            session,
            request,
            AuditKind.PATIENT_REPLY_RECORDED,
            f"request:{found.code}",
            agreed=form.agreed,
            boxes=form.boxes,
            scan=scan.sha256 if scan else None,
        )
        return True

    return request.site.database.write(work)


def _scan(request: PageRequest, found: ContactRequest) -> Document | None:
    upload = request.form_data.get("scan")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return None
    return read_upload(
        upload,
        filename=f"reply-{found.code}.pdf",
        max_bytes=request.site.settings.max_upload_bytes,
        now=request.now,
    )


def _read_code(text: str) -> tuple[str, str]:
    """Return the code in `text` and what is wrong with it, "" for nothing."""
    try:
        return parse_request_code(text), ""
    except ValueError as error:
        return text.upper(), str(error)


def _find(request: PageRequest) -> ContactRequest:
    with request.site.database.read() as session:
        found = queries.find_request(session, request.path_params["code"])
    if found is None:
        raise HTTPException(404)
    return found


def _is_open(found: ContactRequest) -> bool:
    response = found.patient_response
    return found.status == Status.WITH_PATIENT and response is not None and response.agreed is None


def _form_page(request: PageRequest, found: ContactRequest, form: FormState) -> Response:
    response = found.patient_response
    if response is not None and response.agreed is not None:
        with request.site.database.read() as session:
            recorder = queries.recorder_of(session, response)
        return request.render(
            "rdbm_replies/recorded.html",
            found=found,
            reply=response,
            recorder=recorder,
            boxes=decision_in_words(response.decision),
        )
    if not _is_open(found):
        return request.render("rdbm_replies/closed.html", found=found)
    return request.render("rdbm_replies/enter.html", found=found, form=form, boxes=BOXES)


def _check_page(
    request: PageRequest, found: ContactRequest, reply: ReplyForm, refused: str = ""
) -> Response:
    form = FormState().refuse("scan", refused) if refused else FormState()
    return request.render(
        "rdbm_replies/check.html",
        found=found,
        reply=reply,
        form=form,
        boxes=decision_in_words(reply.decision),
        megabytes=request.site.settings.max_upload_bytes // (1024 * 1024),
    )


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="asked",
        page_size=request.user.rows_per_page,
    )


_rdbm = access.role(Role.RDBM)
feature = Feature(
    name="rdbm_replies",
    title="Manage",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/replies", show_list, access=_rdbm, name="rdbm.replies"),
        page("/rdbm/replies.csv", download_list, access=_rdbm, name="rdbm.replies.csv"),
        page("/rdbm/replies/{code}", show, access=_rdbm, name="rdbm.reply"),
        page(
            "/rdbm/replies/{code}",
            save,
            access=_rdbm,
            name="rdbm.reply",
            methods=["POST"],
            max_body_bytes=UPLOAD_BODY_BYTES,
        ),
        page("/rdbm/replies/{code}/scan.pdf", show_scan, access=_rdbm, name="rdbm.reply.scan"),
    ],
)
