"""All SQL about mails; their texts are never loaded here (C106)."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from crate_core.database import ReadSession, WriteSession
from crate_core.domain.contact import Status
from crate_core.models import ClinicianResponse, ContactRequest, Mail, Study, UserAccount
from crate_core.models.mail import MailKind, MailState
from crate_web.listing import Listing, Query

SORTS = ("changed", "kind", "state")
FILTERS = ("state", "kind")
Row = tuple[Mail, str | None]
"""A mail and its request's code."""

_ASKED = (Status.WITH_CLINICIAN, Status.CLINICIAN_MAIL_FAILED)


def to_settle() -> ColumnElement[bool]:
    """Return the condition for mails about which a person must decide.

    Where something else waits in their place they do not wait, too: a letter that must be posted
    instead, or a request that has gone on without the mail.
    """
    no_letter = or_(Mail.state == MailState.UNKNOWN, Mail.letter_id.is_(None))
    still_asked = or_(
        Mail.kind.not_in(
            (
                MailKind.CLINICIAN_REQUEST,
                MailKind.CLINICIAN_REMINDER,
                MailKind.CLINICIAN_OWN_REQUEST,
            )
        ),
        and_(
            Mail.kind == MailKind.CLINICIAN_REQUEST,
            ContactRequest.status == Status.CLINICIAN_MAIL_FAILED,
            goes_to_the_asked(),
        ),
        and_(
            Mail.kind == MailKind.CLINICIAN_REMINDER,
            ContactRequest.status.in_(_ASKED),
            goes_to_the_asked(),
        ),
        and_(
            Mail.kind == MailKind.CLINICIAN_OWN_REQUEST,
            ContactRequest.status == Status.WITH_PATIENT,
        ),
    )
    return and_(Mail.state.in_((MailState.FAILED, MailState.UNKNOWN)), no_letter, still_asked)


def goes_to_the_asked() -> ColumnElement[bool]:
    """Return the condition for mails that ask whoever is asked now.

    Another clinician may be asked instead, or the same one anew: the link of an earlier mail leads nowhere.
    """
    return (
        exists()
        .where(
            ClinicianResponse.contact_request_id == Mail.contact_request_id,
            ClinicianResponse.email == Mail.recipient,
            ClinicianResponse.asked_at <= Mail.queued_at,
        )
        .correlate(Mail)
    )


def may_go_again(mail: Mail, status: Status | None) -> bool:
    """Say whether a mail may be sent once more: nobody gets a patient's details for what has ended.

    Args:
        mail: the mail.
        status: of the request that it is about, None for a mail about no request.
    """
    match mail.kind:
        case MailKind.APPROVAL:
            return status is Status.APPROVED
        case MailKind.CLINICIAN_REQUEST | MailKind.CLINICIAN_REMINDER:
            return status in {*_ASKED, Status.FAILED}
        case MailKind.CLINICIAN_OWN_REQUEST:
            return status in {Status.WITH_PATIENT, Status.FAILED}
        case _:
            return True


def status_of_request(session: ReadSession | WriteSession, mail: Mail) -> Status | None:
    """Return the status of the request that a mail is about, if it is about one."""
    status = session.scalar(
        select(ContactRequest.status).where(ContactRequest.id == mail.contact_request_id)
    )
    return Status(status) if status else None


def is_still_theirs(session: ReadSession | WriteSession, mail: Mail) -> bool:
    """Say whether a mail would go to the address that its reader has now.

    It names a patient: an address that was corrected since may be somebody else's, and a clinician in
    whose place another is asked, or who is asked anew by a later mail, has no need of it any more.
    """
    match mail.kind:
        case MailKind.APPROVAL | MailKind.WITHDRAWAL:
            reader = Study.lead_researcher_id.expression
        case MailKind.CLINICIAN_OWN_REQUEST:
            reader = ContactRequest.requested_by_id.expression
        case MailKind.CLINICIAN_REQUEST | MailKind.CLINICIAN_REMINDER:
            same = select(Mail.id).where(Mail.id == mail.id, goes_to_the_asked())
            return session.scalar(same) is not None
        case _:
            return True
    theirs = (
        select(UserAccount.id)
        .join(ContactRequest, ContactRequest.id == mail.contact_request_id)
        .join(Study, Study.id == ContactRequest.study_id)
        .where(
            UserAccount.id == reader,
            UserAccount.is_active,
            UserAccount.email == mail.recipient,
            UserAccount.email_verified_at.is_not(None),
        )
    )
    return session.scalar(theirs) is not None


def with_requests() -> Select[Mail, str]:
    """Return the question for mails and the codes of their requests."""
    return select(Mail, ContactRequest.code).outerjoin(
        ContactRequest, ContactRequest.id == Mail.contact_request_id
    )


def list_mails(session: ReadSession, query: Query) -> Listing[Row]:
    """Return one page of mails."""
    matching = _matching(query)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    rows = session.execute(_sorted(matching, query).limit(query.page_size).offset(query.offset))
    return Listing(rows.all(), total, query)


def all_mails(session: ReadSession, query: Query) -> Iterator[Row]:
    """Return all mails of a list, for its download."""
    yield from session.execute(_sorted(_matching(query), query))


def find_mail(session: ReadSession | WriteSession, mail_id: int) -> Row | None:
    """Return one mail with the code of its request."""
    row = session.execute(with_requests().where(Mail.id == mail_id)).first()
    if row:
        _ = row[0].transmissions
    return row


def mails_of_request(session: ReadSession, request_id: int) -> Sequence[Mail]:
    """Return the mails about a request, with all attempts."""
    mails = session.scalars(
        select(Mail).where(Mail.contact_request_id == request_id).order_by(Mail.id)
    ).all()
    for mail in mails:
        _ = mail.transmissions
    return mails


def _matching(query: Query) -> Select[Mail, str]:
    statement = with_requests()
    match query.filters.get("state"):
        case "all":
            pass
        case state if state in set(MailState):
            statement = statement.where(Mail.state == state)
        case _:
            statement = statement.where(to_settle())
    if kind := query.filters.get("kind"):
        statement = statement.where(Mail.kind == kind)
    if query.search:
        statement = statement.where(
            or_(
                ContactRequest.code.icontains(query.search.upper(), autoescape=True),
                Mail.recipient.icontains(query.search, autoescape=True),
            )
        )
    return statement


def _sorted(statement: Select[Mail, str], query: Query) -> Select[Mail, str]:
    column = {"changed": Mail.changed_at, "kind": Mail.kind, "state": Mail.state}[query.sort]
    return statement.order_by(column.desc() if query.descending else column.asc(), Mail.id)
