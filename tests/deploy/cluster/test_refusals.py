"""A site with Secrets of its own: what is wrong is said as docs/operations.md says, and can be put right."""

import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from charts.generate.rendering import Object, merged, read_values
from tests.deploy.cluster.kubernetes import CHART, TAG, Namespace
from tests.deploy.cluster.site import SERVERS, ClusterSite, until
from tests.deploy.images.engine import ROOT

DOCS = (ROOT / "docs/operations.md").read_text()
SECRETS = ("web", "runner", "consent", "mailer", "relay", "migration", "flower")
NOT_IN_TIME = "context deadline exceeded"


class OtherSite:
    """A site with Secrets of its own, whose servers are those of the trial in the other namespace."""

    def __init__(self, trial: ClusterSite, folder: Path) -> None:
        self._trial = trial
        self._file = folder / "values.json"
        self.namespace = Namespace(f"{trial.namespace.name}-other")

    def values(self) -> Object:
        """Return all values."""
        named = {"matchLabels": {"kubernetes.io/metadata.name": self._trial.namespace.name}}
        places = {
            name: {"to": [{"namespaceSelector": named}], "ports": [port]}
            for name, port in (
                ("siteDatabase", 3306),
                ("broker", 5672),
                ("brokerApi", 15672),
                ("researchDatabases", 3306),
                ("secretMap", 3306),
                ("clinicalSources", 3306),
                ("smtp", 2525),
            )
        }
        own: Object = {
            "images": {"tag": TAG},
            "web": {"autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 2}},
            "consent": {"replicas": 1},
            "networkPolicy": {"destinations": places},
        }
        return merged(read_values(CHART / "values-minimal.yaml"), own)

    def make_secret(self, service: str, leave_out: str = "", **changes: str) -> None:
        """Make the Secret of a service out of the trial's, with its servers' names in this namespace."""
        found = self._trial.namespace.get_one("secret", f"crate-demo-{service}")["data"]
        data = {key: base64.b64decode(value).decode() for key, value in found.items()} | changes
        for server in SERVERS:
            full = f"crate-{server}.{self._trial.namespace.name}.svc"
            data = {
                key: value.replace(f"@crate-{server}", f"@{full}") for key, value in data.items()
            }
            data = {
                key: value.replace(f"//crate-{server}", f"//{full}") for key, value in data.items()
            }
        data.pop(leave_out, None)
        head = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"crate-{service}"}}
        self.namespace.apply({**head, "stringData": data})

    def helm(self, verb: str, values: Object, *options: str, fails: bool = False) -> str:
        """Install or upgrade; return what Helm said."""
        self._file.write_text(json.dumps(values))
        file = f"--values={self._file}"
        done = self.namespace.helm(verb, "crate", str(CHART), file, *options, check=not fails)
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout + done.stderr

    def open_servers(self) -> None:
        """Let the trial's servers be reached from here: policies add to each other."""
        names = list(SERVERS)
        here = {"matchLabels": {"kubernetes.io/metadata.name": self.namespace.name}}
        chosen = {"key": "app.kubernetes.io/component", "operator": "In", "values": names}
        spec = {
            "podSelector": {"matchExpressions": [chosen]},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": here}]}],
        }
        head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
        self._trial.namespace.apply({**head, "metadata": {"name": "other-site"}, "spec": spec})

    def stop(self) -> None:
        """Remove it."""
        self.namespace.helm("uninstall", "crate", "--ignore-not-found")
        self._trial.namespace.kubectl("delete", "networkpolicy", "other-site", "--ignore-not-found")
        self.namespace.remove()


@pytest.fixture(scope="module")
def other(site: ClusterSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OtherSite]:
    """A site that is not installed yet."""
    other = OtherSite(site, tmp_path_factory.mktemp("other"))
    yield other
    other.stop()


def assert_told(said: str, *words: str) -> None:
    """What was said is what the docs say."""
    for each in words:
        assert each in said, said
        assert each in DOCS, each


def states(namespace: Namespace, component: str) -> list[str]:
    """Return what `kubectl get pods` says of the pods of a component."""
    selector = f"--selector=app.kubernetes.io/component={component}"
    rows = namespace.kubectl("get", "pods", selector, "--no-headers").splitlines()
    return [row.split()[2] for row in rows]


def log_of_waiting(namespace: Namespace, pod: str) -> str:
    return namespace.kubectl("logs", pod, "--container=schema")


def names(namespace: Namespace, component: str) -> Sequence[str]:
    selector = f"--selector=app.kubernetes.io/component={component}"
    return [pod["metadata"]["name"] for pod in namespace.get("pods", selector)]


def test_a_wrong_value_is_refused_before_anything_is_made(other: OtherSite) -> None:
    said = other.helm("install", merged(other.values(), {"web": {"replica": 3}}), fails=True)
    assert_told(said, "additional properties 'replica' not allowed")
    plain = {"settings": {"public_url": "http://research.example.org/crate"}}
    said = other.helm("install", merged(other.values(), plain), fails=True)
    assert_told(said, "settings.public_url: must begin with https://")
    assert other.namespace.names("deployments,configmaps") == {"kube-root-ca.crt"}


def test_a_missing_secret_is_named_and_so_is_a_missing_key(other: OtherSite) -> None:
    for service in SECRETS:
        if service != "consent":
            other.make_secret(service)
    said = other.helm("install", other.values(), fails=True)
    assert_told(said, "secrets.consent: there is no Secret crate-consent in namespace")
    other.make_secret("consent", leave_out="secret_map_url")
    said = other.helm("install", other.values(), fails=True)
    assert_told(said, "lacks the key secret_map_url")
    assert other.namespace.names("deployments,configmaps") == {"kube-root-ca.crt"}
    other.make_secret("consent")


def test_a_database_that_is_away_is_waited_for(other: OtherSite) -> None:
    said = other.helm("install", other.values(), "--wait", "--timeout=20s", fails=True)
    assert_told(said, NOT_IN_TIME)
    assert_told(" ".join(states(other.namespace, "web")), "Init:0/1")
    assert_told(
        log_of_waiting(other.namespace, "deployment/crate-web"), "The site database cannot be used:"
    )
    other.open_servers()
    for service in ("web", "runner", "consent", "mailer", "relay"):
        other.namespace.kubectl("rollout", "status", f"deployment/crate-{service}", "--timeout=90s")
    other.helm("upgrade", other.values(), "--wait", "--timeout=3m")


def test_the_autoscaler_is_taken_and_knows_what_web_uses(other: OtherSite) -> None:
    def measured() -> int:
        status = other.namespace.get_one("hpa", "crate-web")["status"]
        [active] = [each for each in status["conditions"] if each["type"] == "ScalingActive"]
        assert active["status"] == "True", active
        return int(status["currentMetrics"][0]["resource"]["current"]["averageUtilization"])

    used = until(measured, AssertionError, KeyError, ValueError, seconds=90)
    print(f"web uses {used} % of the CPU that it asks for")


def test_a_secret_with_a_wrong_address_stops_the_new_pods_alone(other: OtherSite) -> None:
    if not names(other.namespace, "mailer"):
        pytest.skip("there is no site to change")
    [before] = names(other.namespace, "mailer")
    other.make_secret("mailer", database_url="db.example.org/site")
    said = other.helm("upgrade", other.values(), "--wait", "--timeout=25s", fails=True)
    assert_told(said, NOT_IN_TIME)
    [new] = [name for name in names(other.namespace, "mailer") if name != before]

    def crashing() -> None:
        assert "Init:CrashLoopBackOff" in states(other.namespace, "mailer")

    until(crashing, AssertionError)
    assert_told("Init:CrashLoopBackOff", "Init:CrashLoopBackOff")
    assert_told(log_of_waiting(other.namespace, f"pod/{new}"), "CRATE_DATABASE_URL")
    assert "Running" in states(other.namespace, "mailer"), "the pod before works on"
