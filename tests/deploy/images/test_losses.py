"""Each container is killed, restarted and stopped while requests come in: nothing is lost, nothing twice."""

import time
from collections import Counter

from crate_demo.kinds import Kind
from crate_demo.people import Person
from tests.deploy.images.engine import docker, inspect
from tests.deploy.images.load import Asking
from tests.deploy.images.site import ALL, ContainerSite

ENDS = {
    Kind.GREEN: "approved",
    Kind.YELLOW: "with_clinician",
    Kind.UNKNOWN: "with_clinician",
    Kind.RED: "stopped",
}
MAILS = {"approved": "approval", "with_clinician": "clinician_request"}
NUMBERS = {Kind.GREEN: 40, Kind.YELLOW: 48, Kind.UNKNOWN: 48, Kind.RED: 10}
EACH_TIME = 4
"""Requests that come in around each kill, restart and stop; the first of them before it."""
REST_SECONDS = 150
OPEN_JOBS = """
    SELECT task, subject_id, attempts, last_error FROM job
    WHERE done_at IS NULL AND (task LIKE 'consent.process%' OR task = 'mail.send')
"""


def test_every_container_dies_and_comes_back_and_nothing_is_lost(site: ContainerSite) -> None:
    people = _people_in_turns(site)
    stops: dict[str, float] = {}
    with Asking(site, people) as asking:
        for service in ALL:
            container = site.container(service)
            asking.go_on(EACH_TIME)
            docker("kill", container)
            docker("start", container)
            site.await_healthy(service)
            asking.go_on(EACH_TIME)
            docker("restart", "--time", _grace(container), container)
            site.await_healthy(service)
            asking.go_on(EACH_TIME)
            started = time.monotonic()
            docker("stop", "--time", _grace(container), container)
            stops[service] = time.monotonic() - started
            assert inspect(container)["State"]["ExitCode"] not in {137, 1, 2}, site.logs(service)
            docker("start", container)
            site.await_healthy(service)
        asking.await_all()
    assert asking.refused, "nobody was asking when web was away"
    print("seconds to stop:", {name: round(seconds, 1) for name, seconds in stops.items()})
    print(f"{len(asking.asked)} requests; {asking.refused} answers were none, and asked for again")
    site.await_healthy(*ALL)
    _await_rest(site)
    _check_requests(site, asking.asked)
    _check_mails(site, asking.asked)
    assert "sealed and fit" in site.execute("web", "crate", "audit", "verify")


def _people_in_turns(site: ContainerSite) -> list[Person]:
    groups = [[site.take(kind) for _ in range(number)] for kind, number in NUMBERS.items()]
    longest = max(map(len, groups))
    return [group[turn] for turn in range(longest) for group in groups if turn < len(group)]


def _grace(container: str) -> str:
    """What the compose file grants the container, as the engine knows it."""
    return str(inspect(container)["Config"]["StopTimeout"])


def _await_rest(site: ContainerSite) -> None:
    deadline = time.monotonic() + REST_SECONDS
    while waiting := site.rows(OPEN_JOBS):
        assert time.monotonic() < deadline, waiting
        time.sleep(1)


def _check_requests(site: ContainerSite, asked: list[Person]) -> None:
    """Every request that the site took is there once, and has come to its end."""
    found = site.rows(
        "SELECT lookup_value, status, (SELECT COUNT(*) FROM letter WHERE kind = 'approval' "
        "AND contact_request_id = contact_request.id) FROM contact_request"
    )
    by_rid = {person.rid: person for person in asked}
    ours = [row for row in found if row[0] in by_rid]
    assert sorted(row[0] for row in ours) == sorted(by_rid)
    wrong = [row for row in ours if row[1] != ENDS[by_rid[row[0]].kind]]
    assert not wrong
    assert not [row for row in ours if int(row[2]) != (row[1] == "approved")]


def _check_mails(site: ContainerSite, asked: list[Person]) -> None:
    """Each request has its mail once; each mail came once, or waits for a person's word."""
    mails = site.rows(
        "SELECT message_id, mail.kind, state, carries_identity, lookup_value, status FROM mail "
        "LEFT JOIN contact_request ON contact_request.id = contact_request_id"
    )
    rids = {person.rid for person in asked}
    about = Counter(row[4] for row in mails if row[3] == "1" and row[1] == MAILS.get(row[5]))
    expected = {person.rid for person in asked if ENDS[person.kind] in MAILS}
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
    assert unknown <= 6, "one for each time that mailer, sink or database went, at most"
