"""The clinician's page. Whoever holds the link may answer, once; opening it decides nothing (C42 to C55)."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.audit import AuditKind
from crate_core.database import ReadSession, WriteSession
from crate_core.domain.answers import LinkState
from crate_core.domain.contact import Answer
from crate_core.domain.identifiers import format_nhs_number
from crate_core.domain.study import summary_lines
from crate_core.models import Leaflet, Letter
from crate_core.telemetry.metrics import CLINICIAN_ANSWER_SECONDS
from crate_web import access, formatting
from crate_web.access import RefusedError
from crate_web.documents import content_of, pdf_response
from crate_web.feature import Feature
from crate_web.forms import FormState, parse, state_of
from crate_web.requests import PageRequest
from crate_web.respond import queries
from crate_web.respond.choices import choice_of, choices, preselected
from crate_web.respond.forms import AnswerForm
from crate_web.respond.queries import Question
from crate_web.respond.recording import note_visit, record_answer
from crate_web.routing import page

_PACK_SECONDS = 2
_PACK_LATE_SECONDS = 600
_SUMMARY_LINES = 5
_GONE = 410


def show(request: PageRequest) -> Response:
    """Show the question, or what became of it; a link scanner's GET or HEAD changes nothing (C43, C44)."""

    def work(session: WriteSession) -> tuple[Question, list[Leaflet], Letter | None]:
        question = _genuine(session, request)
        _note(session, request, AuditKind.CLINICIAN_PAGE_OPENED, question)
        leaflets = queries.leaflets_for_clinicians(session)
        return question, leaflets, queries.pack_of(session, question.request_id)

    question, leaflets, pack = request.site.database.write(work)
    if question.state is LinkState.OPEN:
        chosen = preselected(request.query_params.get("choice", ""), question.rules)
        return _question_page(request, question, leaflets, FormState({"answer": chosen}))
    if question.state is LinkState.ANSWERED:
        return _answered_page(request, question, pack)
    return _ended_page(request, question)


def answer(request: PageRequest) -> Response:
    """Check an answer, show it once more, and record it when it is confirmed (C50 to C53, C55, C56)."""
    token = request.path_params["token"]
    with request.site.database.read() as session:
        question = _genuine(session, request)
        leaflets = queries.leaflets_for_clinicians(session)
    if question.state is not LinkState.OPEN:
        return request.redirect("respond", token=token)
    form = parse(AnswerForm, request.form_data)
    wrong = form if isinstance(form, FormState) else form.problems(question.rules)
    if wrong is not None:
        return _question_page(request, question, leaflets, wrong)
    assert isinstance(form, AnswerForm)  # noqa: S101 (a FormState was wrong above)
    if form.change:
        return _question_page(request, question, leaflets, state_of(form))
    if not form.confirmed:
        return request.render(
            "respond/check.html",
            question=question,
            choice=choice_of(form.chosen),
            answer=form,
            token=token,
        )
    recorded = request.site.database.write(
        lambda session: record_answer(
            session, token, form, now=request.now, address=request.address
        )
    )
    if recorded:
        CLINICIAN_ANSWER_SECONDS.observe((request.now - question.asked_at).total_seconds())
    return request.redirect("respond", token=token)


def show_pack(request: PageRequest) -> Response:
    """Give the papers for the patient to the clinician who passes them on."""

    def work(session: WriteSession) -> tuple[Question, bytes]:
        question = _genuine(session, request)
        if not _pack_is_given(request, question):
            return question, b""
        pack = queries.pack_of(session, question.request_id)
        if pack is None:
            raise HTTPException(404)
        _note(session, request, AuditKind.PACK_OPENED, question)
        return question, content_of(session, pack.document_id)

    question, content = request.site.database.write(work)
    if not content:
        return _ended_page(request, question)
    return pdf_response(content, f"pack-{question.request_code}.pdf")


def _genuine(session: ReadSession | WriteSession, request: PageRequest) -> Question:
    question = queries.find_question(session, request.path_params["token"], request.now)
    if question is None:
        raise RefusedError(
            reason="Use the newest e-mail about this request: when a link is sent anew, the earlier one"
            " ends. Where a colleague is asked instead, you need do nothing. Check that the whole link was"
            " copied.",
            heading="This link does not work",
        )
    return question


def _note(session: WriteSession, request: PageRequest, kind: AuditKind, question: Question) -> None:
    if request.method == "HEAD":
        return
    key = request.site.settings.secret_key
    assert key is not None  # noqa: S101 (`require` has checked it)
    note_visit(session, kind, question, key=key, address=request.address)


def _pack_is_given(request: PageRequest, question: Question) -> bool:
    return question.pack_is_wanted and request.now < question.expires_at


def _question_page(
    request: PageRequest, question: Question, leaflets: list[Leaflet], form: FormState
) -> Response:
    return request.render(
        "respond/question.html",
        question=question,
        choices=choices(question.rules),
        leaflets=leaflets,
        form=form,
        summary="\n".join(summary_lines(question.study.summary)[:_SUMMARY_LINES]),
        today=request.today,
        nhs_number=format_nhs_number(question.nhs_number) if question.nhs_number else "not known",
        token=request.path_params["token"],
    )


def _answered_page(request: PageRequest, question: Question, pack: Letter | None) -> Response:
    assert question.answer is not None  # noqa: S101 (that is what answered means)
    assert question.answered_at is not None  # noqa: S101
    wording = request.site.settings.site.charity
    has_link = question.answer is Answer.A and _pack_is_given(request, question)
    waited = (request.now - question.answered_at).total_seconds()
    return request.render(
        "respond/answered.html",
        question=question,
        choice=choice_of(question.answer),
        answered_on=formatting.day(
            question.answered_at.astimezone(request.site.settings.zone).date()
        ),
        has_link=has_link,
        pack_ready=pack is not None,
        retry_seconds=_PACK_SECONDS
        if has_link and pack is None and waited < _PACK_LATE_SECONDS
        else None,
        thanks=wording.thanks.format(charity=wording.name),
        charity_url=wording.url,
        donates=request.site.settings.charity_amount > 0,
        token=request.path_params["token"],
    )


def _ended_page(request: PageRequest, question: Question) -> Response:
    return request.render("respond/ended.html", status=_GONE, question=question)


feature = Feature(
    name="respond",
    title="",
    folder=Path(__file__).parent,
    routes=[
        page("/respond/{token}", show, access=access.token, name="respond"),
        page("/respond/{token}", answer, access=access.token, name="respond", methods=["POST"]),
        page("/respond/{token}/pack.pdf", show_pack, access=access.token, name="respond.pack"),
    ],
)
