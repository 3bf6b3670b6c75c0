"""After a change of a patient's choice: the letter, and what the change ends (spec 2.12, 2.13)."""

from collections.abc import Callable

from sqlalchemy import select, update

from crate_consent import facts
from crate_consent.collaborators import Collaborators
from crate_consent.decisions.withdrawal import consequences
from crate_consent.effects import LetterPlan, add_finding, add_letter
from crate_consent.letters import ConfirmationFacts
from crate_consent.queries import cases_of, requests_of_patient
from crate_consent.steps.approving import send_to_lead
from crate_consent.steps.standing import look_again, stop
from crate_consent.steps.subject import CONSENT
from crate_core.clock import utcnow
from crate_core.consent_modes import history, lock_current
from crate_core.contact_requests import change_status, keep_back
from crate_core.database import WriteSession
from crate_core.domain.consent import ConsentMode
from crate_core.domain.contact import Status
from crate_core.domain.patient import PatientSnapshot
from crate_core.jobs import JobView
from crate_core.models import ConsentModeRow, ContactRequest, Letter
from crate_core.models.documents import LetterKind


def process_consent_change(together: Collaborators, job: JobView) -> Callable[[WriteSession], None]:
    """End what the change ends; look up whom to write to, if a letter is wanted, and return that change.

    What a change ends is computed from the whole history each time, so that changes in quick succession
    lose nothing, in whatever order their jobs run (C144).
    """
    with together.database.read() as session:
        row = session.get_one(ConsentModeRow, job.subject_id)
    number = row.nhs_number
    if not row.letter_wanted:
        return lambda session: _end(together, session, number)
    # A permission must not outlive the patient's no until a record that only the letter needs is back. Done
    # again, because the job is, it finds nothing left to end.
    together.database.write(lambda session: _end(together, session, number))
    patient = look_again(together, number)
    return lambda session: _write_to_patient(together, session, job.subject_id, patient)


def _write_to_patient(
    together: Collaborators,
    session: WriteSession,
    consent_mode_id: int,
    patient: PatientSnapshot | None,
) -> None:
    row = session.get_one(ConsentModeRow, consent_mode_id)
    # A letter confirms what is in force, not what was replaced meanwhile.
    if lock_current(session, row.nhs_number) is row:
        _confirm(together, session, row, patient)


def _end(together: Collaborators, session: WriteSession, nhs_number: int) -> None:
    current = lock_current(session, nhs_number)
    _keep_back_confirmations(session, nhs_number, current)
    requests = {request.id: request for request in requests_of_patient(session, nhs_number)}
    records = [past.record for past in history(session, nhs_number)]
    ended = consequences(records, cases_of(list(requests.values())))
    for request_id in ended.withdraw:
        _withdraw(together, session, requests[request_id])
    for pending in ended.stop:
        stop(session, requests[pending.request_id], pending.code)


def _keep_back_confirmations(
    session: WriteSession, nhs_number: int, current: ConsentModeRow | None
) -> None:
    """Let no letter be posted that confirms what has been replaced."""
    replaced = select(ConsentModeRow.id).where(
        ConsentModeRow.nhs_number == nhs_number, ConsentModeRow.id != (current.id if current else 0)
    )
    session.change(
        update(Letter)
        .where(
            Letter.kind == LetterKind.CONFIRMATION,
            Letter.needs_posting,
            Letter.consent_mode_id.in_(replaced),
        )
        .values(needs_posting=False)
    )


def _confirm(
    together: Collaborators,
    session: WriteSession,
    row: ConsentModeRow,
    patient: PatientSnapshot | None,
) -> None:
    why_not = _why_no_letter(row, patient)
    if why_not or patient is None:
        add_finding(
            session,
            f"confirmation_impossible:{row.id}",
            kind="confirmation_impossible",
            summary="A choice was recorded, but its confirmation letter cannot be made",
            detail=why_not,
            consent_mode_id=row.id,
        )
        return
    letter = add_letter(
        session,
        LetterPlan(
            effect_key=f"confirmation:{row.id}",
            kind=LetterKind.CONFIRMATION,
            addressee="patient",
            filename=f"confirmation-{row.id}.pdf",
            rdbm_may_view=True,
            needs_posting=True,
            consent_mode_id=row.id,
        ),
        together.letters.confirmation(ConfirmationFacts(patient, row.record), utcnow()),
    )
    content = together.texts.rdbm_consent_letter_to_post()
    together.outbox.tell_manager(session, letter.effect_key, content)


def _why_no_letter(row: ConsentModeRow, patient: PatientSnapshot | None) -> str:
    if row.mode == ConsentMode.UNKNOWN:
        return "No colour was chosen, and the letter confirms a colour. Write by hand if need be."
    if patient is None:
        return (
            "The patient is not in the clinical record. Check the NHS number: if it is wrong, enter the"
            " choice under the right one."
        )
    return "The patient has died: nobody is written to." if patient.is_dead else ""


def _withdraw(together: Collaborators, session: WriteSession, request: ContactRequest) -> None:
    keep_back(session, request)
    now = utcnow()
    letter_facts = facts.withdrawal_facts(request, together.settings.zone)
    letter = add_letter(
        session,
        LetterPlan(
            effect_key=f"withdrawal:{request.id}",
            kind=LetterKind.WITHDRAWAL,
            addressee="researcher",
            filename=f"withdrawal-{request.code}.pdf",
            rdbm_may_view=True,
            needs_posting=False,
            request=request,
        ),
        together.letters.withdrawal(letter_facts, now),
    )
    send_to_lead(together, session, request, letter, together.texts.withdrawal(letter_facts))
    request.withdrawn_at = now
    why = "The patient's choice has changed."
    change_status(session, request, Status.WITHDRAWN, actor=CONSENT, why=why)
