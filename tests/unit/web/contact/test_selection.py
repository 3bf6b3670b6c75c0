"""Pasted identifiers, and who may know what of a request."""

import pytest

from crate_core.domain.contact import CoarseStatus, Status, StopCode
from crate_core.domain.roles import Role
from crate_core.models import ContactRequest
from crate_web.contact.selection import MOST_IDENTIFIERS, LookupKind, select_patients
from crate_web.contact.visibility import coarse_of, identifier_shown, shown_kind, words_of
from crate_web.visitor import Visitor


def test_c05_nhs_number_with_a_right_check_digit_is_taken() -> None:
    found = select_patients("", "", "9434765919")
    assert found.identifiers == ((LookupKind.NHS_NUMBER, "9434765919"),)
    assert found.problems == {}


@pytest.mark.parametrize("wrong", ["9434765918", "943476591", "0434765919"])
def test_c05_wrong_nhs_number_is_refused_and_named(wrong: str) -> None:
    assert wrong in select_patients("", "", f"9434765919 {wrong}").problems["nhs_numbers"]


def test_c06_nhs_number_with_spaces_is_one_number() -> None:
    found = select_patients("", "", "943 476 5919")
    assert found.identifiers == ((LookupKind.NHS_NUMBER, "9434765919"),)


def test_c07_every_identifier_becomes_one_request() -> None:
    found = select_patients("a1 b2\nc3", "d4, e5", "")
    assert [kind for kind, _ in found.identifiers] == ["rid"] * 3 + ["mrid"] * 2


def test_c08_no_identifier_is_a_problem() -> None:
    assert select_patients(" \n", ",", "").problems == {"rids": "Enter at least one RID or MRID"}


@pytest.mark.parametrize(
    ("rids", "nhs_numbers"),
    [("ab12 ab12", ""), ("AB12, ab12", ""), ("zzz Zzz", ""), ("", "9434765919 943 476 5919")],
)
def test_c09_repeated_identifier_is_one_request(rids: str, nhs_numbers: str) -> None:
    found = select_patients(rids, "", nhs_numbers)
    assert len(found.identifiers) == 1
    assert found.repeated == 1


def test_too_many_at_once_are_refused() -> None:
    many = " ".join(f"r{number}" for number in range(MOST_IDENTIFIERS + 1))
    assert "rids" in select_patients(many, "", "").problems


def test_message_does_not_grow_with_the_number_of_mistakes() -> None:
    message = select_patients("", "", " ".join(str(number) for number in range(100))).problems
    assert "95 more are wrong" in message["nhs_numbers"]


def visitor(user_id: int, *roles: Role) -> Visitor:
    return Visitor(user_id, "name", "Name", frozenset(roles), 50, 1, "")


def request_by(user_id: int, kind: str, value: str) -> ContactRequest:
    return ContactRequest(requested_by_id=user_id, lookup_kind=kind, lookup_value=value)


@pytest.mark.parametrize(
    ("who", "kind", "shown"),
    [
        (visitor(1, Role.RESEARCHER), "rid", True),
        (visitor(2, Role.RESEARCHER), "rid", False),
        (visitor(1, Role.RESEARCHER), "nhs_number", False),
        (visitor(1, Role.RDBM), "nhs_number", True),
        (visitor(2, Role.RDBM), "nhs_number", False),
    ],
)
def test_c103_identifier_is_shown_to_who_submitted_it(who: Visitor, kind: str, shown: bool) -> None:
    assert (identifier_shown(request_by(1, kind, "9434765919"), who) is not None) is shown


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("stop", [None, StopCode.DEAD, StopCode.CONSENT_RED])
def test_c103_words_say_nothing_of_the_reason(status: Status, stop: StopCode | None) -> None:
    found = ContactRequest(status=status, stop_code=stop, stop_text="dead")
    words = words_of(coarse_of(found))
    for secret in ("dead", "RED", "YELLOW", "refus", "stopped"):
        assert secret not in f"{words.name} {words.next}"


def test_after_a_withdrawal_only_its_letter_is_shown() -> None:
    assert {status: shown_kind(status) for status in CoarseStatus} == {
        CoarseStatus.IN_PROGRESS: None,
        CoarseStatus.NOT_POSSIBLE: None,
        CoarseStatus.NOT_FOUND: None,
        CoarseStatus.APPROVED: "approval",
        CoarseStatus.WITHDRAWN: "withdrawal",
    }
