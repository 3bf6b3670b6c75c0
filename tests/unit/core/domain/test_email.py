import pytest

from crate_core.domain.email import (
    NoIdentity,
    domain_of,
    domain_permitted,
    is_valid_address,
    why_no_identity,
)


@pytest.mark.parametrize(
    "address",
    ["a@cpft.nhs.uk", "first.last+tag@sub.example.org", "o'brien@x-y.example", "A_1@EXAMPLE.ORG"],
)
def test_plain_address_is_valid(address: str) -> None:
    assert is_valid_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bad",
        "@example.org",
        "a@",
        "a@localhost",
        "a b@example.org",
        "a@exam ple.org",
        "a@@example.org",
        "a@b@example.org",
        ".a@example.org",
        "a..b@example.org",
        "a@-example.org",
        "a@example..org",
        "a@example.org\n",
        "a@example.org\r\nBcc: b@example.org",
        "A <a@example.org>",
        "a@example.org, b@example.org",
        "ä@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 60 + ".c" * 100,
    ],
)
def test_c35_anything_else_is_not_an_address(address: str) -> None:
    assert not is_valid_address(address)


@pytest.mark.parametrize(
    ("address", "permitted", "expected"),
    [
        pytest.param("a@cpft.nhs.uk", ["cpft.nhs.uk"], True, id="listed"),
        pytest.param("a@other.nhs.uk", ["cpft.nhs.uk"], False, id="not listed"),
        pytest.param("a@sub.cpft.nhs.uk", ["cpft.nhs.uk"], False, id="subdomain is another domain"),
        pytest.param("a@xcpft.nhs.uk", ["cpft.nhs.uk"], False, id="same ending"),
        pytest.param("a@anything.example", [], True, id="empty list"),
    ],
)
def test_c33_only_listed_domains_are_permitted(
    address: str, permitted: list[str], expected: bool
) -> None:
    assert domain_permitted(address, permitted) is expected


@pytest.mark.parametrize("address", ["a@cpft.nhs.uk", "A@CPFT.NHS.UK"])
@pytest.mark.parametrize("entry", ["@cpft.nhs.uk", "CPFT.NHS.UK", " @Cpft.nhs.uk "])
def test_c34_leading_at_and_capitals_do_not_matter(address: str, entry: str) -> None:
    assert domain_permitted(address, [entry])


def test_text_without_at_has_no_domain() -> None:
    assert not domain_of("cpft.nhs.uk")
    assert not domain_permitted("cpft.nhs.uk", ["cpft.nhs.uk"])


@pytest.mark.parametrize(
    ("address", "active", "checked", "why"),
    [
        ("a@cpft.nhs.uk", True, True, None),
        ("a@cpft.nhs.uk", False, True, NoIdentity.DISABLED),
        ("", True, True, NoIdentity.NO_ADDRESS),
        ("bad", True, True, NoIdentity.INVALID),
        ("a@cpft.nhs.uk", True, False, NoIdentity.UNCHECKED),
        ("a@hotmail.com", True, True, NoIdentity.DOMAIN),
    ],
)
def test_c32_c97_identity_goes_to_checked_addresses_in_permitted_domains_only(
    address: str, active: bool, checked: bool, why: NoIdentity | None
) -> None:
    permitted = ["cpft.nhs.uk"]
    assert why_no_identity(address, active=active, checked=checked, permitted=permitted) is why
