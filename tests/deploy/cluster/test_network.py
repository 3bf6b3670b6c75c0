"""Pods reach what they need and nothing else, and nobody else reaches them."""

import json
from collections.abc import Iterator

import pytest

from tests.deploy.cluster.kubernetes import TAG, Namespace
from tests.deploy.cluster.site import ClusterSite, until
from tests.deploy.images.engine import run

Places = dict[str, list[tuple[str, int]]]

NEEDED: Places = {
    "web": [("crate-mariadb", 3306), ("crate-rabbitmq", 5672)],
    "runner": [("crate-mariadb", 3306), ("crate-rabbitmq", 5672)],
    "consent": [("crate-mariadb", 3306), ("crate-rabbitmq", 5672)],
    "mailer": [("crate-mariadb", 3306), ("crate-rabbitmq", 5672), ("crate-mail", 2525)],
    "relay": [("crate-mariadb", 3306), ("crate-rabbitmq", 5672)],
    "flower": [("crate-rabbitmq", 5672), ("crate-rabbitmq", 15672)],
}
_API = ("kubernetes.default.svc", 443)
FORBIDDEN: Places = {
    "web": [_API, ("crate-mail", 2525), ("crate-rabbitmq", 15672), ("crate-flower", 80)],
    "runner": [_API, ("crate-mail", 2525), ("crate-web", 80)],
    "consent": [_API, ("crate-mail", 2525), ("crate-web", 80)],
    "mailer": [_API, ("crate-mail", 8025), ("crate-web", 80)],
    "relay": [_API, ("crate-mail", 2525), ("crate-web", 80)],
    "flower": [_API, ("crate-mariadb", 3306), ("crate-web", 80)],
}
INSIDE = [("web", 80), ("flower", 80), ("mariadb", 3306), ("rabbitmq", 5672), ("mail", 2525)]
_CONNECT = """\
import json, socket, sys
def is_open(host, port):
    try:
        socket.create_connection((host, port), 3).close()
    except OSError:
        return False
    return True
print(json.dumps([is_open(*place) for place in json.loads(sys.argv[1])]))
"""


def start_pod(namespace: Namespace, name: str) -> None:
    """Start a pod with nothing of the chart, and return when it runs."""
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {
        "name": "python",
        "image": f"crate-demo:{TAG}",
        "command": ["sleep", "600"],
        "securityContext": security,
    }
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    metadata = {"name": name, "labels": {"pod": name}}
    namespace.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    namespace.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=60s")


def opened_from(namespace: Namespace, pod: str, places: list[tuple[str, int]]) -> list[bool]:
    """Return which of these places a pod reaches."""
    command = ("exec", pod, "--", "python", "-c", _CONNECT, json.dumps(places))
    return list(json.loads(namespace.kubectl(*command)))


@pytest.fixture(scope="module")
def elsewhere(site: ClusterSite) -> Iterator[Namespace]:
    """Another namespace, with a pod of somebody else."""
    namespace = Namespace(f"{site.namespace.name}-else")
    start_pod(namespace, "stranger")
    yield namespace
    namespace.remove()


@pytest.fixture(scope="module")
def enforcing(elsewhere: Namespace) -> bool:
    """Whether this cluster keeps a pod in that a policy, not of the chart, lets go nowhere."""
    head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    spec = {"podSelector": {"matchLabels": {"pod": "caged"}}, "policyTypes": ["Egress"]}
    elsewhere.apply({**head, "metadata": {"name": "cage"}, "spec": spec})
    start_pod(elsewhere, "caged")
    # By its address: to ask for a name in vain takes half a minute.
    service = ("--namespace=default", "get", "service", "kubernetes")
    address = run("kubectl", *service, "--output=jsonpath={.spec.clusterIP}").stdout

    def caged() -> None:
        assert opened_from(elsewhere, "caged", [(address, 443)]) == [False]

    try:
        until(caged, AssertionError, seconds=30)
    except AssertionError:
        return False
    return True


def skip_unless(enforcing: bool) -> None:
    if not enforcing:
        pytest.skip("this cluster takes network policies, and lets all traffic through")


@pytest.mark.parametrize("service", NEEDED)
def test_a_service_reaches_what_it_needs_and_nothing_else(
    site: ClusterSite, enforcing: bool, service: str
) -> None:
    needed, forbidden = NEEDED[service], FORBIDDEN[service]
    said = site.execute(service, "python", "-c", _CONNECT, json.dumps(needed + forbidden))
    opened = json.loads(said)
    assert opened[: len(needed)] == [True] * len(needed)
    skip_unless(enforcing)
    assert opened[len(needed) :] == [False] * len(forbidden)


def test_nobody_else_in_the_cluster_reaches_the_pods(
    site: ClusterSite, elsewhere: Namespace, enforcing: bool
) -> None:
    places = [(f"crate-{name}.{site.namespace.name}.svc", port) for name, port in INSIDE]
    [pod, *_] = site.pods("web")
    places.append((pod["status"]["podIP"], 9000))
    [api, *opened] = opened_from(elsewhere, "stranger", [_API, *places])
    assert api, "a pod without policies reaches nothing: this test would tell nothing"
    skip_unless(enforcing)
    assert opened == [False] * len(places)
