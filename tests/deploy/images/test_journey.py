"""The journey of `tests/browser` through the front proxy, below a path prefix, on the containers."""

from collections.abc import Callable

import httpx
from playwright.sync_api import Page

from crate_demo.kinds import Kind
from tests.browser import test_journey as walk
from tests.deploy.images.engine import ROOT, docker
from tests.deploy.images.site import ALL, ContainerSite


def test_one_command_leads_to_a_signed_in_page(site: ContainerSite) -> None:
    print(f"make up, from nothing to a signed-in page: {site.seconds:.0f} s")
    for told in (f"{site.url}/", "Mails:", "Flower:", "researcher"):
        assert told in site.said
    site.await_healthy(*ALL)


def test_journey_through_the_proxy_and_its_path_prefix(
    site: ContainerSite, prefixed_page: Callable[..., Page]
) -> None:
    site.await_healthy(*ALL)
    kinds = (Kind.GREEN, Kind.YELLOW, Kind.YELLOW, Kind.YELLOW)
    walk.take_the_journey(walk.Walk(site, prefixed_page, *(site.take(kind) for kind in kinds)))
    memory = docker("stats", "--no-stream", "--format", "{{.Name}}: {{.MemUsage}}")
    print(memory)


def test_flower_watches_behind_its_own_log_in(site: ContainerSite) -> None:
    flower = f"{site.url}/flower"
    name, _, password = (ROOT / "docker/secrets/flower_accounts").read_text().strip().partition(":")
    account = (name, password)
    assert httpx.get(f"{flower}/").status_code == httpx.codes.UNAUTHORIZED
    assert httpx.get(f"{flower}/", auth=(name, "wrong")).status_code == httpx.codes.UNAUTHORIZED
    workers = httpx.get(f"{flower}/workers", params={"json": "1"}, auth=account).json()["data"]
    online = {each["hostname"].partition("@")[0] for each in workers if each["status"]}
    assert online == {"consent", "mailer", "runner"}
    queues = httpx.get(f"{flower}/broker", auth=account).text
    assert "crate.consent" in queues
    assert "crate.research.dead" in queues
    # It commands nobody, and its metrics are Prometheus' alone.
    stop = httpx.post(f"{flower}/api/worker/shutdown/{workers[0]['hostname']}", auth=account)
    assert stop.status_code == httpx.codes.FORBIDDEN
    assert httpx.get(f"{flower}/metrics", auth=account).status_code == httpx.codes.NOT_FOUND
    tasks = httpx.get(f"{flower}/api/tasks", auth=account).json().values()
    assert all(set(task["kwargs"]) <= set("{'job': 0123456789}") for task in tasks)
