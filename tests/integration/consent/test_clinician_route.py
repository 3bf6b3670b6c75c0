"""Who is asked through a clinician, why, and what is worth knowing of it."""

import hashlib
import re

import pytest
from sqlalchemy import select

from crate_consent.steps.asking import issue_link
from crate_core.clock import utcnow
from crate_core.database import WriteSession
from crate_core.domain.consent import ConsentMode, ConsentSource
from crate_core.domain.contact import Answer, Involvement, Status, StopCode
from crate_core.models import Base, ClinicianLink, ClinicianResponse
from tests.integration.consent.conftest import MakeWorld
from tests.integration.consent.world import N1, N2, World

LINK = re.compile(r"https://site\.example\.org/crate/respond/([\w-]+)")


def token_of(text: str) -> str:
    """Return the token in a mail."""
    (token,) = set(LINK.findall(text))
    return str(token)


@pytest.mark.parametrize(
    ("mode", "direct", "involvement"),
    [
        pytest.param("green", False, Involvement.REQUESTED, id="c29"),
        pytest.param("yellow", True, Involvement.YELLOW, id="c30-direct"),
        pytest.param("yellow", False, Involvement.REQUESTED, id="c30"),
        pytest.param(None, True, Involvement.UNKNOWN, id="c31"),
    ],
)
def test_c29_c30_c31_a_clinician_is_asked_unless_green_may_be_written_to(
    world: World, mode: str | None, direct: bool, involvement: Involvement
) -> None:
    rid = world.patient()
    if mode:
        world.consent(mode, letter_wanted=False)
    request_id = world.submit(world.study(), rid, direct=direct)
    world.run_jobs()
    request = world.request(request_id)
    assert (request.status, request.involvement) == (Status.WITH_CLINICIAN, involvement)
    (mail,) = world.mails()
    assert (mail.kind, mail.recipient) == ("clinician_request", "cleo@example.org")
    assert not world.letters()


def test_c31_a_row_says_that_the_patient_never_chose(world: World) -> None:
    world.submit(world.study(), world.patient())
    world.run_jobs()
    row = world.choice_in_force()
    assert (row.mode, row.source) == (ConsentMode.UNKNOWN, ConsentSource.AUTO_CREATED)
    assert world.count(type(row)) == 1


@pytest.mark.parametrize(
    ("domains", "address", "passes"),
    [
        pytest.param(["cpft.nhs.uk"], "c@other.nhs.uk", False, id="c33"),
        pytest.param(["@cpft.nhs.uk"], "c@cpft.nhs.uk", True, id="c34"),
        pytest.param(["@cpft.nhs.uk"], "c@CPFT.NHS.UK", True, id="c34-capitals"),
    ],
)
def test_c33_c34_clinicians_are_mailed_in_permitted_domains_only(
    make_world: MakeWorld, domains: list[str], address: str, passes: bool
) -> None:
    world = make_world(permitted_email_domains=domains)
    request_id = world.submit(world.study(), world.patient(clinician_email=address), direct=False)
    world.run_jobs()
    request = world.request(request_id)
    if passes:
        assert [mail.recipient for mail in world.mails()] == [address]
        return
    assert request.stop_code == StopCode.CLINICIAN_DOMAIN
    assert "not in a permitted domain" in request.stop_text
    assert not world.mails()


def test_c35_clinician_without_a_valid_address_and_no_clinician_stop(world: World) -> None:
    bad = world.submit(world.study(), world.patient(N1, clinician_email="bad"))
    nobody = world.patient(N2, clinician_last_name="", clinician_email="")
    none = world.submit(world.study(), nobody)
    world.run_jobs()
    assert world.request(bad).stop_code == StopCode.CLINICIAN_EMAIL_INVALID
    assert world.request(none).stop_code == StopCode.NO_CLINICIAN
    assert not world.mails()


def test_c36_a_second_question_goes_out_with_a_warning(world: World) -> None:
    rid, study = world.patient(), world.study()
    first = world.submit(study, rid)
    world.run_jobs()
    second = world.submit(study, rid)
    world.run_jobs()
    assert world.request(first).warnings == []
    assert world.request(second).status == Status.WITH_CLINICIAN
    (warning,) = world.request(second).warnings
    assert "has not answered" in warning
    assert len(world.mails("clinician_request")) == 2


def test_c37_after_a_veto_the_manager_must_confirm(world: World) -> None:
    rid, study = world.patient(), world.study()
    first = world.submit(study, rid)
    world.run_jobs()
    world.answer(first, Answer.B, "not now")
    world.run_jobs()
    repeat, other = world.submit(study, rid), world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(repeat).status == Status.NEW
    assert world.request(other).status == Status.WITH_CLINICIAN
    (finding,) = world.findings("repeat_after_veto")
    assert finding.contact_request_id == repeat
    world.confirm_repeat(repeat)
    world.run_jobs()
    assert world.request(repeat).status == Status.WITH_CLINICIAN
    assert any("refused" in warning for warning in world.request(repeat).warnings)


def test_c37_a_held_request_of_a_patient_who_says_red_ends_once_confirmed(world: World) -> None:
    rid, study = world.patient(), world.study()
    first = world.submit(study, rid)
    world.run_jobs()
    world.answer(first, Answer.B)
    world.run_jobs()
    repeat = world.submit(study, rid)
    world.run_jobs()
    world.consent("red", letter_wanted=False)
    world.run_jobs()
    assert world.request(repeat).status == Status.NEW
    world.confirm_repeat(repeat)
    world.run_jobs()
    assert world.request(repeat).stop_code == StopCode.CONSENT_RED


def test_c41_a_token_is_long_and_stands_nowhere_but_in_the_mail(world: World) -> None:
    world.submit(world.study(), world.patient())
    world.run_jobs()
    (mail,) = world.mails()
    token = token_of(mail.text)
    assert token == token_of(mail.html)
    assert len(token) >= 43  # 32 bytes in base 64
    assert token not in mail.subject + mail.message_id + mail.effect_key
    places = set()
    with world.database.read() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                for value in session.scalars(select(column)):
                    found = value if isinstance(value, bytes) else str(value).encode()
                    if token.encode() in found:
                        places.add(f"{table.name}.{column.name}")
        (link,) = session.scalars(select(ClinicianLink))
    assert places == {"mail.text", "mail.html"}
    assert link.token_hash == hashlib.sha256(token.encode()).hexdigest()


def test_c41_a_thousand_links_have_a_thousand_tokens(world: World) -> None:
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    asked = world.request(request_id).clinician_response
    assert asked is not None

    def work(session: WriteSession) -> set[str]:
        response = session.get_one(ClinicianResponse, asked.id)
        return {issue_link(session, response) for _ in range(1000)}

    assert len(world.database.write(work)) == 1000
    assert world.count(ClinicianLink) == 1001


def test_c25_an_answer_of_a_counts_as_an_approach_and_a_refusal_does_not(world: World) -> None:
    rid = world.patient()
    world.consent("yellow", letter_wanted=False, max_approaches_per_year=1)
    asked = [world.submit(world.study(), rid) for _ in range(4)]
    world.run_jobs()
    for request_id, answer in zip(asked[1:], (Answer.B, Answer.C), strict=False):
        world.answer(request_id, answer)
    world.run_jobs()
    passes = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(passes).status == Status.WITH_CLINICIAN
    world.answer(asked[3], Answer.A)
    world.run_jobs()
    stops = world.submit(world.study(), rid)
    world.run_jobs()
    assert world.request(stops).stop_code == StopCode.YEARLY_LIMIT


def test_expiry_of_the_link_is_that_of_the_question(world: World) -> None:
    request_id = world.submit(world.study(), world.patient())
    world.run_jobs()
    response = world.request(request_id).clinician_response
    assert response is not None
    assert 55 <= (response.expires_at - utcnow()).days <= 56
