"""All letters of a site: the one thing that other modules use."""

from datetime import date, datetime, tzinfo
from io import BytesIO

import pikepdf

from crate_consent.letters.confirmation import confirmation
from crate_consent.letters.facts import (
    ApprovalFacts,
    ConfirmationFacts,
    PackFacts,
    WithdrawalFacts,
)
from crate_consent.letters.pack import make_pack
from crate_consent.letters.researcher import approval, withdrawal
from crate_consent.letters.result import Letter
from crate_consent.letters.typesetter import Data, Typesetter
from crate_core.settings.wording import SiteWording


class Letters:
    """Makes the letters of a site; make one a process and keep it.

    It may be made before workers are forked, but no letter may (see `Typesetter`).

    All letters are A4, tagged, in English, with "Page x of y" on each page and, on the first, the trust's
    address and the ethics references (C63). The same arguments give the same bytes. `written_at` is an
    aware time; letters carry its date in the site's time zone.
    """

    def __init__(self, wording: SiteWording, time_zone: tzinfo) -> None:
        """Take the site's wording and the time zone of the dates on letters."""
        self._wording = wording
        self._time_zone = time_zone
        self._typesetter = Typesetter()

    def approval(self, facts: ApprovalFacts, written_at: datetime) -> Letter:
        """Tell a lead researcher that a patient may be contacted (PDF/UA-1)."""
        return self._single(
            "approval", approval(self._wording, facts, self._day(written_at)), written_at
        )

    def withdrawal(self, facts: WithdrawalFacts, written_at: datetime) -> Letter:
        """Tell a lead researcher that a permission has ended (PDF/UA-1)."""
        return self._single(
            "withdrawal", withdrawal(self._wording, facts, self._day(written_at)), written_at
        )

    def confirmation(self, facts: ConfirmationFacts, written_at: datetime) -> Letter:
        """Confirm a general choice to the patient (PDF/UA-1).

        Raises:
            ValueError: The mode is unknown.
        """
        return self._single(
            "confirmation", confirmation(self._wording, facts, self._day(written_at)), written_at
        )

    def pack(self, facts: PackFacts, written_at: datetime) -> Letter:
        """Make the pack for a patient, with its uploaded parts (see `uploads` for what is tagged).

        Raises:
            PermanentError: An uploaded PDF cannot be read.
        """
        return make_pack(self._typesetter, self._wording, facts, self._day(written_at), written_at)

    def _single(self, template: str, data: dict[str, Data], written_at: datetime) -> Letter:
        pdf = self._typesetter.typeset(template, data, written_at)
        with pikepdf.open(BytesIO(pdf)) as document:
            return Letter(pdf=pdf, title=str(data["title"]), pages=len(document.pages))

    def _day(self, written_at: datetime) -> date:
        return written_at.astimezone(self._time_zone).date()
