from datetime import date

from crate_demo.eunomia import SourcePerson
from crate_demo.kinds import Kind
from crate_demo.notes import History, Note, write_notes
from crate_demo.people import make_people

DAY = date(2026, 5, 3)
SOURCE = [
    SourcePerson(number, date(1970, 1, 2), "F" if number % 2 else "M", date(2019, 1, 1))
    for number in range(1, 41)
]
PEOPLE = make_people(SOURCE, 40, 1, DAY)


def history() -> History:
    found = History()
    for year in range(1971, 2019, 2):
        found.add("condition", date(year, 4, 1), f"Condition of {year}")
    found.add("drug", date(2001, 3, 20), "Wonderfuladin 5 MG Oral Tablet")
    found.add("procedure", date(2001, 4, 1), "Plain chest X-ray")
    return found


def notes(seed: int = 1) -> list[Note]:
    return list(write_notes(PEOPLE, {p.source_id: history() for p in PEOPLE}, seed, DAY))


def test_same_seed_writes_the_same_notes() -> None:
    assert notes() == notes()
    assert notes() != notes(seed=2)


def test_everybody_with_a_history_has_notes_in_order_of_time() -> None:
    for person in PEOPLE:
        days = [note.written_on for note in notes() if note.rid == person.rid]
        assert days
        assert days == sorted(days)


def test_notes_tell_what_the_record_holds() -> None:
    for note in notes():
        assert "ondition of" in note.text
    assert any("Wonderfuladin" in note.text for note in notes())


def test_notes_name_nobody() -> None:
    names = {p.contact.last_name for p in PEOPLE} | {p.gp.last_name for p in PEOPLE}
    words = {word.strip(".,;") for note in notes() for word in note.text.split()}
    assert not names & words
    assert "[__PPP__]" in " ".join(note.text for note in notes())


def test_notes_of_children_are_not_written_in_the_future() -> None:
    children = {person.rid for person in PEOPLE if person.kind is Kind.UNDER_16}
    written = [note.written_on for note in notes() if note.rid in children]
    assert written
    assert max(written) <= DAY


def test_somebody_without_history_has_no_notes() -> None:
    assert list(write_notes(PEOPLE, {}, 1, DAY)) == []
