"""The cluster that KUBECONFIG names, as kubectl and helm show it."""

import json
import os
import shutil
import subprocess
from typing import Any

from tests.deploy.images.engine import ROOT, run

CHART = ROOT / "charts" / "crate"
TAG = os.environ.get("CRATE_TEST_IMAGE_TAG", "dev")
"""Tag of the images, which are in the cluster already."""
NEXT_TAG = f"{TAG}-next"
"""Tag of those that `make next-images` makes of them."""
INGRESS_NAMESPACE = os.environ.get("CRATE_TEST_INGRESS_NAMESPACE", "traefik")
"""Where the pods of the ingress controller are."""
INGRESS_ADDRESS = os.environ.get("CRATE_TEST_INGRESS_ADDRESS")
"""Where it answers (host:port); what it writes into the Ingress otherwise, at port 443."""

_OURS = "crate-test-namespace"
"""The label of the namespaces that tests make."""

Object = dict[str, Any]


def why_not() -> str | None:
    """Return what is missing for tests on a cluster, if anything is."""
    if not os.environ.get("KUBECONFIG"):
        return "no cluster: KUBECONFIG is not set"
    for program in ("kubectl", "helm"):
        if not shutil.which(program):
            return f"no {program} on PATH"
    if run("kubectl", "get", "nodes", seconds=30, check=False).returncode:
        return f"the cluster of KUBECONFIG={os.environ['KUBECONFIG']} does not answer"
    if not ingress_pods():
        return (
            f"no pod of an ingress controller runs in the namespace {INGRESS_NAMESPACE}: "
            "CRATE_TEST_INGRESS_NAMESPACE must name it"
        )
    return None


def ingress_pods() -> list[Object]:
    """Return the running pods of the ingress controller."""
    found = json.loads(
        run("kubectl", "--namespace", INGRESS_NAMESPACE, "get", "pods", "--output=json").stdout
    )
    return [pod for pod in found["items"] if pod["status"]["phase"] == "Running"]


def remove_what_was_left() -> None:
    """Remove the namespaces of runs that were cut short: the ingress still answers for their sites."""
    selector = f"--selector={_OURS}"
    run("kubectl", "delete", "namespace", selector, "--timeout=180s", seconds=200)


def ingresses_for(host: str) -> list[str]:
    """Return the Ingresses of the whole cluster that answer for a host, as namespace/name."""
    found = json.loads(run("kubectl", "get", "ingress", "--all-namespaces", "--output=json").stdout)
    return [
        f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        for item in found["items"]
        if any(rule.get("host") == host for rule in item["spec"].get("rules", []))
    ]


class Namespace:
    """A namespace of one test's own, in which pods must be as the standard `restricted` says."""

    def __init__(self, name: str) -> None:
        """Make it."""
        self.name = name
        labels = {_OURS: "true", "pod-security.kubernetes.io/enforce": "restricted"}
        metadata = {"name": name, "labels": labels}
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        run("kubectl", "create", "--filename=-", given=json.dumps(manifest))

    def remove(self) -> None:
        """Remove it with all that is in it; does not wait for the end."""
        run("kubectl", "delete", "namespace", self.name, "--wait=false")

    def kubectl(self, *arguments: str, given: str | None = None, seconds: float = 120) -> str:
        """Return what a command wrote."""
        return run(
            "kubectl", "--namespace", self.name, *arguments, given=given, seconds=seconds
        ).stdout

    def helm(
        self, *arguments: str, seconds: float = 400, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of Helm; where it fails and must not, all pods are in the text."""
        done = run("helm", "--namespace", self.name, *arguments, seconds=seconds, check=False)
        assert not check or done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{self.told()}"
        return done

    def get(self, kind: str, *selector: str) -> list[Object]:
        """Return the objects of a kind."""
        found = json.loads(self.kubectl("get", kind, "--output=json", *selector))
        return list(found["items"])

    def get_one(self, kind: str, name: str) -> Object:
        """Return an object."""
        return dict(json.loads(self.kubectl("get", kind, name, "--output=json")))

    def names(self, kind: str) -> set[str]:
        """Return the names of the objects of a kind."""
        return {item["metadata"]["name"] for item in self.get(kind)}

    def apply(self, *objects: Object) -> None:
        """Make or change objects."""
        for item in objects:
            self.kubectl("apply", "--filename=-", given=json.dumps(item))

    def told(self) -> str:
        """Return what an operator would look at first."""
        pods = self.kubectl("get", "pods", "--output=wide")
        events = self.kubectl("get", "events", "--sort-by=lastTimestamp").splitlines()[-30:]
        return "\n".join((pods, *events))
