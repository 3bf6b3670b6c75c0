"""Pages of one patient's choices: look up, history, and a new choice (C69 to C73, C133)."""

from datetime import date
from pathlib import Path

from starlette.responses import Response

from crate_core.audit import AuditKind
from crate_core.consent_modes import record_choice, row_of
from crate_core.database import WriteSession
from crate_core.domain.consent import NO_DATE
from crate_core.domain.identifiers import format_nhs_number
from crate_core.domain.roles import Role
from crate_web import access
from crate_web.feature import Feature, NavigationEntry
from crate_web.forms import FormState, parse, state_of
from crate_web.rdbm.decision_boxes import BOXES, decision_in_words, refuse_boxes
from crate_web.rdbm.letters.routes import KINDS as LETTER_KINDS
from crate_web.rdbm.noting import note, patient_subject
from crate_web.rdbm.patient_links import patient_link, patient_of
from crate_web.rdbm.patients import allowed, queries
from crate_web.rdbm.patients.forms import MODES, PURPOSES, ChoiceForm, LookupForm, form_of
from crate_web.requests import PageRequest
from crate_web.routing import page


def show_search(request: PageRequest) -> Response:
    """Show the form that looks a patient up."""
    return request.render("rdbm_patients/search.html", form=FormState(), purposes=PURPOSES)


def search(request: PageRequest) -> Response:
    """Look a patient up by NHS number; it is posted, so that it stands in no address (C71, C133)."""
    form = parse(LookupForm, request.form_data)
    if isinstance(form, FormState):
        return request.render("rdbm_patients/search.html", form=form, purposes=PURPOSES)
    purpose = dict(PURPOSES)[form.purpose]
    return open_patient(request, form.number, purpose)


def open_patient(request: PageRequest, nhs_number: int, purpose: str) -> Response:
    """Audit that a patient is looked up, and go to their page."""
    subject = patient_subject(request, nhs_number)
    request.site.database.write(
        lambda session: note(
            session, request, AuditKind.PATIENT_LOOKED_UP, subject, purpose=purpose
        )
    )
    return request.redirect("rdbm.patient", patient=patient_link(request, nhs_number))


def show(request: PageRequest) -> Response:
    """Show what a patient chose, since when, and what was allowed on a chosen day."""
    number = patient_of(request)
    with request.site.database.read() as session:
        rows = queries.history(session, number)
        requests = queries.requests_of(session, number)
        letters = queries.letters_of(session, number)
        names = queries.usernames(session, {row.created_by_id for row in rows if row.created_by_id})
    entries = [allowed.Entry(row.record, row.created_at) for row in rows]
    day = _chosen_day(request)
    return request.render(
        "rdbm_patients/show.html",
        number=format_nhs_number(number),
        link=request.path_params["patient"],
        current=next((row for row in rows if row.current_nhs_number), None),
        timeline=allowed.newest_first(entries),
        entered_by={row.id: names.get(row.created_by_id or 0, "") for row in rows},
        requests=requests,
        letters=letters,
        letter_kinds=LETTER_KINDS,
        on_day=allowed.on_day(entries, day, request.site.settings.zone) if day else None,
        chosen_day=request.query_params.get("on", ""),
        in_words=allowed.in_words,
        boxes_in_words=decision_in_words,
        source_in_words=allowed.source_in_words,
        no_date=NO_DATE,
        audit_subject=patient_subject(request, number),
    )


def show_choice(request: PageRequest) -> Response:
    """Show the form for a new choice."""
    number = patient_of(request)
    with request.site.database.read() as session:
        current = queries.current(session, number)
    return _choice_page(request, form_of(current.record if current else None))


def save_choice(request: PageRequest) -> Response:
    """Check a new choice, show it once more, and record it when it is confirmed (C69, C70)."""
    number = patient_of(request)
    form = parse(ChoiceForm, request.form_data)
    if isinstance(form, FormState):
        return _choice_page(request, form if form.value("by_override") else refuse_boxes(form))
    if wrong := form.problems(request.today):
        return _choice_page(request, wrong)
    if form.change:
        return _choice_page(request, state_of(form))
    if not form.confirmed:
        return _check_page(request, number, form)
    in_force = request.site.database.write(lambda session: _record(session, request, number, form))
    if in_force:
        request.flash("The choice is recorded and in force. A letter to the patient is being made.")
    else:
        request.flash(
            "The choice is recorded in the history. A newer decision stays in force.", "info"
        )
    return request.redirect("rdbm.patient", patient=request.path_params["patient"])


def _record(session: WriteSession, request: PageRequest, number: int, form: ChoiceForm) -> bool:
    """Record a choice once, whatever is posted twice; true if it is the one in force (C72)."""
    submission = form.result_id(number)
    known = queries.find_submission(session, submission)
    if known is not None:
        return known.current_nhs_number is not None
    record = form.record(request.now, request.site.settings.zone)
    row = row_of(number, record, letter_wanted=True)
    row.created_by_id = request.user.user_id
    row.submission = submission
    record_choice(session, row)
    note(
        session,
        request,
        AuditKind.CONSENT_MODE_RECORDED,
        patient_subject(request, number),
        mode=form.mode,
        decided_on=form.decided_on.isoformat(),
        exclude_entirely=form.exclude_entirely,
        by_override=form.by_override,
        boxes=form.boxes,
    )
    return row.current_nhs_number is not None


def _choice_page(request: PageRequest, form: FormState) -> Response:
    return request.render(
        "rdbm_patients/choice.html",
        form=form,
        number=format_nhs_number(patient_of(request)),
        link=request.path_params["patient"],
        modes=MODES,
        boxes=BOXES,
    )


def _check_page(request: PageRequest, number: int, form: ChoiceForm) -> Response:
    record = form.record(request.now, request.site.settings.zone)
    with request.site.database.read() as session:
        current = queries.current(session, number)
    is_older = current is not None and current.record.precedence > record.precedence
    return request.render(
        "rdbm_patients/check.html",
        choice=form,
        number=format_nhs_number(number),
        link=request.path_params["patient"],
        allowed=allowed.in_words(record),
        boxes=decision_in_words(form.decision),
        current=current,
        is_older=is_older,
    )


def _chosen_day(request: PageRequest) -> date | None:
    try:
        return date.fromisoformat(request.query_params.get("on", ""))
    except ValueError:
        return None


_rdbm = access.role(Role.RDBM)
feature = Feature(
    name="rdbm_patients",
    title="Patients",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/patients", show_search, access=_rdbm, name="rdbm.patients"),
        page("/rdbm/patients", search, access=_rdbm, name="rdbm.patients", methods=["POST"]),
        page("/rdbm/patients/{patient}", show, access=_rdbm, name="rdbm.patient"),
        page(
            "/rdbm/patients/{patient}/choice", show_choice, access=_rdbm, name="rdbm.patient.choice"
        ),
        page(
            "/rdbm/patients/{patient}/choice",
            save_choice,
            access=_rdbm,
            name="rdbm.patient.choice",
            methods=["POST"],
        ),
    ],
    navigation=[NavigationEntry("Patients", "rdbm.patients", frozenset({Role.RDBM}), order=30)],
)
