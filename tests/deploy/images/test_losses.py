"""Each container is killed, restarted and stopped while requests come in: nothing is lost, nothing twice."""

import time

from crate_demo.kinds import Kind
from tests.deploy.images.engine import docker, inspect
from tests.deploy.images.site import ALL, ContainerSite
from tests.deploy.load import Asking
from tests.deploy.losses import await_rest, check_mails, check_requests, people_in_turns

NUMBERS = {Kind.GREEN: 40, Kind.YELLOW: 48, Kind.UNKNOWN: 48, Kind.RED: 10}
EACH_TIME = 4
"""Requests that come in around each kill, restart and stop; the first of them before it."""


def test_every_container_dies_and_comes_back_and_nothing_is_lost(site: ContainerSite) -> None:
    people = people_in_turns(site, NUMBERS)
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
    await_rest(site)
    check_requests(site, asking.asked)
    # One mail for each time that mailer, sink or database went.
    check_mails(site, asking.asked, most_unknown=6)
    assert "sealed and fit" in site.execute("web", "crate", "audit", "verify")


def _grace(container: str) -> str:
    """What the compose file grants the container, as the engine knows it."""
    return str(inspect(container)["Config"]["StopTimeout"])
