"""Researchers, the research database manager, and studies S1 to S4."""

from collections.abc import Iterator

import pytest

from crate_core.database import Database
from crate_core.domain.roles import Role
from tests.web import Browser, add_user, make_application
from tests.web.cast import Cast
from tests.web.clinic import add_lead, add_study


@pytest.fixture
def cast(database: Database) -> Cast:
    lead, other = add_lead(database, "lead"), add_lead(database, "other")
    member = add_user(database, "member", Role.RESEARCHER)
    return Cast(
        lead=lead,
        member=member,
        other=other,
        rdbm=add_user(database, "manager", Role.RDBM),
        s1=add_study(database, lead, 1, others=[member]),
        s2=add_study(database, other, 2, include_discharged=True),
        s3=add_study(database, lead, 3, request_direct_approach=False),
        s4=add_study(database, lead, 4, form=True),
    )


@pytest.fixture
def browser(database: Database) -> Iterator[Browser]:
    with Browser(make_application(database)) as browser:
        yield browser
