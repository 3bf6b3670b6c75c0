"""The whole system in a cluster, as `helm install` starts it, behind the cluster's own ingress."""

import json
import os
import time
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import httpx
from cryptography.hazmat.primitives import serialization

from charts.generate.rendering import Object, merged
from crate_demo.people import Person
from tests.deploy.certificates import HOST_NAME, make_certificate
from tests.deploy.cluster.kubernetes import (
    CHART,
    INGRESS_ADDRESS,
    INGRESS_NAMESPACE,
    NEXT_TAG,
    TAG,
    Namespace,
    ingress_pods,
    ingresses_for,
)
from tests.deploy.deployed import DeployedSite
from tests.servers.process import free_port
from tests.servers.proxy import TcpProxy

SERVICES = ("web", "runner", "consent", "mailer", "relay", "flower")
SERVERS = ("mariadb", "rabbitmq", "mail")
CERTIFICATE = "site-tls"
_READY_SECONDS = 180

T = TypeVar("T")


class ClusterSite(DeployedSite):
    """A release of the chart with invented data, in a namespace of its own.

    Attributes:
        seconds: from nothing to a signed-in page.
        said: what `helm install` said.
    """

    def __init__(self, people: Sequence[Person], folder: Path) -> None:
        """Make the namespace."""
        super().__init__(people)
        self._people = len(people)
        self._folder = folder
        self._way_in: TcpProxy | None = None
        self._port = free_port()
        self.url = f"https://{HOST_NAME}:{self._port}/crate"
        self.authority = str(folder / "certificate.pem")
        self.namespace = Namespace(f"crate-test-{os.getpid()}")

    def install(self) -> None:
        """Install the release, and wait until somebody can sign in."""
        others = ingresses_for(HOST_NAME)
        assert not others, f"another site answers for {HOST_NAME}, remove it first: {others}"
        self._make_certificate()
        started = time.monotonic()
        self.said = self.helm("install", self.values(), "--wait-for-jobs")
        self._open_way_in()
        self._await_sign_in()
        self.seconds = time.monotonic() - started

    def stop(self) -> None:
        """Remove the release, its data and its namespace."""
        if self._way_in:
            self._way_in.stop()
        self.namespace.helm("uninstall", "crate", "--ignore-not-found")
        self.namespace.remove()

    def leave_out(self, rids: Container[str]) -> None:
        """Let nobody ask about these any more: somebody else did."""
        self._unused = [person for person in self._unused if person.rid not in rids]

    # --- The release

    def values(self, tag: str = TAG) -> Object:
        """Return what is laid over values-demo.yaml."""
        addresses = [pod["status"]["podIP"] for pod in ingress_pods()]
        controller = {"matchLabels": {"kubernetes.io/metadata.name": INGRESS_NAMESPACE}}
        return {
            "images": {"tag": tag},
            "settings": {
                "public_url": self.url,
                "trusted_proxies": ",".join(addresses),
                # What was lost with a pod is taken up again sooner than on a real site.
                "task_time_limit_seconds": 20,
                "republish_seconds": 5,
                "smtp_timeout_seconds": 5,
            },
            "allowPlainHttp": False,
            "ingress": {
                "enabled": True,
                "tls": {"secretName": CERTIFICATE},
                "annotations": {"traefik.ingress.kubernetes.io/router.entrypoints": "websecure"},
            },
            "networkPolicy": {
                "ingressFrom": [{"namespaceSelector": controller}],
                "metricsFrom": [{"namespaceSelector": controller}],
            },
            "web": {"replicas": 2},
            "demo": {"patients": self._people},
        }

    def next_values(self) -> Object:
        """Return the values of a next version, with a setting that changed too."""
        changed = {"settings": {"session_idle_minutes": 31}}
        return merged(self.values(NEXT_TAG), changed)

    def helm(self, verb: str, values: Object, *options: str) -> str:
        """Install or upgrade the release and wait for its pods; return what Helm said."""
        file = self._folder / "values.json"
        file.write_text(json.dumps(values))
        files = (f"--values={CHART / 'values-demo.yaml'}", f"--values={file}")
        return self.namespace.helm(
            verb, "crate", str(CHART), *files, "--wait", "--timeout=5m", *options
        ).stdout

    # --- Pods

    def execute(self, service: str, *command: str, given: str | None = None) -> str:
        """Return what a command in a pod of a service wrote."""
        pod = f"pod/crate-{service}-0" if service in SERVERS else f"deployment/crate-{service}"
        stdin = ("--stdin",) if given is not None else ()
        arguments = ("exec", *stdin, pod, f"--container={service}", "--", *command)
        return self.namespace.kubectl(*arguments, given=given)

    def pods(self, service: str) -> list[Object]:
        """Return the pods of a service that are not about to end."""
        selector = f"--selector=app.kubernetes.io/component={service}"
        found = self.namespace.get("pods", selector)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def await_ready(self, *services: str) -> None:
        """Return as soon as all pods of these services are there and ready."""
        for service in services:
            kind = "statefulset" if service in SERVERS else "deployment"
            self.namespace.kubectl(
                *("rollout", "status", f"{kind}/crate-{service}", f"--timeout={_READY_SECONDS}s"),
                seconds=_READY_SECONDS + 20,
            )

    def _read_private(self, service: str, inside: str) -> str:
        names = [pod["metadata"]["name"] for pod in self.pods(service)]
        script = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
        command = (f"--container={service}", "--", "python", "-c", script, inside)
        return "\n".join(self.namespace.kubectl("exec", name, *command) for name in names)

    # --- The way in

    def _make_certificate(self) -> None:
        key, certificate = make_certificate()
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        Path(str(self.authority)).write_bytes(pem)
        data = {
            "tls.crt": pem.decode(),
            "tls.key": key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ).decode(),
        }
        self.namespace.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "kubernetes.io/tls",
                "metadata": {"name": CERTIFICATE},
                "stringData": data,
            }
        )

    def ingress_address(self) -> tuple[str, int]:
        """Return where the ingress controller answers."""
        if INGRESS_ADDRESS:
            host, _, port = INGRESS_ADDRESS.partition(":")
            return host, int(port or 443)

        def written() -> str:
            [first, *_] = self.namespace.get_one("ingress", "crate-site")["status"]["loadBalancer"][
                "ingress"
            ]
            return str(first.get("ip") or first["hostname"])

        return until(written, KeyError), 443

    def _open_way_in(self) -> None:
        """Let this machine's own name lead to the ingress: browsers need a name that resolves."""
        host, port = self.ingress_address()
        self._way_in = TcpProxy(port, host)
        self._way_in.port = self._port
        self._way_in.start()

    def _await_sign_in(self) -> None:
        until(lambda: self.sign_in("researcher").close(), httpx.HTTPError, AssertionError)


def until(look: Callable[[], T], *errors: type[Exception], seconds: float = 60) -> T:
    """Return what `look` returns as soon as it raises none of `errors`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(*errors):
            return look()
        time.sleep(0.3)
    return look()
