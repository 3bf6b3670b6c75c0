"""What a clinician's visit leaves behind: the answer, the job that acts on it, and the audit."""

from datetime import datetime

from pydantic import SecretStr

from crate_core.audit import AuditKind, keyed_hash, record
from crate_core.database import WriteSession
from crate_core.domain.answers import LinkState
from crate_core.jobs import Task, enqueue
from crate_web.respond.forms import AnswerForm
from crate_web.respond.queries import Question, find_question, hold_question, store_answer


def note_visit(
    session: WriteSession, kind: AuditKind, question: Question, *, key: SecretStr, address: str
) -> None:
    """Audit that the page or the pack was opened (C133).

    Args:
        session: a transaction.
        kind: which of the two.
        question: what the link leads to.
        key: the site's secret, for the patient's keyed hash.
        address: the network address that it came from.
    """
    detail: dict[str, object] = {"state": question.state}
    if question.nhs_number is not None:
        detail["patient"] = keyed_hash(key, question.nhs_number)
    record(
        session,
        kind,
        actor=question.clinician or "clinician",
        address=address,
        subject=f"request:{question.request_code}",
        detail=detail,
    )


def record_answer(
    session: WriteSession, token: str, form: AnswerForm, *, now: datetime, address: str
) -> bool:
    """Record an answer, if the question is still open and none was given; all in one transaction.

    Returns:
        False when somebody answered before, or the question has closed (C53, C55).
    """
    hold_question(session, token)
    question = find_question(session, token, now)
    if question is None or question.state is not LinkState.OPEN:
        return False
    stored = store_answer(
        session,
        question.response_id,
        answer=form.chosen,
        reason=form.reason,
        name=form.name,
        now=now,
    )
    if not stored:
        return False
    record(
        session,
        AuditKind.CLINICIAN_ANSWERED,
        actor=question.clinician or "clinician",
        address=address,
        subject=f"request:{question.request_code}",
        detail={"answer": form.chosen, "signed": form.name},
    )
    enqueue(session, Task.PROCESS_CLINICIAN_RESPONSE, question.response_id)
    return True
