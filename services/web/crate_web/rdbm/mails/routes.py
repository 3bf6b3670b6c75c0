"""Pages of mails: list, attempts, sending again, and giving one's word that it arrived (C106, C109)."""

from collections.abc import Callable, Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

from crate_core.audit import AuditKind
from crate_core.contact_requests import hold_request
from crate_core.database import WriteSession
from crate_core.domain.roles import Role
from crate_core.mails import send_again, settle_as_arrived
from crate_core.models import Mail
from crate_core.models.mail import MailKind, MailState
from crate_web import access
from crate_web.downloads import audited_download
from crate_web.feature import Feature
from crate_web.listing import Query, read_query
from crate_web.rdbm.leaving import MAIL, key_of, leave
from crate_web.rdbm.mails import queries
from crate_web.rdbm.noting import account_of, note, number_in_path
from crate_web.requests import PageRequest
from crate_web.routing import page

KINDS: Mapping[str, str] = {
    MailKind.CLINICIAN_REQUEST: "question to a clinician",
    MailKind.CLINICIAN_REMINDER: "reminder to a clinician",
    MailKind.CLINICIAN_OWN_REQUEST: "papers to a clinician who asked",
    MailKind.APPROVAL: "approval to the lead researcher",
    MailKind.WITHDRAWAL: "withdrawal to the lead researcher",
    MailKind.RDBM: "news for you",
}
STATES = {
    MailState.QUEUED: "waits to be sent",
    MailState.SENDING: "is being sent",
    MailState.SENT: "sent",
    MailState.FAILED: "failed",
    MailState.UNKNOWN: "may have arrived",
}


Decision = Callable[[WriteSession, Mail, str], bool]
"""Changes a mail; gets the subject for the audit, says whether it changed anything."""


def show_list(request: PageRequest) -> Response:
    """List mails to settle, or others; nobody reads what they say here."""
    query = _query(request)
    with request.site.database.read() as session:
        listing = queries.list_mails(session, query)
    return request.render("rdbm_mails/list.html", listing=listing, kinds=KINDS, states=STATES)


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV."""
    with request.site.database.read() as session:
        rows = [
            (
                mail.id,
                KINDS.get(mail.kind, mail.kind),
                mail.recipient,
                code or "",
                mail.state,
                mail.queued_at.isoformat(),
                mail.sent_at.isoformat() if mail.sent_at else "",
            )
            for mail, code in queries.all_mails(session, _query(request))
        ]
    header = ("Mail", "Kind", "To", "Request", "State", "Queued", "Sent")
    return audited_download(request, "mails", _query(request), header, rows)


def show(request: PageRequest) -> Response:
    """Show what became of one mail: each attempt with the server's answer."""
    with request.site.database.read() as session:
        found = queries.find_mail(session, number_in_path(request, "mail"))
        if found is None:
            raise HTTPException(404)
        mail, code = found
        may_send = queries.may_go_again(mail, queries.status_of_request(session, mail))
        address_changed = not queries.is_still_theirs(session, mail)
    return request.render(
        "rdbm_mails/show.html",
        mail=mail,
        code=code,
        kinds=KINDS,
        states=STATES,
        may_send=may_send and not address_changed,
        address_changed=address_changed,
    )


def send(request: PageRequest) -> Response:
    """Send a mail once more, in the name of who asks (C109)."""

    def work(session: WriteSession, mail: Mail, subject: str) -> bool:
        if mail.contact_request_id is not None:
            # It may be ending at this moment: an approval must not follow its withdrawal.
            hold_request(session, mail.contact_request_id)
        if not queries.may_go_again(mail, queries.status_of_request(session, mail)):
            return False
        if not queries.is_still_theirs(session, mail):
            return False
        if not send_again(session, mail.id, account_of(session, request)):
            return False
        note(session, request, AuditKind.MAIL_RESENT, subject, mail=mail.id, kind=mail.kind)
        return True

    return _decide(
        request,
        work,
        "The mail is sent again now.",
        "Nothing was sent: this mail is on its way already, its request has moved on, its reader has"
        " another address now, or a later mail asks the same.",
    )


def settle(request: PageRequest) -> Response:
    """Take somebody's word that a mail of unknown fate has arrived."""

    def work(session: WriteSession, mail: Mail, subject: str) -> bool:
        if not settle_as_arrived(session, mail.id, account_of(session, request)):
            return False
        note(session, request, AuditKind.MAIL_SETTLED, subject, mail=mail.id, kind=mail.kind)
        return True

    return _decide(
        request, work, "It is recorded that the mail arrived.", "This mail is settled already."
    )


def let_rest(request: PageRequest) -> Response:
    """Decide that a mail that failed needs nothing more."""

    def work(session: WriteSession, mail: Mail, subject: str) -> bool:
        if mail.state != MailState.FAILED:
            return False
        key = key_of(MAIL, mail.id, mail.changed_at)
        summary = f"Mail {mail.id} failed and needs nothing more"
        leave(session, request, key, summary, contact_request_id=mail.contact_request_id)
        note(
            session, request, AuditKind.MAIL_SETTLED, subject, mail=mail.id, kind=mail.kind,
            left=True,
        )  # fmt: skip
        return True

    return _decide(
        request, work, "The mail has left the work queue.", "This mail has not failed any more."
    )


def _decide(request: PageRequest, work: Decision, done: str, too_late: str) -> Response:
    mail_id = number_in_path(request, "mail")

    def in_transaction(session: WriteSession) -> bool:
        found = queries.find_mail(session, mail_id)
        if found is None:
            raise HTTPException(404)
        mail, code = found
        return work(session, mail, f"request:{code}" if code else f"mail:{mail.id}")

    if request.site.database.write(in_transaction):
        request.flash(done)
    else:
        request.flash(too_late, "info")
    return request.redirect("rdbm.mail", mail=mail_id)


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="changed",
        filters=queries.FILTERS,
        page_size=request.user.rows_per_page,
    )


_rdbm = access.role(Role.RDBM)
_POSTS = {"send": send, "arrived": settle, "leave": let_rest}
feature = Feature(
    name="rdbm_mails",
    title="Manage",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/mails", show_list, access=_rdbm, name="rdbm.mails"),
        page("/rdbm/mails.csv", download_list, access=_rdbm, name="rdbm.mails.csv"),
        page("/rdbm/mails/{mail:int}", show, access=_rdbm, name="rdbm.mail"),
        *(
            page(
                f"/rdbm/mails/{{mail:int}}/{name}",
                handler,
                access=_rdbm,
                name=f"rdbm.mail.{name}",
                methods=["POST"],
            )
            for name, handler in _POSTS.items()
        ),
    ],
)
