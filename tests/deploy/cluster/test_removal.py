"""What `helm uninstall` leaves is what docs/operations.md says; the last test of a release."""

from tests.deploy.cluster.site import CERTIFICATE, ClusterSite
from tests.deploy.images.engine import ROOT, run

VOLUMES = "kubectl -n crate delete pvc --selector app.kubernetes.io/instance=crate"
OF_KUBERNETES = {"configmap/kube-root-ca.crt", "serviceaccount/default"}


def test_uninstalling_leaves_what_the_docs_say(site: ClusterSite) -> None:
    assert VOLUMES in (ROOT / "docs/operations.md").read_text()
    site.namespace.helm("uninstall", "crate", "--wait", "--timeout=3m")
    site.namespace.kubectl("wait", "pods", "--all", "--for=delete", "--timeout=120s", seconds=150)
    left = _everything(site) - OF_KUBERNETES
    volumes = {
        f"persistentvolumeclaim/data-crate-{name}-0" for name in ("mail", "mariadb", "rabbitmq")
    }
    assert left == {f"secret/{CERTIFICATE}", *volumes}
    site.namespace.kubectl(*VOLUMES.replace(" -n crate", "").split()[1:])
    assert _everything(site) - OF_KUBERNETES == {f"secret/{CERTIFICATE}"}


def _everything(site: ClusterSite) -> set[str]:
    """Return all objects of the namespace but events and what follows from a Service."""
    listed = run("kubectl", "api-resources", "--namespaced", "--verbs=list", "--output=name").stdout
    passing = ("events", "endpoints", "endpointslices", "metrics.k8s.io", "leases")
    kinds = [kind for kind in listed.split() if not any(part in kind for part in passing)]
    return set(site.namespace.kubectl("get", ",".join(kinds), "--output=name").split())
