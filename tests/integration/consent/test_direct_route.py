"""The direct route: a standing GREEN goes straight to the lead researcher."""

from crate_core.domain.contact import Involvement, Status
from tests.integration.consent.world import World


def test_c28_green_direct_gives_one_letter_and_one_mail_with_its_pdf(world: World) -> None:
    rid = world.patient()
    world.consent("green", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    request = world.request(request_id)
    assert request.status == Status.APPROVED, request.stop_text
    assert request.involvement == Involvement.NONE
    assert len(world.letters("approval")) == 1
    (mail,) = world.mails()
    assert mail.recipient == "lead@example.org"
    assert len(mail.attachments) == 1
    assert [event.to_status for event in request.events] == ["new", "approved"]
