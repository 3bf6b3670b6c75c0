"""Names of tasks and queues; they are a contract between services (design 3.4)."""

from enum import StrEnum


class Task(StrEnum):
    """What a job asks for. The comment tells what `subject_id` is."""

    PROCESS_CONTACT_REQUEST = "consent.process_contact_request"  # contact_request
    PROCESS_CLINICIAN_RESPONSE = "consent.process_clinician_response"  # clinician_response
    PROCESS_PATIENT_RESPONSE = "consent.process_patient_response"  # patient_response
    PROCESS_CONSENT_CHANGE = "consent.process_consent_change"  # consent_mode
    PROCESS_MAIL_OUTCOME = "consent.process_mail_outcome"  # mail
    REFRESH_CONSENT_MODES = "consent.refresh_consent_modes"  # consent_mode to go on after, 0
    SEND_REMINDER = "consent.send_reminder"  # clinician_response
    REISSUE_CLINICIAN_LINK = "consent.reissue_clinician_link"  # clinician_response
    SEND_TEST_MAIL = "consent.send_test_mail"  # user_account, who asked
    SEAL_AUDIT = "consent.seal_audit"  # 0
    SEND_MAIL = "mail.send"  # mail
    RUN_QUERY = "research.run"  # research_run
    EXPORT_RUN = "research.export"  # research_export
    READ_STRUCTURE = "research.read_structure"  # 0


class Queue(StrEnum):
    """The queues of the broker, one for each consuming service."""

    CONSENT = "crate.consent"
    MAIL = "crate.mail"
    RESEARCH = "crate.research"


_QUEUE_OF_PREFIX = {"consent": Queue.CONSENT, "mail": Queue.MAIL, "research": Queue.RESEARCH}
QUEUE_OF: dict[Task, Queue] = {task: _QUEUE_OF_PREFIX[task.split(".")[0]] for task in Task}
