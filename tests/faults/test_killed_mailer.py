"""The mailer is killed before, during and after DATA: mail goes once, or the RDBM is asked."""

from sqlalchemy import select

from crate_core.models import Mail
from crate_core.models.mail import MailState
from tests.faults.half_smtp import HalfWaySmtp
from tests.faults.outcome import check_outcome
from tests.faults.people import Kind
from tests.faults.system import System
from tests.servers import Reply

RESEARCHER = "lead@example.org"
TOLD_THE_RDBM = 1
"""Mails to the RDBM: an approval that may not have arrived is posted."""
LONGER_THAN_ANYBODY_WAITS = 60.0


def _let_two_mails_be_sent_at_once(system: System) -> None:
    """An approval, which tells who a patient is, and a test mail, which does not."""
    system.mailer.stop()
    system.send(system.add(1, [Kind.GREEN]))
    system.send_test_mail()
    system.await_that(lambda: _mails(system, MailState.QUEUED) == 2)
    system.mailer.start()


def _mails(system: System, state: MailState) -> int:
    with system.database.read() as session:
        return len(session.scalars(select(Mail).where(Mail.state == state)).all())


def _after_the_kill(system: System) -> None:
    system.mailer.kill()
    system.sink.at_recipient.clear()
    system.sink.at_data.clear()
    system.sink.by_default = Reply()
    system.mailer.start()
    system.await_rest()


def test_killed_before_data_each_mail_goes_once(system: System) -> None:
    stall = Reply(stall=LONGER_THAN_ANYBODY_WAITS)
    manager = system.world.settings.site.manager.email
    system.sink.at_recipient = {RESEARCHER: stall, manager: stall}
    _let_two_mails_be_sent_at_once(system)
    system.await_that(lambda: system.sink.held >= 2)

    _after_the_kill(system)
    assert check_outcome(system) == {MailState.SENT: 2}


def test_killed_during_data_mail_with_identity_waits_for_the_rdbm(system: System) -> None:
    system.sink.stop()
    with HalfWaySmtp(system.sink.port) as server:
        _let_two_mails_be_sent_at_once(system)
        system.await_that(lambda: server.reached >= 2 and _mails(system, MailState.SENDING) == 2)
        system.mailer.kill()
    system.sink.start()

    _after_the_kill(system)
    states = check_outcome(system, unknown_allowed=True)
    assert states == {MailState.SENT: 1 + TOLD_THE_RDBM, MailState.UNKNOWN: 1}


def test_killed_after_data_mail_with_identity_is_not_repeated(system: System) -> None:
    system.sink.by_default = Reply(stall=LONGER_THAN_ANYBODY_WAITS)
    _let_two_mails_be_sent_at_once(system)
    system.await_that(lambda: len(system.sink.messages) >= 2)

    _after_the_kill(system)
    states = check_outcome(system, unknown_allowed=True, repeats_allowed=True)
    assert states == {MailState.SENT: 1 + TOLD_THE_RDBM, MailState.UNKNOWN: 1}
    assert len(system.sink.sent_to(RESEARCHER)) == 1


def test_mailer_killed_at_random_while_200_requests_flow(system: System) -> None:
    def kill(done: int) -> None:
        if done % 80 == 0:
            system.mailer.kill()
            system.mailer.start()
        elif done % 30 == 0:
            system.mailer.kill_child()

    system.send_many(200, after_form=kill)
    system.await_rest()
    check_outcome(system, unknown_allowed=True)
