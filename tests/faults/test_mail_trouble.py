"""A mail server that is away, refuses, stalls, or hangs up before its word."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from crate_core.domain.contact import Status
from crate_core.models import ContactRequest, Mail
from crate_core.models.mail import MailState
from tests.faults.outcome import check_outcome
from tests.faults.people import Kind, clinician_of
from tests.faults.system import SMTP_SECONDS, System
from tests.servers import Reply


def _status(system: System) -> Status:
    with system.database.read() as session:
        return Status(session.scalars(select(ContactRequest.status)).one())


@contextmanager
def _server_in_trouble(system: System, trouble: str) -> Iterator[None]:
    to = clinician_of(1)
    if trouble == "away":
        system.sink.stop()
    elif trouble == "later":
        system.sink.at_recipient[to] = Reply.refuse("451 4.3.0 Later, please")
    else:
        system.sink.at_recipient[to] = Reply(stall=SMTP_SECONDS * 3)
    yield
    system.sink.at_recipient.clear()
    if trouble == "away":
        system.sink.start()


@pytest.mark.parametrize("trouble", ["away", "later", "stalls"])
def test_c38_request_says_mail_failed_then_one_mail_once_the_server_is_back(
    system: System, trouble: str
) -> None:
    with _server_in_trouble(system, trouble):
        system.send(system.add(1, [Kind.YELLOW]))
        system.await_that(lambda: _status_is(system, Status.CLINICIAN_MAIL_FAILED))
        assert system.sink.messages == []
    system.await_that(lambda: _status_is(system, Status.WITH_CLINICIAN))
    system.await_rest()
    assert check_outcome(system) == {MailState.SENT: 1}


def _status_is(system: System, status: Status) -> bool:
    return _status(system) == status


def test_what_a_server_refuses_for_ever_or_leaves_open_waits_for_the_rdbm(system: System) -> None:
    refused, lost, kept = (clinician_of(number) for number in (1, 2, 3))
    system.sink.at_recipient[refused] = Reply.refuse()
    system.sink.at_data[lost] = Reply.drop(keep=False)
    system.sink.at_data[kept] = Reply.drop(keep=True)
    system.send(system.add(4, [Kind.YELLOW]))
    system.await_rest()

    with system.database.read() as session:
        states = {mail.recipient: mail.state for mail in session.scalars(select(Mail))}
        statuses = session.scalars(select(ContactRequest.status).order_by(ContactRequest.id)).all()
    assert states == {
        refused: MailState.FAILED,
        lost: MailState.UNKNOWN,
        kept: MailState.UNKNOWN,
        clinician_of(4): MailState.SENT,
    }
    assert statuses == [Status.CLINICIAN_MAIL_FAILED] * 3 + [Status.WITH_CLINICIAN]
    in_order = (refused, lost, kept, clinician_of(4))
    assert [len(system.sink.sent_to(each)) for each in in_order] == [0, 0, 1, 1]


def test_what_tells_nothing_of_a_patient_goes_again_as_the_same_mail(system: System) -> None:
    system.sink.by_default = Reply.drop(keep=True)
    system.send_test_mail()
    system.sink.wait_for(1)
    system.sink.by_default = Reply()
    system.await_rest()
    assert len({str(message["Message-ID"]) for message in system.sink.messages}) == 1
    assert check_outcome(system, repeats_allowed=True) == {MailState.SENT: 1}
