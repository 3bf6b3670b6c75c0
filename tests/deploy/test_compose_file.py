"""What docker/compose.yaml and its templates promise, seen without an engine."""

import json
import re
import string
from typing import Any

import pytest
import yaml

from crate_core.celery.queues import broker_queue, dead_letter_queue
from crate_core.jobs.tasks import Queue
from crate_core.models import Base
from crate_core.settings import Service, Settings, load_settings
from crate_core.settings.loading import REQUIRED
from tests.deploy.compose import DOCKER, ROOT, TEMPLATES, read_compose, read_template, settings_of

COMPOSE = read_compose()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
THIRD_PARTY = {"mariadb:10.11", "rabbitmq:3.13-management", "nginx:1.28"}
CONSUMER = {Queue.CONSENT: "consent", Queue.MAIL: "mailer", Queue.RESEARCH: "runner"}
every_service = pytest.mark.parametrize("name", sorted(SERVICES))


@every_service
def test_every_variable_is_a_setting(name: str) -> None:
    for variable in SERVICES[name].get("environment", {}):
        if variable.startswith("CRATE_") and variable != "CRATE_CONFIG":
            setting = variable.removeprefix("CRATE_").removesuffix("_FILE").lower()
            assert setting in Settings.model_fields, variable


@pytest.mark.parametrize("service", list(Service))
def test_every_required_setting_is_set(service: Service) -> None:
    given = settings_of(SERVICES[service])
    missing = [name for name in REQUIRED[service] if f"CRATE_{name.upper()}" not in given]
    assert not missing


@pytest.mark.parametrize("name", [*Service, "migrate", "demo"])
def test_settings_of_the_templates_are_accepted(name: str) -> None:
    values = {
        variable: value if isinstance(value, str) else json.dumps(value)
        for variable, value in settings_of(SERVICES[name]).items()
        if variable != "CRATE_CONFIG"
    }
    values = {name: re.sub(r"\$\{\w+:-(\w+)\}", r"\1", value) for name, value in values.items()}
    load_settings(values)


def test_every_queue_is_consumed_by_a_container() -> None:
    for queue in Queue:
        assert CONSUMER[queue] in SERVICES, queue


def test_images_are_ours_or_official_and_of_a_version() -> None:
    for name, service in SERVICES.items():
        image = service["image"]
        ours = re.fullmatch(r"crate-(web|consent|mailer|demo|flower):\$\{IMAGE_TAG:-dev\}", image)
        assert ours or image in THIRD_PARTY, name
        assert "latest" not in image


@every_service
def test_every_container_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "network_mode"} & set(service)
    user = service.get("user", "10001")
    assert re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", user), user
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@every_service
def test_every_lasting_container_has_limits_a_grace_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    if service["restart"] == "on-failure":  # runs once
        return
    assert service["restart"] == "unless-stopped"
    assert service["stop_grace_period"]
    assert service["deploy"]["resources"]["limits"]["memory"]


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("web", 25),
        ("consent", Settings.model_fields["task_time_limit_seconds"].default),
        ("mailer", Settings.model_fields["task_time_limit_seconds"].default),
        ("runner", Settings.model_fields["run_timeout_seconds"].default + 120),
    ],
)
def test_grace_is_longer_than_what_may_be_under_way(name: str, least: int) -> None:
    found = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", SERVICES[name]["stop_grace_period"])
    assert found
    assert int(found[1] or 0) * 60 + int(found[2] or 0) > least


def test_web_is_given_no_way_to_research_data_identities_or_mail() -> None:
    given = settings_of(SERVICES["web"])
    assert not {"CRATE_SECRET_MAP_URL", "CRATE_CLINICAL_SOURCES", "CRATE_SMTP_URL"} & set(given)
    assert all("url" not in each for each in given["CRATE_RESEARCH_DATABASES"])
    assert "mail" not in SERVICES["web"]["networks"]


def test_each_service_has_accounts_of_its_own() -> None:
    urls = [
        read_template(name)[url]
        for name in ("web", "runner", "consent", "mailer", "relay")
        for url in ("database_url", "broker_url")
    ]
    accounts = [re.sub(r"^\w+(\+\w+)?://(\w+):.*", r"\2", url) for url in urls]
    assert accounts == [
        name for name in ("web", "runner", "consent", "mailer", "relay") for _ in "ab"
    ]


def test_every_table_is_granted_to_somebody_and_no_other() -> None:
    grants = (DOCKER / "mariadb/grants.sql").read_text()
    granted = set(re.findall(r" ON site\.(\w+) TO ", grants))
    assert granted == {*Base.metadata.tables, "alembic_version"}
    # Nobody changes or removes what the audit tells.
    for grant in re.findall(r"GRANT (.+?) ON site\.audit_event TO", grants):
        assert "DELETE" not in grant
        assert grant.count("UPDATE") == grant.count("UPDATE (position, hash)")


def test_granted_columns_are_there() -> None:
    grants = (DOCKER / "mariadb/grants.sql").read_text()
    for rights, table in re.findall(r"GRANT (.+?) ON site\.(\w+) TO ", grants):
        for columns in re.findall(r"\(([\w, ]+)\)", rights):
            assert set(columns.split(", ")) <= set(Base.metadata.tables[table].columns.keys())


def _definitions() -> dict[str, Any]:
    text = (TEMPLATES / "definitions.json").read_text()
    names = re.findall(r"\$\{(\w+)\}", text)
    return dict(json.loads(string.Template(text).substitute(dict.fromkeys(names, "x"))))


def test_broker_has_the_queues_that_services_declare() -> None:
    declared = {queue["name"]: queue for queue in _definitions()["queues"]}
    wanted = [make(queue) for queue in Queue for make in (broker_queue, dead_letter_queue)]
    assert set(declared) == {queue.name for queue in wanted}
    for queue in wanted:
        assert declared[queue.name]["durable"]
        assert declared[queue.name]["arguments"] == queue.queue_arguments


def test_each_broker_account_reads_its_own_queue_alone() -> None:
    reads = {each["user"]: each["read"] for each in _definitions()["permissions"]}
    for user, pattern in reads.items():
        read = {queue for queue in Queue if re.search(pattern, queue.value)}
        assert read == {queue for queue, consumer in CONSUMER.items() if consumer == user}
    assert set(reads) == {*Service, "flower"}


def test_every_secret_has_a_template_and_every_template_a_reader() -> None:
    files = {each["file"].removeprefix("secrets/") for each in COMPOSE["secrets"].values()}
    assert files == {path.name for path in TEMPLATES.iterdir()}
    used = {
        secret if isinstance(secret, str) else secret["source"]
        for service in SERVICES.values()
        for secret in service.get("secrets", [])
    }
    assert used == set(COMPOSE["secrets"])


def test_no_secret_is_in_the_repository() -> None:
    assert "/docker/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    places = r"://\w+:(.*?)@|IDENTIFIED BY '(.*?)'|\"password\w*\": \"(.*?)\"|(?:password|key)(?: =|:) \"?(\S+)"
    for path in TEMPLATES.iterdir():
        for found in re.findall(places, path.read_text()):
            assert re.match(r"\$\{?[a-z_]+", "".join(found)), (path.name, found)
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY|TOKEN|AUTH", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert value.startswith("/run/secrets/")


def test_proxy_serves_the_prefix_of_the_public_url() -> None:
    prefix = yaml.safe_load((DOCKER / "compose.yaml").read_text())["x-settings"]["CRATE_PUBLIC_URL"]
    locations = re.findall(r"location (?:= )?(\S+)", (DOCKER / "nginx/nginx.conf").read_text())
    assert prefix.endswith("/crate")
    assert {"/crate", "/crate/flower"} <= set(locations)
    assert SERVICES["flower"]["environment"]["FLOWER_URL_PREFIX"] == "crate/flower"
