"""What must be true once everything is at rest: all decided, each effect once, nothing in limbo."""

import time
from collections import Counter, defaultdict

from sqlalchemy import select

from crate_core.clock import utcnow
from crate_core.models import ContactRequest, Letter, Mail
from crate_core.models.mail import MailState
from crate_web.rdbm.queue.queries import everything_waiting
from tests.faults.people import ENDS, Kind
from tests.faults.system import System
from tests.servers import RabbitMQServer


def check_outcome(
    system: System, *, unknown_allowed: bool = False, repeats_allowed: bool = False
) -> dict[MailState, int]:
    """Check every request, letter and mail.

    Args:
        system: a system at rest.
        unknown_allowed: mails with identity may wait for the RDBM's word, having arrived once or never.
        repeats_allowed: mails that are safe to repeat may have arrived twice, as one Message-ID.

    Returns:
        The number of mails in each state.
    """
    with system.database.read() as session:
        requests = session.scalars(select(ContactRequest)).all()
        letters = session.scalars(select(Letter)).all()
        mails = session.scalars(select(Mail)).all()
        stories = {each.id: [event.to_status for event in each.events] for each in requests}
        waiting = [dict(each.parameters) for each in everything_waiting(session, utcnow())]
        transmissions = {mail.id: [t.outcome for t in mail.transmissions] for mail in mails}
    letters_of, mails_of = defaultdict(list), defaultdict(list)
    for letter in letters:
        letters_of[letter.contact_request_id].append(letter.kind)
    for mail in mails:
        mails_of[mail.contact_request_id].append(mail)

    assert sorted(request.lookup_value for request in requests) == sorted(system.requests)
    for request in requests:
        kind = system.requests[request.lookup_value]
        end, told = ENDS[kind], (request.code, kind, stories[request.id])
        kinds = sorted(mail.kind for mail in mails_of[request.id] if mail.carries_identity)
        if any(_was_in_doubt(transmissions[mail.id]) for mail in mails_of[request.id]):
            # The clinician's or researcher's mail was in trouble for a time: its story and the RDBM's
            # mails tell so.
            assert stories[request.id][:2] == list(end.statuses), told
        else:
            assert stories[request.id] == list(end.statuses), told
            assert sorted(mail.kind for mail in mails_of[request.id]) == sorted(end.mails), told
        assert sorted(letters_of[request.id]) == sorted(end.letters), told
        assert kinds == sorted(end.mails), told
        assert kind is not Kind.RED or not mails_of[request.id], told

    arrived = Counter(str(message["Message-ID"]).strip() for message in system.sink.messages)
    for mail in mails:
        times, told_mail = arrived.pop(mail.message_id, 0), (mail.id, mail.kind, mail.state)
        if mail.state == MailState.UNKNOWN:
            assert unknown_allowed, told_mail
            assert mail.carries_identity, told_mail
            assert times <= 1, told_mail
            assert {"mail": mail.id} in waiting, told_mail
        elif repeats_allowed and not mail.carries_identity:
            assert times >= 1, told_mail
        else:
            assert mail.state == MailState.SENT, told_mail
            assert times == 1, (*told_mail, times, transmissions[mail.id])
    assert not arrived, "mails arrived that have no row"
    return Counter(MailState(mail.state) for mail in mails)


def _was_in_doubt(outcomes: list[str]) -> bool:
    return any(outcome != "sent" for outcome in outcomes)


def dead_letters(rabbitmq: RabbitMQServer) -> int:
    """Return how many messages were put aside as of no use to any task."""
    for _ in range(20):
        # Right after a start it does not count yet.
        try:
            queues = rabbitmq.queues(rabbitmq.url())
        except OSError:
            time.sleep(0.5)
        else:
            return sum(count for name, count in queues.items() if name.endswith(".dead"))
    raise AssertionError("RabbitMQ does not answer")
