"""The rows of the table: what is measured, CRATE's figure on a machine of two cores, and the goal."""

from dataclasses import dataclass
from enum import StrEnum


class Row(StrEnum):
    """Names of the rows, as `BENCH_ARGS` takes them."""

    START = "start"
    MEMORY = "memory"
    LOGIN = "login"
    HOME = "home"
    POST = "post"
    CLINICIAN = "clinician"
    DIRECT = "direct"
    SLOW = "slow"
    EMBEDDED = "embedded"


@dataclass(frozen=True)
class Goal:
    """What a row is compared with."""

    what: str
    crate: str
    goal: float
    unit: str
    more_is_better: bool = False


GOALS = {
    "start": Goal("web: start to first page", "2.3", 2.5, "s"),
    "memory of web": Goal("idle memory: web (2 workers)", "360", 250, "MiB"),
    "memory of consent": Goal("idle memory: consent", "517", 150, "MiB"),
    "memory of mailer": Goal("idle memory: mailer", "-", 120, "MiB"),
    "memory of runner": Goal("idle memory: runner", "-", 170, "MiB"),
    "login": Goal("log-in page, 2 web workers, 8 connections", "399", 1600, "req/s", True),
    "home": Goal("home page, logged in", "147", 700, "req/s", True),
    "post": Goal("POST of a request to its processed state, p50", "70", 50, "ms"),
    "clinician": Goal("500 requests via clinician, mails delivered", "29.5", 75, "/s", True),
    "direct": Goal("100 direct approvals with PDF letter and mail", "5.2", 40, "/s", True),
    "slow": Goal("log-in page, p95, while 12 slow statements run", "2,500", 40, "ms"),
    "embedded": Goal("POST to processed on the embedded default, p50", "-", 500, "ms"),
}


@dataclass(frozen=True)
class Result:
    """One measured number."""

    name: str
    value: float
    detail: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether it is at least as good as the goal."""
        goal = GOALS[self.name]
        return self.value >= goal.goal if goal.more_is_better else self.value <= goal.goal


def as_line(result: Result) -> str:
    """Return a result as a line of the table."""
    goal = GOALS[result.name]
    sign = "≥" if goal.more_is_better else "≤"
    values = f"{goal.crate:>7} {sign}{goal.goal:>6g} {result.value:>8.1f} {goal.unit:<6}"
    return f"{goal.what:<50} {values}{'' if result.is_reached else ' MISSED'}"


HEAD = f"{'what':<50} {'CRATE':>7} {'goal':>7} {'ours':>8}"
