"""The direct route: a standing GREEN goes straight to the lead researcher."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from crate_core.clock import utcnow
from crate_core.domain.contact import Involvement, Status, StopCode
from crate_core.models import UserAccount
from tests.integration.consent.conftest import MakeWorld
from tests.integration.consent.world import N1, World


def test_c28_green_direct_gives_one_letter_and_one_mail_with_its_pdf(world: World) -> None:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    request = world.request(request_id)
    assert request.status == Status.APPROVED, request.stop_text
    assert request.involvement == Involvement.NONE
    (letter,) = world.letters()
    assert (letter.kind, letter.addressee) == ("approval", "researcher")
    assert not letter.needs_posting
    assert letter.rdbm_may_view
    (mail,) = world.mails()
    assert mail.recipient == "lead@example.org"
    (attachment,) = mail.attachments
    assert attachment.document.id == letter.document.id
    assert letter.document.content.startswith(b"%PDF")
    assert world.statuses(request_id) == ["new", "approved"]


def test_c32_no_identifying_mail_leaves_the_permitted_domains(make_world: MakeWorld) -> None:
    world = make_world(permitted_email_domains=["cpft.nhs.uk"])
    world.database.write(
        lambda session: session.change(
            update(UserAccount).where(UserAccount.id == world.lead).values(email="l@hotmail.com")
        )
    )
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    (letter,) = world.letters("approval")
    assert letter.needs_posting
    (mail,) = world.mails()
    assert mail.kind == "rdbm"
    assert "is not in a permitted domain" in mail.text
    for identifier in (str(N1), "943 476 5919", "Pat Example", "Test Street"):
        assert identifier not in mail.subject + mail.text + mail.html


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"email_verified_at": None}, "nobody has checked whose"),
        ({"is_active": False}, "the account is disabled"),
    ],
)
def test_an_address_that_nobody_checked_or_of_who_has_left_gets_no_patients_name(
    world: World, change: dict[str, object], why: str
) -> None:
    world.database.write(lambda session: session.change(update(UserAccount).values(**change)))
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    (letter,) = world.letters("approval")
    assert letter.needs_posting
    (mail,) = world.mails()
    assert mail.kind == "rdbm"
    assert why in mail.text


def test_c24_the_yearly_limit_looks_back_365_days(world: World) -> None:
    rid = world.patient()
    world.consent("green", letter_wanted=False, max_approaches_per_year=1)
    study, now = world.study(), utcnow()
    world.submit(study, rid, created_at=now - timedelta(days=366))
    world.run_jobs()
    passes = world.submit(study, rid, created_at=now - timedelta(days=364))
    world.run_jobs()
    assert world.request(passes).status == Status.APPROVED
    assert world.request(passes).approaches_in_past_year == 0
    stops = world.submit(study, rid)
    world.run_jobs()
    assert world.request(stops).stop_code == StopCode.YEARLY_LIMIT
    assert world.request(stops).approaches_in_past_year == 1
