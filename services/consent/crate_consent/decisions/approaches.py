"""How often a patient was approached about research in the past year."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from crate_core.domain.contact import Answer, Route

WINDOW = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class EarlierRequest:
    """Another request for the same patient.

    `route` is the way it went (None: it went nowhere), `answer` what the clinician said, if anything yet.
    """

    created_at: datetime
    route: Route | None
    answer: Answer | None = None

    @property
    def is_approach(self) -> bool:
        """It reached the patient: the researcher got it, or a clinician agreed (C25)."""
        return self.route is Route.DIRECT or (self.answer is not None and self.answer.agrees)


def approaches_in_past_year(earlier: Iterable[EarlierRequest], now: datetime) -> int:
    """Count the approaches of the 365 days before `now` (C24, C25)."""
    return sum(request.is_approach and request.created_at >= now - WINDOW for request in earlier)
