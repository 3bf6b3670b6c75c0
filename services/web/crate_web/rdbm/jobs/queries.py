"""All SQL about jobs that gave up."""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from crate_core.database import ReadSession, WriteSession
from crate_core.jobs import Task
from crate_core.models import ClinicianResponse, ContactRequest, Job, Mail, PatientResponse
from crate_web.listing import Listing, Query

SORTS = ("failed", "task")
FILTERS = ("task",)
_OF_RESPONSES = (
    Task.PROCESS_CLINICIAN_RESPONSE,
    Task.SEND_REMINDER,
    Task.REISSUE_CLINICIAN_LINK,
)


def gave_up() -> ColumnElement[bool]:
    """Return the condition for jobs that a person must look at; mails tell of themselves."""
    return and_(Job.failed_at.is_not(None), Job.done_at.is_(None))


def list_jobs(session: ReadSession, query: Query) -> Listing[Job]:
    """Return one page of the jobs that gave up."""
    matching = _matching(query)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    rows = session.scalars(_sorted(matching, query).limit(query.page_size).offset(query.offset))
    return Listing(rows.all(), total, query)


def all_jobs(session: ReadSession, query: Query) -> Iterator[Job]:
    """Return all jobs of a list, for its download."""
    yield from session.scalars(_sorted(_matching(query), query))


def jobs_of_request(session: ReadSession, request: ContactRequest) -> Sequence[Job]:
    """Return the jobs about a request, its question and its reply; mails tell of themselves."""
    about = [
        and_(Job.task == Task.PROCESS_CONTACT_REQUEST, Job.subject_id == request.id),
    ]
    if request.clinician_response:
        about.append(
            and_(Job.task.in_(_OF_RESPONSES), Job.subject_id == request.clinician_response.id)
        )
    if request.patient_response:
        about.append(
            and_(
                Job.task == Task.PROCESS_PATIENT_RESPONSE,
                Job.subject_id == request.patient_response.id,
            )
        )
    return session.scalars(select(Job).where(or_(*about)).order_by(Job.id)).all()


def requests_of(
    session: ReadSession | WriteSession, jobs: Iterable[Job]
) -> dict[int, ContactRequest]:
    """Return the request that a job is about, by the job's key, for those that are about one."""
    found: dict[int, ContactRequest] = {}
    for job in jobs:
        match job.task:
            case Task.PROCESS_CONTACT_REQUEST:
                request = session.get(ContactRequest, job.subject_id)
            case task if task in _OF_RESPONSES:
                response = session.get(ClinicianResponse, job.subject_id)
                request = response.contact_request if response else None
            case Task.PROCESS_PATIENT_RESPONSE:
                reply = session.get(PatientResponse, job.subject_id)
                request = reply.contact_request if reply else None
            case Task.SEND_MAIL | Task.PROCESS_MAIL_OUTCOME:
                mail = session.get(Mail, job.subject_id)
                key = mail.contact_request_id if mail else None
                request = session.get(ContactRequest, key) if key else None
            case _:
                request = None
        if request is not None:
            found[job.id] = request
    return found


def _matching(query: Query) -> Select[Job]:
    statement = select(Job).where(gave_up())
    if task := query.filters.get("task"):
        statement = statement.where(Job.task == task)
    if query.search:
        statement = statement.where(Job.last_error.icontains(query.search, autoescape=True))
    return statement


def _sorted(statement: Select[Job], query: Query) -> Select[Job]:
    column = Job.task if query.sort == "task" else Job.failed_at
    order = column.desc() if query.descending else column.asc()
    return statement.order_by(order, Job.id)
