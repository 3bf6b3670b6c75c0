"""The plain manifests of k8s/ are taken by a cluster, without Helm."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.deploy.cluster.kubernetes import TAG, Namespace
from tests.deploy.images.engine import ROOT

OVERLAYS = ROOT / "k8s" / "overlays"


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    """An empty namespace."""
    namespace = Namespace(f"crate-test-{os.getpid()}-plain")
    yield namespace
    namespace.remove()


@pytest.mark.parametrize("overlay", ["demo", "production"])
def test_an_overlay_of_ones_own_is_taken_as_a_whole(
    namespace: Namespace, tmp_path: Path, overlay: str
) -> None:
    images = [f"crate-{name}" for name in ("web", "consent", "mailer", "flower", "demo")]
    own = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": namespace.name,
        "resources": [os.path.relpath(OVERLAYS / overlay, tmp_path)],
        "images": [{"name": name, "newTag": TAG} for name in images],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(own))
    # The API server checks all of it, pod security too, as if it were to stay.
    said = namespace.kubectl("apply", "--dry-run=server", f"--kustomize={tmp_path}")
    for line in said.splitlines():
        assert line.endswith("created (server dry run)"), line
    for service in ("web", "runner", "consent", "mailer", "relay", "flower"):
        assert f"deployment.apps/crate-{service} created" in said
