"""The account that researchers' statements run under can only read."""

import pytest

from crate_web.runner.accounts import rights_beyond_reading


@pytest.mark.parametrize(
    ("grants", "found"),
    [
        (
            [
                "GRANT USAGE ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*0'",
                "GRANT SELECT, SHOW VIEW ON `research`.* TO `r`@`%`",
                "GRANT SELECT (`a`, `b`) ON `research`.`note` TO `r`@`%`",
            ],
            [],
        ),
        (["GRANT ALL PRIVILEGES ON *.* TO `r`@`%` WITH GRANT OPTION"], ["ALL PRIVILEGES on *.*"]),
        (
            ["GRANT SELECT, INSERT (`a`, `b`), FILE ON `research`.* TO `r`@`%`"],
            ["INSERT on research.*", "FILE on research.*"],
        ),
    ],
)
def test_account_that_can_do_more_than_read_is_found(grants: list[str], found: list[str]) -> None:
    assert rights_beyond_reading(grants) == found
