"""Pods are deleted and a node is drained while requests come in: nothing is lost, nothing twice."""

import subprocess
import time

from crate_demo.kinds import Kind
from tests.deploy.cluster.site import SERVERS, SERVICES, ClusterSite
from tests.deploy.load import Asking
from tests.deploy.losses import await_rest, check_mails, check_requests, people_in_turns
from tests.deploy.reading import Reading

DELETED = {Kind.GREEN: 10, Kind.YELLOW: 10, Kind.UNKNOWN: 10, Kind.RED: 2}
DRAINED = {Kind.GREEN: 4, Kind.YELLOW: 4, Kind.UNKNOWN: 4}
EACH_TIME = 3
DRAIN_SECONDS = 120


def test_each_pod_is_deleted_and_nothing_is_lost(site: ClusterSite) -> None:
    pauses: dict[str, float] = {}

    def delete(service: str) -> None:
        for pod in site.pods(service):
            asking.go_on(EACH_TIME)
            started = time.monotonic()
            site.namespace.kubectl("delete", "pod", pod["metadata"]["name"])
            site.await_ready(service)
            pauses[service] = time.monotonic() - started

    with Asking(site, people_in_turns(site, DELETED)) as asking:
        with Reading(site) as reading:
            for service in (*SERVICES, "rabbitmq", "mail"):
                delete(service)
        refused = asking.refused
        # Nobody reads without a database; requests are asked again until it is back.
        delete("mariadb")
        asking.await_all()
    print("seconds until all pods are ready again:", {k: round(v) for k, v in pauses.items()})
    print(f"{reading.read} pages read, {len(reading.lost)} lost; {refused} posts refused")
    assert not reading.lost, reading.told()
    assert refused == 0
    await_rest(site)
    check_requests(site, asking.asked)
    # One for each time that mailer, sink or database went.
    check_mails(site, asking.asked, most_unknown=4)
    assert "sealed and fit" in site.execute("web", "crate", "audit", "verify")


def test_a_drained_node_takes_no_page_away(site: ClusterSite) -> None:
    """Budgets hold one pod of web where it is until another one is ready elsewhere."""
    components = ",".join(SERVICES)
    selector = f"app.kubernetes.io/component in ({components}),app.kubernetes.io/instance=crate"
    [first, *_] = site.pods("web")
    node = first["spec"]["nodeName"]
    with Asking(site, people_in_turns(site, DRAINED)) as asking, Reading(site) as reading:
        asking.go_on(len(asking.people))
        drain = _start_drain(site, node, selector)
        try:
            _await_eviction(site, drain)
        finally:
            # A cluster of one node has no other: the same one takes them again.
            site.namespace.kubectl("uncordon", node)
        said, _ = drain.communicate(timeout=DRAIN_SECONDS)
        assert drain.returncode == 0, said
        site.await_ready(*SERVICES)
        asking.await_all()
    assert all(f"pod/crate-{service}-" in said for service in SERVICES)
    print(
        f"drained: {reading.read} pages read, {len(reading.lost)} lost; {asking.refused} posts refused"
    )
    assert not reading.lost, reading.told()
    assert asking.refused == 0
    assert not {pod["metadata"]["name"] for pod in site.pods("web")} & {first["metadata"]["name"]}
    await_rest(site)
    check_requests(site, asking.asked)
    check_mails(site, asking.asked, most_unknown=5)
    assert not [name for name in SERVERS if not site.pods(name)]


def _start_drain(site: ClusterSite, node: str, selector: str) -> subprocess.Popen[str]:
    options = ("--ignore-daemonsets", "--delete-emptydir-data", f"--timeout={DRAIN_SECONDS}s")
    command = ("kubectl", "drain", node, f"--pod-selector={selector}", *options)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _await_eviction(site: ClusterSite, drain: subprocess.Popen[str]) -> None:
    """Return when one pod of web has gone and its successor waits, or all went to other nodes."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while drain.poll() is None:
        phases = [pod["status"]["phase"] for pod in site.pods("web")]
        if "Pending" in phases:
            assert "Running" in phases
            return
        assert time.monotonic() < deadline
        time.sleep(0.3)
