"""Processing a contact request: who is it, what did they choose, and which way does it go (spec 2.4)."""

from collections.abc import Callable, Sequence

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload, lazyload

from crate_consent.collaborators import Collaborators
from crate_consent.consent_modes import settle
from crate_consent.decisions.approaches import approaches_in_past_year
from crate_consent.decisions.routing import Direct, Hold, ViaClinician, decide
from crate_consent.decisions.stop_tests import Inputs, Stop
from crate_consent.effects import add_finding
from crate_consent.lookups.sources import NotFound
from crate_consent.queries import earlier_than
from crate_consent.steps.approving import approve
from crate_consent.steps.asking import ask_clinician
from crate_consent.steps.own_patient import address_of, agree_by_asking
from crate_consent.steps.subject import CONSENT, keep_snapshot, resume
from crate_core.clock import utcnow
from crate_core.contact_requests import change_status
from crate_core.database import WriteSession
from crate_core.domain.consent import ConsentRecord
from crate_core.domain.contact import Involvement, Status, StopCode
from crate_core.domain.patient import PatientSnapshot
from crate_core.jobs import JobView
from crate_core.models import ConsentModeRow, ContactRequest, Study, UserAccount
from crate_core.models.work import REPEAT_AFTER_VETO

_ASKED_FOR = select(
    ContactRequest.status, ContactRequest.lookup_kind, ContactRequest.lookup_value
).where(ContactRequest.id == bindparam("request"))
# In one statement, without roles and researchers: nothing here asks for these.
_WITH_STUDY = (
    select(ContactRequest)
    .where(ContactRequest.id == bindparam("request"))
    .options(
        joinedload(ContactRequest.study, innerjoin=True).options(
            joinedload(Study.lead_researcher, innerjoin=True).lazyload(UserAccount.roles),
            lazyload(Study.researchers),
        ),
        joinedload(ContactRequest.own_patient),
    )
)
_OPEN = {Status.NEW, Status.FAILED}
_AFTER_SERIOUS = (
    "The request was stopped, and nobody was contacted. Have the patient removed from the research"
    " database, and find out how they came to be in it; then mark this as done."
)


def process_request(together: Collaborators, job: JobView) -> Callable[[WriteSession], None]:
    """Look everything up, and return the changes that decide the request."""
    ((status, kind, value),) = together.database.rows(_ASKED_FOR, {"request": job.subject_id})
    if status not in _OPEN:
        return lambda _session: None
    nhs_number = _resolve(together, kind, value)
    if nhs_number is None:
        return lambda session: _stop_unknown_identifier(together, session, job.subject_id)
    found = together.lookups.patients.find_patient(nhs_number)
    snapshot = found.snapshot if isinstance(found, NotFound) else found
    consents = together.lookups.consents
    from_record = consents.find_consent(nhs_number) if consents else ()
    return lambda session: _settle(together, session, job.subject_id, snapshot, from_record)


def _resolve(together: Collaborators, kind: str, value: str) -> int | None:
    match kind:
        case "rid":
            return together.lookups.secret_map.nhs_number_for(rid=value)
        case "mrid":
            return together.lookups.secret_map.nhs_number_for(mrid=value)
        case _:
            return int(value)


def _stop_unknown_identifier(
    together: Collaborators, session: WriteSession, request_id: int
) -> None:
    request = session.get_one(ContactRequest, request_id)
    if request.status not in _OPEN:
        return
    resume(session, request, Status.NEW)
    text = f"The {request.lookup_kind.upper()} stands for nobody in the secret map."
    _stop(together, session, request, Stop(StopCode.IDENTIFIER_NOT_FOUND, text))


def _settle(
    together: Collaborators,
    session: WriteSession,
    request_id: int,
    snapshot: PatientSnapshot,
    from_record: Sequence[ConsentRecord],
) -> None:
    request = session.scalars(_WITH_STUDY, {"request": request_id}).one()
    if request.status not in _OPEN:
        return
    resume(session, request, Status.NEW)
    consent = settle(session, snapshot.nhs_number, from_record)
    inputs = _inputs(together, session, request, snapshot, consent)
    _keep_what_was_found(session, request, snapshot, consent)
    request.approaches_in_past_year = inputs.approaches
    match decide(inputs):
        case Stop() as stop:
            _stop(together, session, request, stop)
        case Hold() as hold:
            add_finding(
                session,
                f"repeat:{request.id}",
                kind=REPEAT_AFTER_VETO,
                summary=f"Request {request.code} needs your word",
                detail=hold.text,
                request=request,
            )
        case Direct(cautions):
            request.warnings = [str(caution) for caution in cautions]
            request.involvement = Involvement.NONE
            approve(together, session, request, asked=False)
        case ViaClinician(involvement, recipient, cautions):
            request.warnings = [str(caution) for caution in cautions]
            request.involvement = involvement
            if request.own_patient is None:
                ask_clinician(together, session, request, recipient)
            else:
                agree_by_asking(together, session, request, request.own_patient, recipient)


def _inputs(
    together: Collaborators,
    session: WriteSession,
    request: ContactRequest,
    snapshot: PatientSnapshot,
    consent: ConsentModeRow,
) -> Inputs:
    settings, now = together.settings, utcnow()
    earlier = earlier_than(session, request, snapshot.nhs_number)
    return Inputs(
        snapshot=snapshot,
        consent=consent.record,
        study=request.study.facts,
        direct_requested=request.direct_approach,
        approaches=approaches_in_past_year(earlier.approaches, now),
        today=now.astimezone(settings.zone).date(),
        discharge_limit_days=settings.discharge_limit_days,
        permitted_domains=tuple(settings.permitted_email_domains),
        own_email=address_of(request.requested_by) if request.own_patient else None,
        outstanding=earlier.outstanding,
        earlier_answers=earlier.answers,
        repeat_confirmed=request.repeat_confirmed,
    )


def _keep_what_was_found(
    session: WriteSession,
    request: ContactRequest,
    snapshot: PatientSnapshot,
    consent: ConsentModeRow,
) -> None:
    keep_snapshot(session, request, snapshot)
    request.nhs_number = snapshot.nhs_number
    request.consent_mode = consent
    request.processed_at = utcnow()


def _stop(
    together: Collaborators, session: WriteSession, request: ContactRequest, stop: Stop
) -> None:
    request.stop_code = stop.code
    request.stop_text = stop.text
    request.processed_at = utcnow()
    change_status(session, request, Status.STOPPED, actor=CONSENT, why=stop.text)
    if stop.serious:
        add_finding(
            session,
            f"serious:{request.id}",
            kind="serious_stop",
            serious=True,
            summary=f"Request {request.code} was stopped for a serious reason",
            detail=f"{stop.text} {_AFTER_SERIOUS}",
            request=request,
        )
        content = together.texts.rdbm_serious_finding(request.code)
        together.outbox.tell_manager(session, f"serious:{request.id}", content, request=request)
