"""Pages of jobs that gave up: list and retry (C131)."""

from pathlib import Path

from starlette.responses import Response

from crate_core.audit import AuditKind
from crate_core.database import WriteSession
from crate_core.domain.roles import Role
from crate_core.jobs import Task, retry_failed
from crate_core.models import Job
from crate_web import access
from crate_web.downloads import audited_download
from crate_web.feature import Feature
from crate_web.listing import Query, read_query
from crate_web.paths import own_path
from crate_web.rdbm.jobs import queries
from crate_web.rdbm.noting import note, number_in_path
from crate_web.requests import PageRequest
from crate_web.routing import page

TASKS = {
    Task.PROCESS_CONTACT_REQUEST: "process a contact request",
    Task.PROCESS_CLINICIAN_RESPONSE: "act on a clinician's answer",
    Task.PROCESS_PATIENT_RESPONSE: "act on a patient's reply",
    Task.PROCESS_CONSENT_CHANGE: "act on a changed choice",
    Task.PROCESS_MAIL_OUTCOME: "act on the fate of a mail",
    Task.REFRESH_CONSENT_MODES: "read choices from the record",
    Task.SEND_REMINDER: "remind a clinician",
    Task.REISSUE_CLINICIAN_LINK: "ask a clinician anew",
    Task.SEND_TEST_MAIL: "write a test mail",
    Task.SEAL_AUDIT: "seal the audit",
    Task.SEND_MAIL: "send a mail",
    Task.RUN_QUERY: "run a query",
    Task.EXPORT_RUN: "export a result",
    Task.READ_STRUCTURE: "read the structure of a database",
}


def task_in_words(task: str) -> str:
    """Return what a job does."""
    return TASKS.get(Task(task), task) if task in set(Task) else task


def show_list(request: PageRequest) -> Response:
    """List the jobs that gave up, each with its reason."""
    query = _query(request)
    with request.site.database.read() as session:
        listing = queries.list_jobs(session, query)
        requests = queries.requests_of(session, listing.items)
    return request.render(
        "rdbm_jobs/list.html",
        listing=listing,
        requests=requests,
        tasks=[(task.value, TASKS[task]) for task in TASKS],
        in_words=task_in_words,
    )


def download_list(request: PageRequest) -> Response:
    """Give the list as CSV."""
    with request.site.database.read() as session:
        jobs = list(queries.all_jobs(session, _query(request)))
        requests = queries.requests_of(session, jobs)
    rows = [
        (
            job.id,
            task_in_words(job.task),
            requests[job.id].code if job.id in requests else "",
            job.failed_at.isoformat() if job.failed_at else "",
            job.attempts,
            job.last_error,
        )
        for job in jobs
    ]
    header = ("Job", "Task", "Request", "Gave up", "Attempts", "Reason")
    return audited_download(request, "jobs", _query(request), header, rows)


def retry(request: PageRequest) -> Response:
    """Give a job that gave up a fresh set of attempts; one that runs again already is left alone."""
    job_id = number_in_path(request, "job")

    def work(session: WriteSession) -> bool:
        job = session.get(Job, job_id)
        if job is None or not retry_failed(session, job_id):
            return False
        about = queries.requests_of(session, [job]).get(job_id)
        subject = f"request:{about.code}" if about else f"job:{job_id}"
        note(session, request, AuditKind.JOB_RETRIED, subject, job=job_id, task=job.task)
        return True

    if request.site.database.write(work):
        request.flash("The job is tried again now.")
    else:
        request.flash("This job has been tried again already.", "info")
    given = request.form_data.get("back")
    back = given if isinstance(given, str) else None
    default = request.site.urls("rdbm.jobs")
    return request.redirect_to(own_path(back, request.site.address.prefix, default))


def _query(request: PageRequest) -> Query:
    return read_query(
        request.query_params,
        sorts=queries.SORTS,
        default="failed",
        filters=queries.FILTERS,
        page_size=request.user.rows_per_page,
    )


_rdbm = access.role(Role.RDBM)
feature = Feature(
    name="rdbm_jobs",
    title="Manage",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/jobs", show_list, access=_rdbm, name="rdbm.jobs"),
        page("/rdbm/jobs.csv", download_list, access=_rdbm, name="rdbm.jobs.csv"),
        page(
            "/rdbm/jobs/{job:int}/retry",
            retry,
            access=_rdbm,
            name="rdbm.job.retry",
            methods=["POST"],
        ),
    ],
)
