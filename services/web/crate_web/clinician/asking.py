"""The form that asks about own patients: filled in, checked, sent (C96 to C100)."""

from dataclasses import replace

from sqlalchemy import true
from starlette.responses import Response

from crate_core.database import WriteSession
from crate_core.domain.email import why_no_identity
from crate_core.domain.roles import Role
from crate_core.domain.study import years_in_words
from crate_core.models import UserAccount
from crate_web.access import RefusedError
from crate_web.clinician import queries
from crate_web.clinician.choices import OwnOffer, check_own_choice, own_offers
from crate_web.clinician.forms import OwnPatientForm
from crate_web.clinician.words import as_written
from crate_web.contact.selection import PASTED, LookupKind, Selection, select_patients
from crate_web.contact.studies import CannotAskError
from crate_web.contact.submitting import Order, OwnPatients, submit
from crate_web.formatting import plural
from crate_web.forms import FormState, parse, state_of
from crate_web.requests import PageRequest

_NO_PATIENT = ("nhs_numbers", "Enter at least one NHS number or research ID")


def show_new(request: PageRequest) -> Response:
    """Show the form, signed as the account says."""
    with request.site.database.read() as session:
        account = queries.own_account(session, request.user.user_id)
    state = FormState(
        {
            "signatory_name": account.full_name,
            "signatory_title": account.signatory_title,
        }
    )
    return _form_page(request, state)


def send(request: PageRequest) -> Response:
    """Check what was filled in; show it once more; send it when it is confirmed."""
    form = parse(OwnPatientForm, request.form_data)
    if isinstance(form, FormState):
        _select(*map(form.value, PASTED)).refuse_in(form)
        return _form_page(request, form)
    state = _shown_again(form)
    if form.change:
        return _form_page(request, state)
    selection = _select(form.rids, form.mrids, form.nhs_numbers)
    offer = _check(request, state, form, selection)
    if offer is None or state.errors:
        return _form_page(request, state)
    if not form.confirmed:
        return _check_page(request, form, offer, selection)
    order = Order(
        form.result_id(),
        form.study,
        direct=False,
        identifiers=selection.identifiers,
        own=OwnPatients(form.manager_posts, form.signatory_name, form.signatory_title),
    )
    try:
        count = request.site.database.write(lambda session: _submit(session, request, order))
    except CannotAskError as error:
        return _form_page(request, state.refuse(error.field, error.message))
    request.flash(f"{plural(count, 'request')} sent.")
    return request.redirect("clinician.requests", sent=order.submission)


def _select(rids: str, mrids: str, nhs_numbers: str) -> Selection:
    return select_patients(rids, mrids, nhs_numbers, none=_NO_PATIENT)


def _check(
    request: PageRequest, state: FormState, form: OwnPatientForm, selection: Selection
) -> OwnOffer | None:
    """Return the study that was chosen, if it can be; write into `state` what is wrong."""
    selection.refuse_in(state)
    with request.site.database.read() as session:
        account = queries.own_account(session, request.user.user_id)
        offered = own_offers(queries.all_studies(session), consultant=account.is_consultant)
    try:
        check_address(request, account)
        return check_own_choice(offered, form.study, manager_posts=form.manager_posts)
    except CannotAskError as error:
        state.refuse(error.field, error.message)
        return None


def _submit(session: WriteSession, request: PageRequest, order: Order) -> int:
    """Check once more what may have changed while the form was filled in, and make the requests."""
    account = queries.own_account(session, request.user.user_id)
    if not account.is_active or Role.CLINICIAN not in account.role_set:
        raise RefusedError(frozenset({Role.CLINICIAN}))
    check_address(request, account)
    offered = own_offers(queries.all_studies(session), consultant=account.is_consultant)
    assert order.own is not None  # noqa: S101 (it was made so)
    check_own_choice(offered, order.study_id, manager_posts=order.own.manager_posts)
    return submit(
        session,
        order,
        user_id=account.id,
        may_ask=true(),
        address=request.address,
        now=request.now,
    )


def check_address(request: PageRequest, account: UserAccount) -> None:
    """Do nothing when mail that identifies patients may go to this clinician's own address (C97).

    Raises:
        CannotAskError: there is none, nobody has checked whose it is, or the site does not permit its domain.
    """
    why_not = why_no_identity(
        account.email,
        active=account.is_active,
        checked=account.email_verified_at is not None,
        permitted=request.site.settings.permitted_email_domains,
    )
    if why_not is not None:
        raise CannotAskError("study", f"Mail that names patients cannot go to you: {why_not}")


def _check_page(
    request: PageRequest, form: OwnPatientForm, offer: OwnOffer, selection: Selection
) -> Response:
    return request.render(
        "clinician/check.html",
        state=_shown_again(form),
        study=offer.name,
        count=len(selection.identifiers),
        kinds=[
            (
                kind.label,
                [as_written(each, value) for each, value in selection.identifiers if each is kind],
            )
            for kind in reversed(LookupKind)
        ],
        left_out=selection.repeated,
        answer=form,
    )


def _form_page(request: PageRequest, form: FormState) -> Response:
    with request.site.database.read() as session:
        account = queries.own_account(session, request.user.user_id)
        offered = own_offers(queries.all_studies(session), consultant=account.is_consultant)
    try:
        check_address(request, account)
        problem = ""
    except CannotAskError as error:
        problem = error.message
    limit = request.site.settings.discharge_limit_days
    return request.render(
        "clinician/new.html",
        form=form,
        offers=offered,
        mail_to=account.email,
        problem=problem,
        limit_days=limit,
        limit_years=years_in_words(limit) if limit else "",
    )


def _shown_again(form: OwnPatientForm) -> FormState:
    state = state_of(form)
    shown = {**state.values, "manager_posts": "true" if form.manager_posts else ""}
    return replace(state, values=shown)
