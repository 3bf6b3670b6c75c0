"""Sending one mail: queued -> sending -> sent, failed or unknown (design 4, Mail)."""

from collections.abc import Callable
from datetime import timedelta

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.errors import PermanentError, TemporaryError
from crate_core.jobs import JobView, Task
from crate_core.jobs.rows import cancel_open
from crate_core.models.mail import MailState
from crate_core.telemetry.logs import get_logger
from crate_core.telemetry.metrics import MAIL_DELIVERY_SECONDS, MAILS
from crate_mailer.address import Envelope
from crate_mailer.message import build_message
from crate_mailer.rows import (
    StoredMail,
    add_transmission,
    change_state,
    read_mail,
    report_outcome,
    was_kept_back,
)
from crate_mailer.transport import FateUnknownError, SmtpTransport

log = get_logger(__name__)


Changes = Callable[[WriteSession], None]


class _ChangedMeanwhileError(TemporaryError):
    """The mail is not waiting any more: another process sends it, or a person has settled it."""


class Delivery:
    """Sends mails, and knows of each what it may have done before."""

    def __init__(
        self,
        database: Database,
        transport: SmtpTransport,
        envelope: Envelope,
        *,
        sending_lease: timedelta,
    ) -> None:
        """Send mails of `database` over `transport`; the message itself takes no longer than the lease."""
        self._database = database
        self._sending_lease = sending_lease
        self._transport = transport
        self._envelope = envelope

    def perform(self, job: JobView) -> Changes:
        """Send the mail that the job names, unless it is settled; return what to write then.

        The mail is `sending` from just before the message itself goes out; whoever finds it so after
        the lease knows that it may have been delivered. No database connection is held meanwhile.

        Raises:
            TemporaryError: it could not be sent now; the attempt is recorded.
        """
        mail = self._find(job.subject_id)
        if mail.state is MailState.SENDING:
            mail_is_lost = self._recover(mail)
            if mail_is_lost:
                return self._settle(mail, MailState.UNKNOWN, "unknown", _NO_WORD)
            mail = self._find(mail.id)
        elif mail.state is not MailState.QUEUED:
            return _nothing
        return self._send(mail)

    def _find(self, mail_id: int) -> StoredMail:
        mail = read_mail(self._database, mail_id)
        if mail is None:
            raise PermanentError(f"there is no mail {mail_id}")
        return mail

    def _recover(self, mail: StoredMail) -> bool:
        """Say whether a mail that was being sent must wait for a person; the others go again."""
        if mail.leased_until is not None and mail.leased_until > utcnow():
            raise TemporaryError("another attempt to send this mail may still be under way")
        if mail.carries_identity:
            return True
        self._record(mail, MailState.QUEUED, "unknown", _NO_WORD)
        return False

    def _send(self, mail: StoredMail) -> Changes:
        message = build_message(mail.content, self._envelope)
        try:
            reply = self._transport.send(
                self._envelope.sender_address,
                self._envelope.recipient(mail.content.recipient),
                message,
                before_data=lambda: self._mark_sending(mail),
            )
        except FateUnknownError as error:
            return self._on_unknown(mail, str(error))
        except PermanentError as error:
            return self._settle(mail, MailState.FAILED, "refused", str(error))
        except _ChangedMeanwhileError:
            # Its state is theirs who changed it: `sending` may be the only trace of a mail that went out.
            raise
        except TemporaryError as error:
            self._record(mail, MailState.QUEUED, "unreachable", str(error))
            raise
        return self._settle(mail, MailState.SENT, "sent", reply)

    def _mark_sending(self, mail: StoredMail) -> None:
        if not change_state(
            self._database,
            mail.id,
            (MailState.QUEUED,),
            MailState.SENDING,
            utcnow(),
            lease=self._sending_lease,
        ):
            raise _ChangedMeanwhileError("the mail was changed while it was about to be sent")

    def _on_unknown(self, mail: StoredMail, reason: str) -> Changes:
        if mail.carries_identity:
            return self._settle(mail, MailState.UNKNOWN, "unknown", reason)
        self._record(mail, MailState.QUEUED, "unknown", reason)
        raise TemporaryError(reason)

    def _record(self, mail: StoredMail, state: MailState, outcome: str, reply: str) -> None:
        """Write down an attempt that did not settle the mail."""
        self._database.write(self._settle(mail, state, outcome, reply))

    def _settle(self, mail: StoredMail, state: MailState, outcome: str, reply: str) -> Changes:
        now = utcnow()
        recipient = self._envelope.recipient(mail.content.recipient)
        MAILS.labels(kind=mail.kind, outcome=outcome).inc()
        log.info("mail", mail=mail.id, kind=mail.kind, outcome=outcome, reply=reply)
        if state is MailState.SENT:
            MAIL_DELIVERY_SECONDS.observe((now - mail.content.queued_at).total_seconds())

        def work(session: WriteSession) -> None:
            open_states = (MailState.QUEUED, MailState.SENDING)
            if change_state(session, mail.id, open_states, state, now):
                if state is MailState.QUEUED and was_kept_back(session, mail.id):
                    change_state(session, mail.id, (state,), MailState.FAILED, now)
                only = add_transmission(session, mail, outcome, now, to=recipient, reply=reply)
                # Sent at the first attempt is what consent expects, and no news.
                as_expected = only and state is MailState.SENT
                if mail.reports_outcome and not as_expected:
                    report_outcome(session, mail.id)

        return work


_NO_WORD = "the attempt ended without a word from the server"


def _nothing(_session: WriteSession) -> None:
    """Change nothing: the mail is settled."""


def give_up(session: WriteSession, job: JobView, reason: str) -> None:
    """Mark a mail that could not be sent for days, so that the RDBM sees it.

    The mail tells of itself: a failed job beside it would wait on when the RDBM has settled the mail.
    """
    now = utcnow()
    mail = read_mail(session, job.subject_id)
    if mail is None:
        return
    cancel_open(session, Task.SEND_MAIL, mail.id, why=reason)
    begun = mail.state is MailState.SENDING and mail.carries_identity
    state = MailState.UNKNOWN if begun else MailState.FAILED
    if change_state(session, mail.id, (MailState.QUEUED, MailState.SENDING), state, now):
        outcome = "unknown" if begun else "failed"
        MAILS.labels(kind=mail.kind, outcome=outcome).inc()
        add_transmission(session, mail, outcome, now, to="", reply=reason)
        if mail.reports_outcome:
            report_outcome(session, mail.id)
