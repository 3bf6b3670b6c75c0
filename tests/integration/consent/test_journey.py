"""The whole way through clinician and patient, and its end by a change of mind."""

from crate_core.domain.contact import Answer, Status
from tests.integration.consent.world import World


def test_yellow_patient_is_asked_says_yes_and_changes_their_mind(world: World) -> None:
    world.leaflet()
    rid = world.patient()
    world.consent("yellow", letter_wanted=False)
    request_id = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_CLINICIAN
    assert [mail.kind for mail in world.mails()] == ["clinician_request"]
    world.answer(request_id, Answer.R)
    world.run_jobs()
    assert world.request(request_id).status == Status.WITH_PATIENT
    (pack,) = world.letters("pack")
    assert pack.needs_posting
    assert pack.rdbm_may_view
    world.reply(request_id, agreed=True)
    world.run_jobs()
    assert world.request(request_id).status == Status.APPROVED
    world.consent("red")
    world.run_jobs()
    assert world.request(request_id).status == Status.WITHDRAWN
    assert len(world.letters("withdrawal")) == 1
    assert [mail.kind for mail in world.mails()] == [
        "clinician_request",
        "rdbm",
        "approval",
        "withdrawal",
        "rdbm",
    ]
