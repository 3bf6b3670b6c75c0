"""An upgrade with a migration, and the way back, while people read and ask: no page fails."""

import time

import pytest

from crate_demo.kinds import Kind
from tests.deploy.cluster.kubernetes import NEXT_TAG, TAG
from tests.deploy.cluster.site import SERVICES, ClusterSite
from tests.deploy.load import Asking
from tests.deploy.losses import await_rest, check_mails, check_requests, people_in_turns
from tests.deploy.reading import Reading

FORTH = {Kind.GREEN: 9, Kind.YELLOW: 9, Kind.UNKNOWN: 9, Kind.RED: 3}
BACK = {Kind.GREEN: 6, Kind.YELLOW: 6, Kind.UNKNOWN: 6}
COLUMNS = "SHOW COLUMNS FROM contact_request LIKE 'next_remark'"


def test_an_upgrade_with_a_migration_loses_no_page_and_no_request(site: ClusterSite) -> None:
    assert site.rows(COLUMNS) == []
    with Asking(site, people_in_turns(site, FORTH), pause=1.5) as asking, Reading(site) as reading:
        asking.go_on(len(asking.people))
        started = time.monotonic()
        site.helm("upgrade", site.next_values())
        seconds = time.monotonic() - started
        asked_meanwhile = len(asking.asked)
        asking.await_all()
    print(f"upgrade: {seconds:.0f} s; {reading.read} pages read, {len(reading.lost)} lost;")
    print(f"{asked_meanwhile} requests asked meanwhile, {asking.refused} posts refused")
    assert not reading.lost, reading.told()
    assert asking.refused == 0
    assert asked_meanwhile > 5
    assert site.rows(COLUMNS)
    assert _tags(site) == {NEXT_TAG}
    _check_all(site, asking)


def test_a_roll_back_keeps_the_schema_and_loses_nothing(site: ClusterSite) -> None:
    if _tags(site) != {NEXT_TAG}:
        pytest.skip("there was no upgrade to go back from")
    with Asking(site, people_in_turns(site, BACK), pause=1.5) as asking, Reading(site) as reading:
        asking.go_on(len(asking.people))
        started = time.monotonic()
        site.namespace.helm("rollback", "crate", "--wait", "--timeout=5m")
        seconds = time.monotonic() - started
        asking.await_all()
    print(f"roll back: {seconds:.0f} s; {reading.read} pages read, {len(reading.lost)} lost")
    assert not reading.lost, reading.told()
    assert asking.refused == 0
    assert _tags(site) == {TAG}
    assert site.rows(COLUMNS)
    [job] = [name for name in site.namespace.names("jobs") if "migration" in name]
    said = site.namespace.kubectl("logs", f"job/{job}", "--container=upgrade")
    assert "of a later version" in said
    _check_all(site, asking)


def _tags(site: ClusterSite) -> set[str]:
    images = [pod["spec"]["containers"][0]["image"] for name in SERVICES for pod in site.pods(name)]
    return {image.rpartition(":")[2] for image in images}


def _check_all(site: ClusterSite, asking: Asking) -> None:
    await_rest(site)
    check_requests(site, asking.asked)
    # A mailer that is told to stop sends what it has begun.
    check_mails(site, asking.asked, most_unknown=4)
    assert "sealed and fit" in site.execute("web", "crate", "audit", "verify")
