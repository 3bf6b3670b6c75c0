"""Every set of values renders to objects that Kubernetes accepts, and to pods that keep the rules."""

import itertools
from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import pytest

from charts.generate.rendering import (
    ALL_APIS,
    CHART,
    EXAMPLES,
    Object,
    merged,
    read_values,
    render,
)
from tests.deploy.chart.rendered import MINIMAL, containers, example, of_kind, pods

_KUBERNETES = ("1.29", "1.34")
_EXAMPLES = [path.stem.removeprefix("values-") for path in EXAMPLES]
_NOT_KUBERNETES = {
    "PodMonitor",
    "PrometheusRule",
    "ScaledObject",
    "TriggerAuthentication",
    "HTTPRoute",
}

SWITCHES: dict[str, Object] = {
    "nothing that can be left out": {
        "flower": {"enabled": False},
        "ingress": {"enabled": False},
        "networkPolicy": {"enabled": False},
        "podDisruptionBudget": {"enabled": False},
    },
    "no flower in the ingress": {"ingress": {"flower": False, "className": "traefik"}},
    "at the root": {"settings": {"public_url": "https://research.example.org"}},
    "migration as a hook, with grants": {"migration": {"hook": True, "grants": True}},
    "flower with sign-in elsewhere and a volume": {
        "flower": {
            "openIdConnect": {
                "auth": ".*@trust[.]example[.]org",
                "provider": "flower.views.auth.X",
            },
            "persistence": {"enabled": True, "storageClass": "fast"},
            "extraEgress": [
                {"to": [{"ipBlock": {"cidr": "192.0.2.70/32"}}], "ports": [{"port": 443}]}
            ],
        }
    },
    "everything that scales": {
        name: {"autoscaling": {"enabled": True}} for name in ("web", "runner", "consent", "mailer")
    },
    "monitored": {
        "monitoring": {
            "podMonitors": True,
            "rules": True,
            "dashboards": True,
            "labels": {"a": "b"},
        },
        "networkPolicy": {"metricsFrom": [{"namespaceSelector": {}}]},
    },
    "gateway": {
        "ingress": {"enabled": False},
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "public", "namespace": "gateways"}]},
    },
    "placed": {
        "images": {"tag": "1.2.3", "prefix": "registry.example.org/", "pullSecrets": ["account"]},
        "web": {
            "nodeSelector": {"kind": "fast"},
            "tolerations": [{"key": "crate", "operator": "Exists"}],
            "podAnnotations": {"a": "b"},
        },
    },
}


def all_renderings() -> list[Any]:
    """Return each example, each switch, and each pair of switches."""
    cases = [pytest.param(read_values(path), id=path.stem) for path in EXAMPLES]
    cases += [pytest.param(merged(MINIMAL, change), id=name) for name, change in SWITCHES.items()]
    for (one, first), (other, second) in itertools.combinations(SWITCHES.items(), 2):
        both = merged(merged(MINIMAL, first), second)
        cases.append(pytest.param(both, id=f"{one} + {other}"))
    return cases


@pytest.fixture(params=_EXAMPLES)
def objects(request: pytest.FixtureRequest) -> list[Object]:
    return example(request.param)


@pytest.mark.parametrize("values", all_renderings())
def test_values_render_to_objects_with_names_of_their_own(values: Object) -> None:
    rendered = render(values | {"apiVersions": list(ALL_APIS)})
    names = [(item["kind"], item["metadata"]["name"]) for item in rendered]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_plain_cluster_is_given_nothing_that_it_does_not_know(path: Path) -> None:
    kinds = {item["kind"] for item in render(read_values(path))}
    assert not kinds & _NOT_KUBERNETES


@pytest.mark.parametrize("version", _KUBERNETES)
@pytest.mark.parametrize(
    "values",
    [*(read_values(path) for path in EXAMPLES), *(merged(MINIMAL, c) for c in SWITCHES.values())],
)
def test_objects_keep_to_the_schemas_of_kubernetes(values: Object, version: str) -> None:
    for item in render(values):
        kubernetes_validate.validate(item, version, strict=True)


NOBODY_COMES: Object = {"ingress": {"enabled": False}, "networkPolicy": {"ingressFrom": []}}


@pytest.mark.parametrize(
    "values",
    [
        *(read_values(path) for path in EXAMPLES),
        *(merged(MINIMAL, change) for change in (*SWITCHES.values(), NOBODY_COMES)),
    ],
)
def test_no_rule_of_a_policy_lets_everybody_through(values: Object) -> None:
    """To Kubernetes, a rule without peers is one for all of them."""
    for name, item in of_kind(render(values), "NetworkPolicy").items():
        for way, peers in (("ingress", "from"), ("egress", "to")):
            for rule in item["spec"].get(way) or []:
                assert rule.get(peers), (name, way, rule)


def test_every_container_is_restricted(objects: list[Object]) -> None:
    for name, spec in pods(objects):
        pod = spec["securityContext"]
        assert pod["runAsNonRoot"] is True, name
        assert pod["runAsUser"] >= 999, name
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert spec["automountServiceAccountToken"] is False, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys(), name
        for volume in spec["volumes"]:
            kinds = {"configMap", "emptyDir", "secret", "persistentVolumeClaim"}
            assert len(kinds & volume.keys()) == 1, name
        for container in containers(spec):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, (name, container["name"])
            assert all("hostPort" not in port for port in container.get("ports", []))


def test_every_container_has_resources_and_an_image_with_a_tag(objects: list[Object]) -> None:
    for name, spec in pods(objects):
        for container in containers(spec):
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
            assert "memory" in container["resources"]["limits"], name
            _, _, tag = container["image"].rpartition(":")
            assert tag not in {"", "latest"}, name


def test_every_mount_has_its_volume_and_every_volume_a_mount(objects: list[Object]) -> None:
    claims = {
        name: [claim["metadata"]["name"] for claim in item["spec"].get("volumeClaimTemplates", [])]
        for name, item in of_kind(objects, "StatefulSet").items()
    }
    for name, spec in pods(objects):
        volumes = {volume["name"] for volume in spec["volumes"]}
        volumes |= set(claims.get(name.removeprefix("StatefulSet "), []))
        mounts = {m["name"] for c in containers(spec) for m in c.get("volumeMounts", [])}
        assert mounts == volumes, name


def test_what_pods_mount_is_in_the_chart_or_named_by_the_values(objects: list[Object]) -> None:
    maps = of_kind(objects, "ConfigMap")
    for name, spec in pods(objects):
        for volume in spec["volumes"]:
            if "configMap" in volume:
                assert volume["configMap"]["name"] in maps, name


def test_selectors_find_exactly_their_pods(objects: list[Object]) -> None:
    labels = {
        name: item["spec"]["template"]["metadata"]["labels"]
        for kind in ("Deployment", "StatefulSet")
        for name, item in of_kind(objects, kind).items()
    }
    for kind in ("Deployment", "StatefulSet"):
        for name, item in of_kind(objects, kind).items():
            wanted = item["spec"]["selector"]["matchLabels"].items()
            assert [other for other, has in labels.items() if wanted <= has.items()] == [name]
    for kind in ("Service", "PodDisruptionBudget"):
        for name, item in of_kind(objects, kind).items():
            selector = item["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            assert [other for other, has in labels.items() if wanted <= has.items()] == [name]


@pytest.mark.parametrize("path", [CHART, *EXAMPLES], ids=lambda path: path.stem)
def test_lint_finds_nothing(path: Any) -> None:
    values = MINIMAL if path == CHART else read_values(path)
    findings = helm_python.lint(CHART, values, strict=True)
    serious = [message for message in findings["messages"] if message["severity"] >= 2]
    assert not serious, serious
