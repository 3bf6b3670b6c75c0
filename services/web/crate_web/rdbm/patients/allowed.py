"""What a patient's choice allows, in words, and which one counted on a chosen day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from crate_core.domain.consent import ConsentMode, ConsentRecord, ConsentSource, in_force

_ALLOWED = {
    ConsentMode.RED: "Nobody may contact the patient about research.",
    ConsentMode.YELLOW: "The patient's clinician is asked first; only then is the patient asked.",
    ConsentMode.GREEN: "Researchers may contact the patient about studies approved for that.",
    ConsentMode.UNKNOWN: "The patient has not chosen: the clinician is asked first, then the patient.",
}
_SOURCES = {
    ConsentSource.USER_ENTRY: "entered here",
    ConsentSource.AUTO_CREATED: "assumed, nobody has decided",
    ConsentSource.LEGACY: "taken over from the former system",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One choice of the history."""

    record: ConsentRecord
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class OnDay:
    """What counted at the end of a day.

    Attributes:
        day: the day.
        known: the choice in force by what the site knew then; None when it knew none.
        since_learnt: the choice in force by what is known now, where that is another one.
    """

    day: date
    known: ConsentRecord | None
    since_learnt: ConsentRecord | None


def on_day(history: Sequence[Entry], day: date, zone: tzinfo) -> OnDay:
    """Return which choice counted at the end of `day` in `zone`."""
    end = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    decided = [entry for entry in history if entry.record.decided_at < end]
    known = in_force(entry.record for entry in decided if entry.entered_at < end)
    now_known = in_force(entry.record for entry in decided)
    return OnDay(day, known, now_known if now_known != known else None)


def in_words(record: ConsentRecord | None) -> list[str]:
    """Return what a choice allows, a sentence a line."""
    if record is None:
        return ["The site knew nothing of this patient's choice."]
    sentences = [_ALLOWED[record.mode]]
    if record.exclude_entirely:
        sentences = ["The patient opted out: no research at all, and nobody may contact them."]
    if record.consent_after_discharge:
        sentences.append("They may be contacted after discharge, however long ago that was.")
    if record.max_approaches_per_year:
        sentences.append(f"At most {record.max_approaches_per_year} approaches in a year.")
    if record.prefers_email:
        sentences.append("They prefer e-mail to letters.")
    if record.other_requests:
        sentences.append(f"In their words: {record.other_requests}")
    return sentences


def source_in_words(source: str) -> str:
    """Return where a choice comes from."""
    known = set(ConsentSource)
    return _SOURCES[ConsentSource(source)] if source in known else f"from the record ({source})"


def newest_first(history: Iterable[Entry]) -> list[Entry]:
    """Return the history as a timeline: the newest decision first."""
    return sorted(history, key=lambda entry: entry.record.precedence[1:], reverse=True)
