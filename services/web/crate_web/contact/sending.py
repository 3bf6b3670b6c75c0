"""The form that asks to meet patients: filled in, checked, sent."""

from dataclasses import replace

from starlette.responses import Response

from crate_core.domain.roles import Role
from crate_web.contact import queries
from crate_web.contact.forms import RequestForm
from crate_web.contact.selection import PASTED, LookupKind, Selection, select_patients
from crate_web.contact.studies import CannotAskError, Offer, check_choice, offers
from crate_web.contact.submitting import Order, submit
from crate_web.formatting import plural
from crate_web.forms import FormState, parse, state_of
from crate_web.requests import PageRequest
from crate_web.research.queries import rids_of_run
from crate_web.studies.queries import may_see, studies_of

_LARGEST_ID = 2**62


def show_new(request: PageRequest) -> Response:
    """Show the form; `?run=` brings the research IDs of a run, `rows=` only those of some of its rows."""
    return _form_page(
        request, FormState({"rids": "\n".join(_carried_over(request)), "direct": "true"})
    )


def send(request: PageRequest) -> Response:
    """Check what was filled in; show it once more; send it when it is confirmed (C1 to C9)."""
    form = parse(RequestForm, request.form_data)
    if isinstance(form, FormState):
        _select(request, *map(form.value, PASTED)).refuse_in(form)
        return _form_page(request, form)
    state = _shown_again(form)
    if form.change:
        return _form_page(request, state)
    offered = _offers(request)
    selection = _select(request, form.rids, form.mrids, form.nhs_numbers)
    _refuse(state, form, offered, selection)
    if state.errors:
        return _form_page(request, state)
    order = Order(form.result_id(), form.study, form.direct, selection.identifiers)
    if not form.confirmed:
        return _check_page(request, form, order, offered, selection)
    try:
        count = request.site.database.write(
            lambda session: submit(
                session,
                order,
                user_id=request.user.user_id,
                may_ask=may_see(request.user),
                address=request.address,
                now=request.now,
            )
        )
    except CannotAskError as error:
        return _form_page(request, state.refuse(error.field, error.message))
    request.flash(f"{plural(count, 'request')} sent.")
    return request.redirect("contact", sent=order.submission)


def _refuse(
    state: FormState, form: RequestForm, offered: list[Offer], selection: Selection
) -> None:
    try:
        check_choice(offered, form.study, direct=form.direct)
    except CannotAskError as error:
        state.refuse(error.field, error.message)
    selection.refuse_in(state)


def _select(request: PageRequest, rids: str, mrids: str, nhs_numbers: str) -> Selection:
    """Read the identifiers; NHS numbers count for the RDBM only (C3)."""
    return select_patients(rids, mrids, nhs_numbers if request.user.has(Role.RDBM) else "")


def _check_page(
    request: PageRequest,
    form: RequestForm,
    order: Order,
    offered: list[Offer],
    selection: Selection,
) -> Response:
    with request.site.database.read() as session:
        earlier = queries.asked_before(session, order.study_id, order.identifiers)
    return request.render(
        "contact/check.html",
        state=_shown_again(form),
        study=next(offer.name for offer in offered if offer.id == order.study_id),
        count=len(order.identifiers),
        kinds=[
            (kind.label, [value for each, value in order.identifiers if each is kind])
            for kind in LookupKind
        ],
        left_out=selection.repeated,
        earlier=earlier,
        direct=order.direct,
    )


def _form_page(request: PageRequest, form: FormState) -> Response:
    return request.render("contact/new.html", form=form, offers=_offers(request))


def _offers(request: PageRequest) -> list[Offer]:
    with request.site.database.read() as session:
        return offers(studies_of(session, request.user))


def _shown_again(form: RequestForm) -> FormState:
    state = state_of(form)
    shown = {**state.values, "direct": "true" if form.direct else ""}
    return replace(state, values=shown)


def _carried_over(request: PageRequest) -> list[str]:
    run = _number(request.query_params.get("run", ""))
    if run is None:
        return []
    rows = [number for text in request.query_params.getlist("rows") if (number := _number(text))]
    with request.site.database.read() as session:
        return rids_of_run(
            session,
            run,
            request.user.user_id,
            databases=request.site.settings.research_databases,
            rows=rows,
        )


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if number <= _LARGEST_ID else None
