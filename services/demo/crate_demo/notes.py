"""Free-text notes, written from each person's own records; the same for the same seed.

Pure. The notes look like de-identified ones: names are replaced by [__PPP__], as an anonymiser does.
"""

import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from crate_demo.people import Person, add_years

_NOTES_A_PERSON = range(3, 9)
_CURRENT_DRUG_DAYS = 180
_CHILD_AGE, _ADULT_AGE = 13, 18

_OPENINGS = (
    "Thank you for asking me to see [__PPP__], a {age}-year-old {who}.",
    "[__PPP__] attended clinic today. {age}-year-old {who}, accompanied by [__PPP__].",
    "Seen at home visit. {age}-year-old {who}, comfortable at rest.",
    "Telephone review with [__PPP__] ({age}-year-old {who}).",
    "Reviewed on the ward round with Dr [__PPP__]. {age}-year-old {who}.",
)
_COMPLAINTS = (
    "Presents with {condition}, first noticed about {span} ago.",
    "Diagnosis today: {condition}. Onset {span} ago, gradually worse.",
    "Came because of {condition}; symptoms for {span}, not improving with rest.",
    "{condition} confirmed. Says it has affected sleep for the last {span}.",
)
_PAST = (
    "Past history: {past}.",
    "Previous problems include {past}.",
    "Known to us with {past}.",
)
_MENTAL_STATE = (
    "Mood euthymic, sleeping well, no thoughts of self-harm.",
    "Mood low at times since the illness began; appetite reduced; denies suicidal ideation.",
    "Anxious about the diagnosis. Concentration fair, insight good.",
    "Bright and reactive. Orientated in time, place and person.",
    "Tearful when speaking about family. PHQ-9 score {score} today.",
)
_EXAMINATION = (
    "On examination BP {systolic}/{diastolic}, pulse {pulse} regular, temperature {temperature}.",
    "Observations: BP {systolic}/{diastolic} mmHg, heart rate {pulse}, SpO2 {oxygen}% on air.",
    "Weight {weight} kg. BP {systolic}/{diastolic}. Chest clear, abdomen soft.",
)
_SOCIAL = (
    "Lives with [__PPP__] in [__PPP__]. Doesn't smoke (ever); alcohol about {units} units a week.",
    "Ex-smoker. Drinks {units} units a week. Independent in daily life.",
    "Smokes {cigarettes} a day and would like help to stop. Works part time.",
    "Lives alone; sister [__PPP__] visits daily. No falls in the last year.",
)
_DRUGS = (
    "Current medication: {drugs}.",
    "Takes {drugs}; no side effects reported.",
    "Started {drugs}. Advised what to look out for.",
)
_NO_DRUGS = ("No regular medication.", "Takes nothing regularly; no known drug allergies.")
_PROCEDURES = (
    "{procedure} done, tolerated well.",
    "Referred for {procedure}; consent discussed and given.",
)
_PLANS = (
    "Plan: review in {weeks} weeks, sooner if worse. Copy to GP, Dr [__PPP__].",
    "Plan: bloods today, letter to GP, see again in {weeks} weeks.",
    "Plan: self-care advice and leaflet given. Discharge to GP if settled in {weeks} weeks.",
    "Discussed with [__PPP__], who agrees. Interested in hearing about research. Review {weeks}/52.",
)
_TITLES = ("Clinic letter", "Progress note", "Ward round", "Home visit", "Telephone contact")


@dataclass
class History:
    """What is recorded of one person: for each kind of event its days and names, in order."""

    days: dict[str, list[date]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, day: date, name: str) -> None:
        """Add an event; those of a kind come in order of time."""
        self.days.setdefault(kind, []).append(day)
        self.names.setdefault(kind, []).append(name)

    def until(self, kind: str, day: date) -> list[str]:
        """Return the names of all events of `kind` up to `day`."""
        return self.names.get(kind, [])[: bisect_right(self.days.get(kind, []), day)]

    def between(self, kind: str, first: date, last: date) -> list[str]:
        """Return the names of events of `kind` after `first` and up to `last`."""
        days = self.days.get(kind, [])
        return self.names.get(kind, [])[bisect_right(days, first) : bisect_right(days, last)]


@dataclass(frozen=True)
class Note:
    """One note of one patient."""

    rid: str
    trid: int
    written_on: date
    title: str
    text: str


def write_notes(
    people: Sequence[Person], histories: Mapping[int, History], seed: int, as_of: date
) -> Iterator[Note]:
    """Yield the notes of all people, a person's in order of time."""
    for person in people:
        history = histories.get(person.source_id, History())
        rng = random.Random(f"notes {seed} {person.rid}")  # noqa: S311 - invented data
        for day, condition in _occasions(person, history, rng, as_of):
            yield Note(
                rid=person.rid,
                trid=person.trid,
                written_on=add_years(day, person.years_shifted),
                title=rng.choice(_TITLES),
                text=_write(person, history, day, condition, rng),
            )


def _occasions(
    person: Person, history: History, rng: random.Random, as_of: date
) -> list[tuple[date, str]]:
    """Choose for which conditions there is a note, with Eunomia's own days."""
    past = [
        (day, name)
        for day, name in zip(
            history.days.get("condition", []), history.names.get("condition", []), strict=True
        )
        if add_years(day, person.years_shifted) <= as_of
    ]
    return sorted(rng.sample(past, min(len(past), rng.choice(_NOTES_A_PERSON))))


def _write(person: Person, history: History, day: date, condition: str, rng: random.Random) -> str:
    age = _age(person.born_on, add_years(day, person.years_shifted))
    past = sorted({name for name in history.until("condition", day) if name != condition})
    drugs = sorted(set(history.between("drug", day - timedelta(_CURRENT_DRUG_DAYS), day)))
    procedures = history.between("procedure", day - timedelta(1), day)
    facts = {
        "age": age,
        "who": _noun(person.sex, age),
        "condition": _inside_a_sentence(condition),
        "span": rng.choice(("two days", "a week", "ten days", "three weeks", "two months")),
        "past": ", ".join(map(_inside_a_sentence, rng.sample(past, min(3, len(past))))),
        "drugs": "; ".join(rng.sample(drugs, min(3, len(drugs)))),
        "procedure": procedures[0] if procedures else "",
        "score": rng.randrange(3, 20),
        "systolic": rng.randrange(104, 168),
        "diastolic": rng.randrange(58, 98),
        "pulse": rng.randrange(54, 104),
        "temperature": f"{rng.uniform(36.1, 38.6):.1f}",
        "oxygen": rng.randrange(92, 100),
        "weight": rng.randrange(48, 112) if age >= _ADULT_AGE else 12 + 3 * max(age, 0),
        "units": rng.randrange(0, 22),
        "cigarettes": rng.randrange(3, 25),
        "weeks": rng.choice((2, 4, 6, 8, 12)),
    }
    parts: list[Sequence[str]] = [_OPENINGS, _COMPLAINTS]
    if past:
        parts.append(_PAST)
    if age >= _ADULT_AGE:
        parts.append(rng.choice((_MENTAL_STATE, _SOCIAL)))
    parts += [_EXAMINATION, _DRUGS if drugs else _NO_DRUGS]
    if procedures:
        parts.append(_PROCEDURES)
    parts.append(_PLANS)
    sentences = [rng.choice(part).format_map(facts) for part in parts]
    lead = " ".join(s[0].upper() + s[1:] for s in sentences[:-1])
    return f"{lead}\n\n{sentences[-1]}"


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _inside_a_sentence(name: str) -> str:
    return name[0].lower() + name[1:] if name[1:2].islower() else name


def _noun(sex: str, age: int) -> str:
    adult, child = {"F": ("woman", "girl"), "M": ("man", "boy")}.get(sex, ("person", "child"))
    return adult if age >= _CHILD_AGE else child
