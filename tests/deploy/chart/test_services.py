"""What the design says about each service holds in the chart."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from charts.generate.rendering import ALL_APIS, CHART, Object, merged, read_values, render
from charts.generate.values_schema import SECRETS, SET_BY_CHART
from crate_core.jobs.tasks import Queue
from crate_core.settings import Service, Settings, load_settings
from crate_core.settings.loading import REQUIRED
from crate_core.settings.research import ResearchDatabase
from tests.deploy.chart.rendered import (
    MINIMAL,
    SERVICES,
    component,
    containers,
    deployment,
    environment,
    example,
    of_kind,
    pods,
    with_changes,
)

_MODULES = {
    "web": ["python", "-m", "crate_web.serve"],
    "runner": ["python", "-m", "crate_web.runner"],
    "consent": ["python", "-m", "crate_consent"],
    "mailer": ["python", "-m", "crate_mailer"],
    "relay": ["python", "-m", "crate_core.relay"],
    "flower": ["python", "-m", "crate_flower"],
}
_CONSUMERS = {Queue.RESEARCH: "runner", Queue.CONSENT: "consent", Queue.MAIL: "mailer"}
# The table "who connects to what" of the design.
_CONNECTS = {
    "web": {"siteDatabase", "broker"},
    "runner": {"siteDatabase", "broker", "researchDatabases"},
    "consent": {"siteDatabase", "broker", "secretMap", "clinicalSources"},
    "mailer": {"siteDatabase", "broker", "smtp"},
    "relay": {"siteDatabase", "broker"},
    "flower": {"broker", "brokerApi"},
    "migration": {"siteDatabase"},
}


def config(objects: list[Object]) -> Object:
    """Return the settings of the ConfigMap."""
    return dict(
        yaml.safe_load(of_kind(objects, "ConfigMap")["crate-settings"]["data"]["config.yaml"])
    )


def set_names(objects: list[Object], container: Object) -> set[str]:
    """Return the settings that a container gets, from wherever."""
    names = {
        name.removeprefix("CRATE_").removesuffix("_FILE").lower() for name in environment(container)
    }
    return names | config(objects).keys()


@pytest.mark.parametrize("name", ["minimal", "demo", "production"])
def test_every_service_runs_by_the_command_of_its_own(name: str) -> None:
    objects = example(name)
    found = {
        component(item): item["spec"]["template"]["spec"]["containers"][0]["command"]
        for item in of_kind(objects, "Deployment").values()
    }
    assert found == _MODULES


def test_every_queue_has_a_consumer() -> None:
    assert set(_CONSUMERS) == set(Queue)
    objects = example("production")
    for queue, service in _CONSUMERS.items():
        assert deployment(objects, service)["containers"][0]["command"] == _MODULES[service], queue
    scaled = {
        item["spec"]["triggers"][0]["metadata"]["queueName"]
        for item in of_kind(objects, "ScaledObject").values()
    }
    assert scaled <= {queue.value for queue in Queue}


@pytest.mark.parametrize("name", ["minimal", "demo", "production"])
def test_every_variable_is_a_setting(name: str) -> None:
    for pod, spec in pods(example(name)):
        for container in containers(spec):
            for variable in environment(container):
                if variable.startswith("CRATE_") and variable != "CRATE_CONFIG":
                    setting = variable.removeprefix("CRATE_").removesuffix("_FILE").lower()
                    assert setting in Settings.model_fields, (pod, variable)


@pytest.mark.parametrize("name", ["minimal", "demo", "production"])
@pytest.mark.parametrize("service", list(Service))
def test_every_required_setting_is_set(name: str, service: Service) -> None:
    objects = example(name)
    for container in containers(deployment(objects, service.value)):
        missing = set(REQUIRED[service]) - set_names(objects, container)
        assert not missing


@pytest.mark.parametrize("name", ["minimal", "demo", "production"])
def test_services_start_with_the_settings_of_the_examples(name: str, tmp_path: Path) -> None:
    objects = example(name)
    file = tmp_path / "config.yaml"
    file.write_text(of_kind(objects, "ConfigMap")["crate-settings"]["data"]["config.yaml"])
    loaded = load_settings({"CRATE_CONFIG": str(file)})
    assert loaded.public_url == config(objects)["public_url"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_its_own_secrets_and_no_other(service: str) -> None:
    spec = deployment(example("minimal"), service)
    secrets = {v["secret"]["secretName"] for v in spec["volumes"] if "secret" in v}
    certificate = {"research-example-org-tls"} if service == "relay" else set()
    assert secrets == {f"crate-{service}"} | certificate
    [items] = [v["secret"]["items"] for v in spec["volumes"] if v["name"] == "secrets"]
    needed = set(REQUIRED[Service(service)]) & (SECRETS | {"research_databases"})
    assert {item["key"] for item in items} == needed


def test_the_relay_gets_the_certificate_and_not_its_key() -> None:
    [volume] = [
        v for v in deployment(example("minimal"), "relay")["volumes"] if v["name"] == "certificate"
    ]
    assert [item["key"] for item in volume["secret"]["items"]] == ["tls.crt"]


def test_every_setting_that_is_secret_is_kept_out_of_the_settings() -> None:
    secret = {n for n, field in Settings.model_fields.items() if "SecretStr" in str(field)}
    assert secret
    assert secret <= SECRETS


@pytest.mark.parametrize("name", ["minimal", "demo", "production"])
def test_web_is_told_of_the_research_databases_and_not_where_they_are(name: str) -> None:
    told = [ResearchDatabase(**each) for each in config(example(name))["research_databases"]]
    assert told
    assert all(each.dialect and each.address is None for each in told)


def test_no_secret_is_a_variable_or_in_the_settings() -> None:
    for name in ("minimal", "demo", "production"):
        objects = example(name)
        assert not config(objects).keys() & (SECRETS | SET_BY_CHART)
        for pod, spec in pods(objects):
            for container in containers(spec):
                for variable in environment(container):
                    assert variable.removeprefix("CRATE_").lower() not in SECRETS, (pod, variable)


@pytest.mark.parametrize("service", _CONNECTS)
def test_a_service_reaches_what_the_design_says_and_nothing_else(service: str) -> None:
    objects = example("production")
    place = example_values()["networkPolicy"]["destinations"]
    policies = {component(item): item for item in of_kind(objects, "NetworkPolicy").values()}
    dns, *rest = policies[service]["spec"]["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    ports = {"siteDatabase": 3306, "smtp": 587}
    expected = [
        (place[name]["to"], place[name].get("ports", [ports.get(name)]))
        for name in _CONNECTS[service]
    ]
    found = [(rule["to"], [port["port"] for port in rule["ports"]]) for rule in rest]
    assert sorted(map(str, found)) == sorted(map(str, expected))


def example_values() -> Any:
    """Return the values of the production example."""
    return read_values(CHART / "values-production.yaml")


@pytest.mark.parametrize("name", ["minimal", "demo", "production"])
def test_all_traffic_of_every_pod_is_denied_but_what_a_policy_allows(name: str) -> None:
    objects = example(name)
    policies = of_kind(objects, "NetworkPolicy")
    everything = policies["crate-all"]["spec"]
    assert everything["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & everything.keys()
    known = {component(item) for item in policies.values()}
    made = {
        component(item)
        for item in objects
        if item["kind"] in {"Deployment", "StatefulSet", "Job", "Pod"}
    }
    assert made <= known
    for item in objects:
        if item["kind"] in {"Deployment", "StatefulSet", "Job"}:
            labels = item["spec"]["template"]["metadata"]["labels"].items()
            assert everything["podSelector"]["matchLabels"].items() <= labels


def test_only_web_and_flower_are_reached_from_the_ingress() -> None:
    policies = of_kind(example("production"), "NetworkPolicy")
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "traefik"}}}
    reached = {
        component(item): [
            port["port"]
            for rule in item["spec"].get("ingress", []) or []
            if peer in rule["from"]
            for port in rule["ports"]
        ]
        for item in policies.values()
    }
    assert {name: ports for name, ports in reached.items() if ports} == {
        "web": [8000],
        "flower": [5555],
    }


def test_no_service_offers_the_private_port() -> None:
    for item in of_kind(example("production"), "Service").values():
        assert all(port["targetPort"] != 9000 for port in item["spec"]["ports"])


@pytest.mark.parametrize("service", SERVICES)
def test_probes_ask_the_private_port(service: str) -> None:
    container = deployment(example("minimal"), service)["containers"][0]
    assert {
        "name": "private",
        "containerPort": Settings.model_fields["health_port"].default,
    } in container["ports"]
    paths = {
        name: (container[name]["httpGet"]["port"], container[name]["httpGet"]["path"])
        for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {
        "startupProbe": ("private", "/health/live"),
        "livenessProbe": ("private", "/health/live"),
        "readinessProbe": ("private", "/health/ready"),
    }


@pytest.mark.parametrize("service", SERVICES)
def test_services_wait_for_the_schema_with_their_own_account(service: str) -> None:
    spec = deployment(example("minimal"), service)
    [first] = spec["initContainers"]
    assert first["command"] == ["crate", "db", "check", "--wait"]
    variables = environment(first)
    assert variables["CRATE_DATABASE_URL_FILE"] == "/etc/crate/secrets/database_url"
    assert variables.items() <= environment(spec["containers"][0]).items()


@pytest.mark.parametrize("seconds", [60, 1800])
def test_the_grace_period_is_longer_than_the_time_limit_of_tasks(seconds: int) -> None:
    objects = with_changes(
        {"settings": {"task_time_limit_seconds": seconds, "run_timeout_seconds": seconds}}
    )
    for service in ("consent", "mailer"):
        assert deployment(objects, service)["terminationGracePeriodSeconds"] > seconds
    # The runner gives a statement 120 s more than its own limit.
    assert deployment(objects, "runner")["terminationGracePeriodSeconds"] > seconds + 120


def test_the_limits_that_the_chart_names_are_those_of_the_code() -> None:
    settings = read_values(CHART / "values.yaml")["settings"]
    for name in ("run_timeout_seconds", "task_time_limit_seconds"):
        assert settings[name] == Settings.model_fields[name].default


@pytest.mark.parametrize("seconds", [300, 7200])
def test_workers_scale_down_slower_than_their_longest_task(seconds: int) -> None:
    limits = {"settings": {"run_timeout_seconds": seconds}, "apiVersions": list(ALL_APIS)}
    objects = render(merged(example_values(), limits))
    scaled = of_kind(objects, "ScaledObject")
    assert scaled
    for name, item in scaled.items():
        down = item["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
        grace = deployment(objects, name.removeprefix("crate-"))["terminationGracePeriodSeconds"]
        # Kubernetes refuses an autoscaler that looks back for more than an hour.
        assert down["stabilizationWindowSeconds"] == min(grace, 3600)


def test_what_scales_has_no_fixed_number_of_pods() -> None:
    objects = example("production")
    scaled = {
        item["spec"]["scaleTargetRef"]["name"]
        for kind in ("ScaledObject", "HorizontalPodAutoscaler")
        for item in of_kind(objects, kind).values()
    }
    assert scaled == {"crate-web", "crate-runner", "crate-consent"}
    for name, item in of_kind(objects, "Deployment").items():
        assert ("replicas" in item["spec"]) == (name not in scaled)


def test_a_service_may_have_no_pod() -> None:
    """No mail goes out, for one, while an operator looks at what a restore would send again."""
    objects = with_changes({"mailer": {"replicas": 0}, "web": {"replicas": 1}})
    replicas = {n: d["spec"]["replicas"] for n, d in of_kind(objects, "Deployment").items()}
    assert (replicas["crate-mailer"], replicas["crate-web"], replicas["crate-flower"]) == (0, 1, 1)


def test_changed_settings_restart_the_pods() -> None:
    def sums(objects: list[Object]) -> set[str]:
        return {
            item["spec"]["template"]["metadata"]["annotations"]["checksum/settings"]
            for item in of_kind(objects, "Deployment").values()
        }

    before, after = sums(with_changes({})), sums(with_changes({"settings": {"log_level": "DEBUG"}}))
    assert len(before) == len(after) == 1
    assert before != after


def test_a_restart_never_takes_away_the_last_pod() -> None:
    for item in of_kind(example("minimal"), "Deployment").values():
        assert item["spec"]["strategy"] == {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_flower_is_below_the_site() -> None:
    ingress = of_kind(example("minimal"), "Ingress")["crate-site"]
    [rule] = ingress["spec"]["rules"]
    assert rule["host"] == "research.example.org"
    paths = {
        (p["path"], p["pathType"]): p["backend"]["service"]["name"] for p in rule["http"]["paths"]
    }
    assert paths == {
        ("/crate/flower", "Prefix"): "crate-flower",
        ("/crate", "Prefix"): "crate-web",
    }
    assert ingress["spec"]["tls"] == [
        {"hosts": ["research.example.org"], "secretName": "research-example-org-tls"}
    ]
    flower = environment(deployment(example("minimal"), "flower")["containers"][0])
    assert flower["FLOWER_URL_PREFIX"] == "crate/flower"
    assert "FLOWER_BASIC_AUTH_FILE" in flower


def test_flower_leaves_the_log_in_to_the_provider_that_values_name() -> None:
    sign_in = {
        "auth": ".*@trust[.]example[.]org",
        "provider": "flower.views.auth.OktaLoginHandler",
        "baseUrl": "https://id.trust.example.org/oauth2/default",
    }
    spec = deployment(with_changes({"flower": {"openIdConnect": sign_in}}), "flower")
    variables = environment(spec["containers"][0])
    assert "FLOWER_BASIC_AUTH_FILE" not in variables
    assert variables["FLOWER_AUTH"] == sign_in["auth"]
    assert variables["FLOWER_AUTH_PROVIDER"] == sign_in["provider"]
    assert variables["FLOWER_OAUTH2_OKTA_BASE_URL"] == sign_in["baseUrl"]
    assert (
        variables["FLOWER_OAUTH2_REDIRECT_URI"] == "https://research.example.org/crate/flower/login"
    )
    [items] = [v["secret"]["items"] for v in spec["volumes"] if v["name"] == "secrets"]
    files = {f"/etc/crate/secrets/{item['path']}" for item in items}
    assert {value for name, value in variables.items() if name.endswith("_FILE")} == files
    assert {f"/etc/crate/secrets/oauth2_{name}" for name in ("key", "secret")} <= files


def test_links_of_clinicians_are_an_ingress_that_keeps_no_log() -> None:
    own = {
        "cert-manager.io/cluster-issuer": "x",
        "nginx.ingress.kubernetes.io/proxy-body-size": "40m",
    }
    found = of_kind(with_changes({"ingress": {"annotations": own}}), "Ingress")
    assert found["crate-site"]["metadata"]["annotations"] == own
    links = found["crate-links"]
    [rule] = links["spec"]["rules"]
    [path] = rule["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/crate/respond", "Prefix")
    assert path["backend"]["service"]["name"] == "crate-web"
    assert links["spec"]["tls"] == found["crate-site"]["spec"]["tls"]
    # One certificate is asked for, not two.
    assert links["metadata"]["annotations"] == {
        "nginx.ingress.kubernetes.io/enable-access-log": "false",
        "nginx.ingress.kubernetes.io/proxy-body-size": "40m",
        "traefik.ingress.kubernetes.io/router.observability.accesslogs": "false",
    }


@pytest.mark.parametrize("hook", [False, True])
def test_the_migration_has_a_name_of_its_revision_and_is_a_hook_only_of_upgrades(
    hook: bool,
) -> None:
    values = merged(MINIMAL, {"migration": {"hook": hook, "grants": True}})
    first, second = render(values), render(values, upgrade=True)
    for kind, name in (("Job", "crate-migration"), ("ConfigMap", "crate-grants")):
        assert "annotations" not in of_kind(first, kind)[f"{name}-1"]["metadata"]
        annotations = of_kind(second, kind)[f"{name}-2"]["metadata"].get("annotations", {})
        assert annotations.get("helm.sh/hook") == ("pre-upgrade" if hook else None)
