"""Each image by itself: small, without tools, without root, and telling what is wrong."""

import json

import pytest

from tests.deploy.images.engine import IMAGES, ROOT, docker, image, inspect, run_in

BASE = "python:3.11-slim-bookworm"
MOST_MB = {"web": 350, "consent": 300, "mailer": 180, "demo": 450, "flower": 100}
OWN = {
    "web": {"crate_core", "crate_web"},
    "consent": {"crate_core", "crate_consent"},
    "mailer": {"crate_core", "crate_mailer"},
    "demo": {"crate_core", "crate_web", "crate_demo"},
    "flower": {"crate_flower"},
}
TOOLS = (
    "gcc",
    "cc",
    "g++",
    "c++",
    "clang",
    "make",
    "ld",
    "as",
    "node",
    "npm",
    "git",
    "curl",
    "wget",
)
# Answers a client of SQL Server with nothing, and tells the byte of its first packet in which it says
# whether it wants TLS: 0 "for the password alone", 1 "for all", 2 "not at all".
_ASK_SQL_SERVER = """\
import socket, sys, threading
from crate_core.database import make_engine
def answer():
    connection, _ = server.accept()
    packet = connection.recv(4096)[8:]
    at = 0
    while packet[at] != 1:
        at += 5
    print(packet[int.from_bytes(packet[at + 1 : at + 3], "big")])
    connection.close()
server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=answer).start()
try:
    make_engine(sys.argv[1].replace("PORT", str(server.getsockname()[1]))).connect()
except Exception:
    pass
"""
every_image = pytest.mark.parametrize("name", IMAGES)


@every_image
def test_image_is_small(name: str) -> None:
    own = inspect(image(name))["Size"] - inspect(BASE)["Size"]
    print(f"crate-{name}: {own / 1e6:.0f} MB over {BASE}")
    assert own < MOST_MB[name] * 1e6


@every_image
def test_image_runs_as_a_numbered_user_who_owns_nothing(name: str) -> None:
    assert inspect(image(name))["Config"]["User"] == "10001:10001"
    find = "find / -xdev -user 10001 ! -path '/tmp*' ! -path /mails ! -path '/proc/*' ! -path '/dev/*' 2>/dev/null || true"
    assert run_in(name, "sh", "-c", find).stdout == ""


@every_image
def test_image_holds_no_compiler_and_no_cache(name: str) -> None:
    script = (
        f"for tool in {' '.join(TOOLS)}; do command -v $tool; done;"
        "find /var/lib/apt/lists /var/cache/apt /var/cache/npm /var/cache/pip -type f 2>/dev/null;"
        "find / -xdev -type f '(' -path '*/.cache/*' -o -path '*/.npm/*' ')' 2>/dev/null;"
        "find / -xdev -name '*.whl' ! -path '*/ensurepip/*' ! -path '/usr/share/python-wheels/*' 2>/dev/null; true"
    )
    # As root: nobody else may look into its home.
    own = set(run_in(name, "sh", "-c", script, options=("--user=0",)).stdout.split())
    base = docker("run", "--rm", "--user=0", BASE, "sh", "-c", script).split()
    assert own - set(base) == set()


@every_image
def test_image_holds_its_own_service_and_core_alone(name: str) -> None:
    everything = sorted(set().union(*OWN.values()))
    script = f"import importlib.util as u; print(*[m for m in {everything} if u.find_spec(m)])"
    done = run_in(name, "python", "-c", script)
    assert set(done.stdout.split()) == OWN[name], done.stderr


@every_image
def test_image_starts_python_itself_and_says_what_it_is(name: str) -> None:
    config = inspect(image(name))["Config"]
    assert config["Entrypoint"] is None
    assert config["Cmd"][0] in {"python", "crate"}
    labels = config["Labels"]
    for label in ("title", "description", "licenses", "version", "revision"):
        assert labels[f"org.opencontainers.image.{label}"], label
    if name != "demo":
        assert config["Healthcheck"]["Test"][:2] == ["CMD", "healthcheck"]


@every_image
def test_image_holds_no_secret_in_its_history_or_environment(name: str) -> None:
    config = inspect(image(name))["Config"]
    assert not [each for each in config["Env"] if "SECRET" in each or "PASSWORD" in each]
    history = docker("history", "--no-trunc", "--format", "{{json .}}", image(name))
    created = [json.loads(line)["CreatedBy"] for line in history.splitlines()]
    assert not [each for each in created if "PASSWORD" in each.upper()]


@pytest.mark.parametrize("name", ["web", "consent", "mailer"])
def test_image_reaches_sql_server_by_free_tds(name: str) -> None:
    done = run_in(name, "python", "-c", "import pyodbc; print(pyodbc.drivers())")
    assert "FreeTDS" in done.stdout, done.stderr


@pytest.mark.parametrize("name", ["web", "consent", "mailer"])
def test_all_that_sql_server_is_told_is_encrypted_where_the_docs_say_so(name: str) -> None:
    assert "`Encryption=require`" in (ROOT / "docs/operations.md").read_text()
    url = "mssql+pyodbc://a:b@127.0.0.1:PORT/site?driver=FreeTDS&TDS_Version=7.4"
    done = run_in(name, "python", "-c", _ASK_SQL_SERVER, f"{url}&Encryption=require")
    assert done.stdout.split() == ["1"], done.stderr


@pytest.mark.parametrize("name", ["web", "consent", "mailer"])
def test_service_without_settings_names_them_and_ends(name: str) -> None:
    done = run_in(name)
    assert done.returncode == 2
    assert "CRATE_DATABASE_URL: must be set" in done.stderr


def test_flower_without_a_log_in_does_not_start() -> None:
    done = run_in("flower", options=("--env", "CRATE_BROKER_URL=amqp://nobody@localhost"))
    assert done.returncode == 2
    assert "log-in" in done.stderr


def test_web_holds_the_built_assets() -> None:
    script = "import crate_web.assets as a, json; print(len(json.loads((a.BUILT / 'manifest.json').read_text())))"
    assert int(run_in("web", "python", "-c", script).stdout) > 3
