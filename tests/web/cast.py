"""Who appears in tests of contact requests."""

from dataclasses import dataclass

from crate_core.models import Study, UserAccount


@dataclass(frozen=True)
class Cast:
    lead: UserAccount
    member: UserAccount
    other: UserAccount
    rdbm: UserAccount
    s1: Study
    s2: Study
    s3: Study
    s4: Study
