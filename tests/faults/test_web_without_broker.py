"""A request that is submitted while the broker is away (C125), through a real web process and its pages."""

import html
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.faults.outcome import check_outcome
from tests.faults.people import Kind
from tests.faults.processes import ServiceProcess
from tests.faults.system import System
from tests.servers import RabbitMQServer
from tests.servers.process import HOST, free_port
from tests.web.clinic import add_lead
from tests.web.site import PASSWORD

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture
def visitor(system: System) -> Iterator[httpx.Client]:
    """A browser before a running web, its cookies kept."""
    address = f"{HOST}:{free_port()}"
    settings = {"CRATE_BIND": address, "CRATE_PUBLIC_URL": f"http://{address}/crate"}
    web = ServiceProcess("crate_web.serve", {**system.environment, **settings}, system.folder)
    web.start()
    with httpx.Client(base_url=f"http://{address}/crate", timeout=30) as client:
        system.await_that(lambda: _answers(client))
        yield client
    web.kill()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/login").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _fill_in(client: httpx.Client, path: str, *, seen: str = "", **fields: str) -> httpx.Response:
    """Fill in the form of a page, or the one that was seen in answer to its first post."""
    hidden = {name: html.unescape(value) for name, value in _HIDDEN.findall(seen)}
    if not seen:
        hidden = {
            name: html.unescape(value) for name, value in _HIDDEN.findall(client.get(path).text)
        }
    return client.post(path, data={**hidden, **fields})


def test_c125_requests_saved_without_a_broker_are_done_once_it_is_back(
    system: System, visitor: httpx.Client, rabbitmq: RabbitMQServer
) -> None:
    asker = add_lead(system.database, "asker")
    study = system.world.study(lead_researcher_id=asker.id)
    rids = system.add(3, [Kind.YELLOW, Kind.RED, Kind.NOBODY])
    signed_in = _fill_in(visitor, "/login", username="asker", password=PASSWORD)
    assert signed_in.status_code == httpx.codes.SEE_OTHER, signed_in.text

    rabbitmq.stop()
    form = "/contact/requests/new"
    answer = _fill_in(visitor, form, study=str(study), rids=" ".join(rids))
    if answer.status_code == httpx.codes.OK:
        answer = _fill_in(visitor, form, seen=answer.text, confirmed="true")
    # Answered while there is no broker, so that no page waited for it.
    assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
    assert system.unfinished() != []
    rabbitmq.start()

    system.await_rest()
    check_outcome(system)
