"""Who reaches what: accounts, networks and containers give each service what it needs, and no more."""

import pytest

from tests.deploy.images.engine import ROOT, inspect, run
from tests.deploy.images.site import ALL, SERVICES, ContainerSite

# Design: who connects to what.
REACHES = {
    "web": {"mariadb", "rabbitmq"},
    "runner": {"mariadb", "rabbitmq"},
    "consent": {"mariadb", "rabbitmq"},
    "mailer": {"mariadb", "rabbitmq", "mail"},
    "relay": {"mariadb", "rabbitmq"},
    "flower": {"rabbitmq"},
}
PORTS = {"mariadb": 3306, "rabbitmq": 5672, "mail": 2525}
_CONNECT = """\
import socket, sys
for place in sys.argv[1:]:
    name, _, port = place.partition(":")
    try:
        socket.create_connection((name, int(port)), 3).close()
        print(name)
    except OSError:
        pass
"""
# Account, statement, whether it is allowed.
STATEMENTS = [
    ("web", "SELECT COUNT(*) FROM site.contact_request", True),
    ("web", "SELECT COUNT(*) FROM research.person", False),
    ("web", "SELECT COUNT(*) FROM clinical.patient", False),
    ("web", "DELETE FROM site.audit_event", False),
    ("web", "UPDATE site.audit_event SET actor = 'nobody'", False),
    ("web", "DROP TABLE site.mail", False),
    ("runner", "SELECT COUNT(*) FROM site.contact_request", False),
    ("runner", "SELECT COUNT(*) FROM site.mail", False),
    ("consent", "SELECT COUNT(*) FROM site.login_session", False),
    ("consent", "UPDATE site.audit_event SET actor = 'nobody'", False),
    ("mailer", "SELECT COUNT(*) FROM site.contact_request", False),
    ("mailer", "SELECT COUNT(*) FROM site.patient_snapshot", False),
    ("relay", "SELECT COUNT(id) FROM site.mail WHERE state = 'sent'", True),
    ("relay", "SELECT recipient FROM site.mail", False),
    ("relay", "SELECT lookup_value FROM site.contact_request", False),
    ("research_reader", "SELECT COUNT(*) FROM research.person", True),
    ("research_reader", "DELETE FROM research.person", False),
    ("research_reader", "SELECT COUNT(*) FROM site.user_account", False),
    ("identity_reader", "SELECT COUNT(*) FROM research.person", False),
]


@pytest.mark.parametrize("service", SERVICES)
def test_service_reaches_what_it_talks_to_and_nothing_else(
    site: ContainerSite, service: str
) -> None:
    places = [f"{name}:{port}" for name, port in PORTS.items()]
    # A name of a network that a container is not in is not even known to it.
    reached = site.execute(service, "python", "-c", _CONNECT, *places).split()
    assert set(reached) == REACHES[service]


@pytest.mark.parametrize(("account", "statement", "allowed"), STATEMENTS)
def test_account_may_do_what_it_needs_and_no_more(
    site: ContainerSite, account: str, statement: str, allowed: bool
) -> None:
    passwords = site.passwords()
    command = ("mariadb", "--host=127.0.0.1", f"--user={account}", f"--execute={statement}")
    done = run(
        *("docker", "exec", "--env", f"MYSQL_PWD={passwords[f'database_{account}']}"),
        *(site.container("mariadb"), *command),
        check=False,
    )
    assert (done.returncode == 0) is allowed, done.stderr
    assert allowed or "denied" in done.stderr, done.stderr


@pytest.mark.parametrize("service", ALL)
def test_container_has_no_root_no_capability_and_no_file_system_to_write(
    site: ContainerSite, service: str
) -> None:
    found = inspect(site.container(service))
    host = found["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"])
    assert found["Config"]["User"].partition(":")[0].isdigit()
    assert found["Config"]["User"] != "0"
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["Memory"] > 0
    assert {binding["HostIp"] for each in host["PortBindings"].values() for binding in each} <= {
        "127.0.0.1"
    }


def test_no_secret_is_in_an_environment_a_command_or_a_log(site: ContainerSite) -> None:
    passwords = site.passwords()
    for service in ALL:
        config = inspect(site.container(service))["Config"]
        told = "\n".join([*config["Env"], *(config["Cmd"] or []), site.logs(service)])
        assert not [name for name, value in passwords.items() if value in told], service


def test_secrets_are_for_their_owner_and_for_no_repository() -> None:
    folder = ROOT / "docker/secrets"
    assert folder.stat().st_mode & 0o077 == 0
    assert run("git", "check-ignore", "docker/secrets/values.json").stdout
