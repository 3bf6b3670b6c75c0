"""Which step serves which task, how long it may take, and how it is given up."""

from collections.abc import Callable, Mapping
from functools import partial

from crate_consent.collaborators import Collaborators
from crate_consent.effects import add_finding
from crate_consent.steps.clinician_answer import process_clinician_response
from crate_consent.steps.consent_change import process_consent_change
from crate_consent.steps.mail_outcome import process_mail_outcome
from crate_consent.steps.patient_reply import process_patient_response
from crate_consent.steps.process_request import process_request
from crate_consent.steps.refresh import refresh_consent_modes, refresh_next_night
from crate_consent.steps.reminders import reissue_link, send_reminder
from crate_consent.steps.seal_audit import AuditSealer
from crate_consent.steps.subject import give_up_request
from crate_consent.steps.test_mail import send_test_mail
from crate_core.database import WriteSession
from crate_core.domain.contact import Status
from crate_core.jobs import Handler, JobView, RetryPolicy, Task
from crate_core.jobs.rows import make_way
from crate_core.models import ClinicianResponse, PatientResponse

_LEASE_MARGIN_SECONDS = 15
_WITH_CLINICIAN = {Status.WITH_CLINICIAN, Status.CLINICIAN_MAIL_FAILED}
Step = Callable[[Collaborators, JobView], Callable[[WriteSession], None]]
GiveUp = Callable[[WriteSession, JobView, str], None]


def make_handlers(together: Collaborators) -> Mapping[Task, Handler]:
    """Return the handlers of all tasks of this service."""
    policy = RetryPolicy(together.settings.task_time_limit_seconds + _LEASE_MARGIN_SECONDS)

    def handler(step: Step, give_up: GiveUp) -> Handler:
        return Handler(partial(step, together), give_up, policy)

    return {
        Task.PROCESS_CONTACT_REQUEST: handler(process_request, _give_up_request),
        Task.PROCESS_CLINICIAN_RESPONSE: handler(process_clinician_response, _give_up_response),
        Task.PROCESS_PATIENT_RESPONSE: handler(process_patient_response, _give_up_reply),
        Task.SEND_REMINDER: handler(send_reminder, _give_up_asking),
        Task.REISSUE_CLINICIAN_LINK: handler(reissue_link, _give_up_asking),
        Task.PROCESS_CONSENT_CHANGE: handler(process_consent_change, _report),
        Task.PROCESS_MAIL_OUTCOME: handler(process_mail_outcome, _report),
        Task.SEND_TEST_MAIL: handler(send_test_mail, _report),
        Task.REFRESH_CONSENT_MODES: handler(
            refresh_consent_modes, partial(_give_up_refresh, together)
        ),
        Task.SEAL_AUDIT: Handler(AuditSealer(), _report, policy),
    }


def _give_up_request(session: WriteSession, job: JobView, reason: str) -> None:
    give_up_request(session, job.subject_id, reason, waiting={Status.NEW})


def _give_up_response(session: WriteSession, job: JobView, reason: str) -> None:
    response = session.get_one(ClinicianResponse, job.subject_id)
    give_up_request(session, response.contact_request_id, reason, waiting=_WITH_CLINICIAN)


def _give_up_asking(session: WriteSession, job: JobView, reason: str) -> None:
    response = session.get_one(ClinicianResponse, job.subject_id)
    # Once there is an answer, the request waits for another job.
    if response.answered_at is None:
        give_up_request(session, response.contact_request_id, reason, waiting=_WITH_CLINICIAN)


def _give_up_reply(session: WriteSession, job: JobView, reason: str) -> None:
    response = session.get_one(PatientResponse, job.subject_id)
    give_up_request(session, response.contact_request_id, reason, waiting={Status.WITH_PATIENT})


def _give_up_refresh(
    together: Collaborators, session: WriteSession, job: JobView, _reason: str
) -> None:
    # One bad night must not be the last one.
    make_way(session, job.id)
    refresh_next_night(together, session)


def _report(session: WriteSession, job: JobView, reason: str) -> None:
    # No request stands for it: the failed job itself is on the work queue, and a withdrawal that
    # cannot be carried out is serious.
    if job.task == Task.PROCESS_CONSENT_CHANGE:
        add_finding(
            session,
            f"consent_change_failed:{job.id}",
            kind="consent_change_failed",
            serious=True,
            summary="What follows from a patient's changed choice could not be carried out",
            detail="Researchers may still hold permissions that have ended (the patient's requests tell), or"
            " the letter that confirms the choice is missing. Retry the job that gave up; where it cannot be"
            f" mended today, tell them yourself. It ended with: {reason}",
            consent_mode_id=job.subject_id,
        )
