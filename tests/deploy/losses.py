"""What must be true of the requests that a site took, whatever happened to it meanwhile."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence

from crate_demo.kinds import Kind
from crate_demo.people import Person
from tests.deploy.deployed import DeployedSite

_ENDS = {
    Kind.GREEN: "approved",
    Kind.YELLOW: "with_clinician",
    Kind.UNKNOWN: "with_clinician",
    Kind.RED: "stopped",
}
_MAILS = {"approved": "approval", "with_clinician": "clinician_request"}
_REST_SECONDS = 150
_OPEN_JOBS = """
    SELECT task, subject_id, attempts, last_error FROM job
    WHERE done_at IS NULL AND (task LIKE 'consent.process%' OR task = 'mail.send')
"""


def people_in_turns(site: DeployedSite, numbers: Mapping[Kind, int]) -> list[Person]:
    groups = [[site.take(kind) for _ in range(number)] for kind, number in numbers.items()]
    longest = max(map(len, groups))
    return [group[turn] for turn in range(longest) for group in groups if turn < len(group)]


def await_rest(site: DeployedSite) -> None:
    deadline = time.monotonic() + _REST_SECONDS
    while waiting := site.rows(_OPEN_JOBS):
        assert time.monotonic() < deadline, waiting
        time.sleep(1)


def check_requests(site: DeployedSite, asked: Sequence[Person]) -> None:
    """Every request that the site took is there once, and has come to its end."""
    found = site.rows(
        "SELECT lookup_value, status, (SELECT COUNT(*) FROM letter WHERE kind = 'approval' "
        "AND contact_request_id = contact_request.id) FROM contact_request"
    )
    by_rid = {person.rid: person for person in asked}
    ours = [row for row in found if row[0] in by_rid]
    times = Counter(row[0] for row in ours)
    assert not set(by_rid) - set(times), "requests were lost"
    assert not [rid for rid, number in times.items() if number > 1], "asked twice"
    wrong = [row for row in ours if row[1] != _ENDS[by_rid[row[0]].kind]]
    assert not wrong
    assert not [row for row in ours if int(row[2]) != (row[1] == "approved")]


def check_mails(site: DeployedSite, asked: Sequence[Person], *, most_unknown: int) -> None:
    """Each request has its mail once; each mail came once, or waits for a person's word."""
    mails = site.rows(
        "SELECT message_id, mail.kind, state, carries_identity, lookup_value, status FROM mail "
        "LEFT JOIN contact_request ON contact_request.id = contact_request_id"
    )
    rids = {person.rid for person in asked}
    about = Counter(row[4] for row in mails if row[3] == "1" and row[1] == _MAILS.get(row[5]))
    expected = {person.rid for person in asked if _ENDS[person.kind] in _MAILS}
    assert {rid for rid in about if rid in rids} == expected
    assert all(about[rid] == 1 for rid in expected)
    arrived = Counter(str(mail["Message-ID"]).strip() for _to, mail in site.mails())
    unknown = 0
    for message_id, kind, state, identity, *_rest in mails:
        times = arrived.pop(message_id, 0)
        if state == "unknown" and identity == "1":
            # The connection went while the server said yes or no: the RDBM is asked.
            unknown += 1
            assert times <= 1, (message_id, kind)
        elif identity == "1":
            assert (state, times) == ("sent", 1), (message_id, kind, state, times)
        else:
            assert state == "sent", (message_id, kind, state)
            assert times >= 1, (message_id, kind)
    assert not arrived, "mails arrived that have no row"
    print(f"{len(mails)} mails, of which {unknown} wait for the RDBM's word")
    assert unknown <= most_unknown
