"""A wrong value is refused, and the message names its key and the rule; what is not done is said."""

from collections.abc import Iterator
from typing import Any

import helm_python
import pytest

from charts.generate.rendering import (
    ALL_APIS,
    CHART,
    ROOT,
    Object,
    merged,
    read_values,
    render,
    render_files,
)
from charts.generate.values_schema import MAY_BE_NOTHING
from tests.deploy.chart.rendered import DEMO, MINIMAL


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": {"public_url": ""}}, "settings.public_url: must be set"),
        ({"settings": {"public_url": "http://research.example.org"}}, "must begin with https://"),
        ({"settings": {"mail_from": ""}}, "settings.mail_from: must be set"),
        ({"settings": {"developer_email": ""}}, "settings.developer_email: must be set"),
        (
            {"secrets": {"consent": ""}},
            "secrets.consent: must name a Secret with the keys secret_key, database_url, broker_url, secret_map_url, clinical_sources",
        ),
        (
            {"secrets": {"migration": ""}},
            "secrets.migration: must name a Secret with the keys database_url",
        ),
        ({"ingress": {"tls": {"secretName": ""}}}, "ingress.tls.secretName: must name the Secret"),
        ({"settings": {"trusted_proxies": "127.0.0.1"}}, "settings.trusted_proxies: must name"),
        ({"networkPolicy": {"ingressFrom": []}}, "networkPolicy.ingressFrom: must say"),
        (
            {"networkPolicy": {"destinations": {"smtp": {"to": []}}}},
            "networkPolicy.destinations.smtp.to: must say where it is, since mailer",
        ),
        ({"monitoring": {"podMonitors": True}}, "networkPolicy.metricsFrom: must say"),
        ({"httpRoute": {"enabled": True}}, "httpRoute.parentRefs: must name"),
        (
            {"web": {"autoscaling": {"enabled": True, "minReplicas": 9}}},
            "web.autoscaling.maxReplicas: must not be less than minReplicas",
        ),
        (
            {"mailer": {"autoscaling": {"enabled": True, "maxReplicas": 1, "minReplicas": 2}}},
            "mailer.autoscaling.maxReplicas: must not be less than minReplicas",
        ),
        ({"flower": {"openIdConnect": {"provider": "x"}}}, "flower.openIdConnect.auth: must say"),
        (
            {
                "flower": {
                    "openIdConnect": {"auth": "x", "provider": "flower.views.auth.OktaLoginHandler"}
                }
            },
            "flower.openIdConnect.baseUrl: must say",
        ),
    ],
)
def test_what_is_missing_is_named(changes: Object, message: str) -> None:
    with pytest.raises(helm_python.HelmError) as refused:
        render(merged(MINIMAL, changes))
    assert message in str(refused.value)


def test_a_trial_needs_its_pass_phrase() -> None:
    with pytest.raises(helm_python.HelmError) as refused:
        render(merged(DEMO, {"demo": {"passphrase": ""}}))
    assert "demo.passphrase: must be set" in str(refused.value)


# What an operator chooses names and values of.
_FREE = MAY_BE_NOTHING | {"dashboardLabels", "linkAnnotations"}


def keys(values: Object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of all keys."""
    for key, value in values.items():
        yield (*path, key)
        if isinstance(value, dict) and key not in _FREE:
            yield from keys(value, (*path, key))


@pytest.mark.parametrize("path", [*keys(read_values(CHART / "values.yaml"))], ids=".".join)
def test_a_key_with_nothing_behind_it_is_named(path: tuple[str, ...]) -> None:
    """Such as `ingress:` alone on its line: to Helm, that takes all defaults below it away."""
    *way, key = path
    changes: Any = None
    for each in reversed(path):
        changes = {each: changes}
    if key in MAY_BE_NOTHING:
        assert render(merged(MINIMAL, changes))
        return
    with pytest.raises(helm_python.HelmError) as refused:
        render(merged(MINIMAL, changes))
    assert f"missing property '{key}'" in str(refused.value)
    assert f"'/{'/'.join(way)}'" in str(refused.value) or not way


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("replicas", 3),
        ("web.replica", 3),
        ("web.replicas", "three"),
        ("web.autoscaling.cpu", 50),
        ("web.resources.limits.disk", "1Gi"),
        ("settings.database_url", "mysql+pymysql://somebody:secret@host/site"),
        ("settings.run_timeout_second", 10),
        ("settings.worker_processes", 10),
        ("settings.log_level", "LOUD"),
        ("settings.site.trust_names", "x"),
        ("settings.site.manager.phone", "x"),
        ("settings.research_databases", [{"name": "a", "url": "mysql+pymysql://u:p@host/a"}]),
        ("ingress.tls.secret", "x"),
        ("networkPolicy.destinations.ftp", {"to": []}),
        ("networkPolicy.ingressFrom", [{"namespace": "x"}]),
        ("images.prefix", "registry.example.org"),
        ("demo.images.postgres", "x"),
        ("flower.replicas", 2),
    ],
)
def test_the_schema_is_closed_at_every_level(path: str, value: Any) -> None:
    changes: Any = value
    for key in reversed(path.split(".")):
        changes = {key: changes}
    with pytest.raises(helm_python.HelmError) as refused:
        render(merged(MINIMAL, changes))
    assert path.rpartition(".")[2].partition("_")[0] in str(refused.value) or path.rpartition(".")[
        0
    ] in str(refused.value)


def notes(changes: Object) -> str:
    """Return what `helm install` says at its end."""
    return render_files(merged(MINIMAL, changes))["NOTES.txt"]


def test_the_notes_say_the_next_step_as_the_docs_do() -> None:
    docs = (ROOT / "docs/operations.md").read_text()
    said = notes({})
    for step in ("crate user create NAME --role superuser --role rdbm", "crate mail test"):
        command = f"deployment/crate-web -- {step}\n"
        assert command in said
        assert command in docs


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"settings": {"developer_email": "x@example.org"}}, "all mail goes to x@example.org"),
        ({"settings": {"research_databases": []}}, "NOTHING TO QUERY"),
        (
            {
                "monitoring": {"rules": True, "podMonitors": True},
                "networkPolicy": {"metricsFrom": [{"namespaceSelector": {}}]},
            },
            "NOT MONITORED",
        ),
        (
            {"httpRoute": {"enabled": True, "parentRefs": [{"name": "public"}]}},
            "NOT REACHABLE",
        ),
        ({"consent": {"autoscaling": {"enabled": True}}}, "NOT SCALED: consent"),
    ],
)
def test_the_notes_say_what_this_cluster_lacks(changes: Object, words: str) -> None:
    assert words in notes(changes)
    database = {"name": "research", "dialect": "mssql"}
    there = {
        "apiVersions": list(ALL_APIS),
        "settings": {"safety_catch": False, "research_databases": [database]},
    }
    assert words not in notes(merged(changes, there))
