from datetime import timedelta

import pytest

from crate_consent.decisions.approaches import EarlierRequest, approaches_in_past_year
from crate_core.domain.contact import Answer, Route
from tests.unit.consent.decisions.builders import NOW


def earlier(days_ago: int, route: Route | None, answer: Answer | None = None) -> EarlierRequest:
    return EarlierRequest(NOW - timedelta(days=days_ago), route, answer)


@pytest.mark.parametrize(("days_ago", "count"), [(0, 1), (364, 1), (365, 1), (366, 0)])
def test_c24_approaches_of_the_past_365_days_count(days_ago: int, count: int) -> None:
    assert approaches_in_past_year([earlier(days_ago, Route.DIRECT)], NOW) == count


@pytest.mark.parametrize(
    ("route", "answer", "count"),
    [
        (Route.DIRECT, None, 1),
        (Route.CLINICIAN, Answer.R, 1),
        (Route.CLINICIAN, Answer.A, 1),
        (Route.CLINICIAN, None, 0),
        (Route.CLINICIAN, Answer.B, 0),
        (Route.CLINICIAN, Answer.C, 0),
        (Route.CLINICIAN, Answer.D, 0),
        (None, None, 0),
    ],
)
def test_c25_only_what_reached_the_patient_counts(
    route: Route | None, answer: Answer | None, count: int
) -> None:
    assert approaches_in_past_year([earlier(10, route, answer)], NOW) == count


def test_approaches_add_up() -> None:
    requests = [earlier(days, Route.DIRECT) for days in (1, 100, 400)]
    requests.append(earlier(20, Route.CLINICIAN, Answer.A))
    assert approaches_in_past_year(requests, NOW) == 3
