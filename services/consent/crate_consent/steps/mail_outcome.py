"""What a mail's fate means for what it is about (C38, C39, C86, C108)."""

from collections.abc import Callable

from crate_consent.collaborators import Collaborators
from crate_consent.effects import require_posting
from crate_consent.steps.asking import question_key
from crate_consent.steps.subject import CONSENT
from crate_core.contact_requests import change_status, hold_request
from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.jobs import JobView
from crate_core.models import ContactRequest, Mail, MailTransmission
from crate_core.models.mail import MailKind, MailState

_MOST_SAID = 200


def process_mail_outcome(together: Collaborators, job: JobView) -> Callable[[WriteSession], None]:
    """Return the changes that follow from the state in which the mail is when they are made."""

    def work(session: WriteSession) -> None:
        mail = session.get_one(Mail, job.subject_id)
        delivered = mail.state == MailState.SENT
        troubled = not delivered and bool(mail.transmissions)
        if mail.letter_id is not None and (delivered or troubled):
            _settle_letter(together, session, mail, delivered=delivered)
        elif mail.contact_request_id is not None:
            request = session.get_one(ContactRequest, mail.contact_request_id)
            response = request.clinician_response
            # The fate of a question that was asked anew since says nothing of the present one.
            if response and mail.effect_key == question_key(response):
                _settle_question(session, request, delivered=delivered, troubled=troubled)

    return work


def _settle_letter(
    together: Collaborators, session: WriteSession, mail: Mail, *, delivered: bool
) -> None:
    if mail.letter_id is None or mail.contact_request_id is None:
        return
    if mail.kind == MailKind.APPROVAL and not delivered:
        # It may be ending at this moment.
        hold_request(session, mail.contact_request_id)
        request = session.get_one(ContactRequest, mail.contact_request_id)
        # A permission that was withdrawn meanwhile is not posted.
        if request.status != Status.APPROVED:
            return
    changed = require_posting(session, mail.letter_id, required=not delivered)
    if changed and not delivered:
        request = session.get_one(ContactRequest, mail.contact_request_id)
        last = mail.transmissions[-1]
        content = together.texts.rdbm_letter_not_mailed(
            request.code, letter=mail.kind, reason=_why(mail, last)
        )
        # Sent again, it may fail again.
        key = f"letter_not_mailed:{mail.id}:{last.id}"
        together.outbox.tell_manager(session, key, content, request=request)


def _why(mail: Mail, last: MailTransmission) -> str:
    said = f' ("{last.server_reply[:_MOST_SAID]}")' if last.server_reply else ""
    match mail.state:
        case MailState.UNKNOWN:
            return f"nobody can tell whether the mail arrived{said}"
        case MailState.FAILED:
            return f"the mail server refused it, or could not be reached for too long{said}"
        case _:
            return f"it could not be handed over yet, and is being tried again{said}"


def _settle_question(
    session: WriteSession, request: ContactRequest, *, delivered: bool, troubled: bool
) -> None:
    if delivered and request.status == Status.CLINICIAN_MAIL_FAILED:
        change_status(
            session, request, Status.WITH_CLINICIAN, actor=CONSENT, why="The mail was delivered."
        )
    elif troubled and request.status == Status.WITH_CLINICIAN:
        change_status(
            session,
            request,
            Status.CLINICIAN_MAIL_FAILED,
            actor=CONSENT,
            why="The mail to the clinician could not be delivered yet.",
        )
