"""Lists that leave the site as CSV are audited, with who took them."""

import pytest
from sqlalchemy import select

from crate_core.audit import AuditKind
from crate_core.domain.roles import Role
from crate_core.models import AuditEvent
from crate_web.app import Application
from crate_web.features import FEATURES
from crate_web.routing import PageRoute
from tests.integration.consent.world import World
from tests.web import Browser, add_user

LISTS = [
    route.path
    for feature in FEATURES
    for route in feature.routes
    if isinstance(route, PageRoute) and route.path.endswith(".csv")
]
TELLS_OF_NO_PATIENT = {"/studies.csv"}


def downloads(world: World) -> list[tuple[str, str, dict[str, object]]]:
    with world.database.read() as session:
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.kind == AuditKind.LIST_DOWNLOADED)
        )
        return [(event.actor, event.subject, event.detail) for event in events]


@pytest.mark.parametrize("path", sorted(set(LISTS) - TELLS_OF_NO_PATIENT))
def test_c133_download_of_a_list_is_audited(world: World, app: Application, path: str) -> None:
    user = add_user(world.database, "ann", Role.RDBM, Role.CLINICIAN)
    with Browser(app) as browser:
        browser.sign_in_as(user)
        assert browser.request("HEAD", path).status_code == 200
        assert downloads(world) == []
        given = browser.get(path)
        assert given.headers["content-type"].startswith("text/csv")
        ((actor, subject, detail),) = downloads(world)
    name = given.headers["content-disposition"].partition('"')[2].removesuffix('.csv"')
    assert (actor, subject) == ("ann", f"list:{name}")
    assert detail == {"searched": False}


def test_audit_tells_which_part_of_a_list_was_taken_but_no_words_that_were_searched(
    world: World, browser: Browser
) -> None:
    browser.get("/rdbm/letters.csv?q=quillfeather&state=posted&kind=pack")
    ((actor, subject, detail),) = downloads(world)
    assert (actor, subject) == ("mona", "list:letters")
    assert detail == {"searched": True, "only state": "posted", "only kind": "pack"}
