"""Tells people what the demonstration holds. Pure."""

from collections.abc import Sequence

from crate_demo.kinds import FACTS
from crate_demo.load import people_to_try
from crate_demo.people import Person
from crate_demo.site_content import PASSWORD, USERS


def describe_users() -> str:
    """Return a table of the accounts."""
    lines = [f"Sign in as (password of all: {PASSWORD}):"]
    lines += [f"  {user.username:<12} {user.does}" for user in USERS]
    return "\n".join(lines)


def describe_people(people: Sequence[Person]) -> str:
    """Return a table of people to try: RID, kind, and what a direct request for S1 comes to."""
    lines = ["People to try (RID, kind, what a request for S1 with direct approach comes to):"]
    lines += [
        f"  {person.rid}  {kind.replace('_', ' '):<24} {FACTS[kind].expect}"
        for kind, person in people_to_try(people).items()
    ]
    return "\n".join(lines)
