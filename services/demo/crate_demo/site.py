"""Fills the site database: accounts, studies, leaflets, and what patients chose."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from argon2 import PasswordHasher
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crate_core.database import Database
from crate_core.domain.consent import ConsentMode, ConsentSource
from crate_core.models import (
    ConsentModeRow,
    Document,
    Leaflet,
    Study,
    StudyResearcher,
    UserAccount,
    UserRole,
)
from crate_demo.documents import DocumentText, make_pdf
from crate_demo.kinds import FACTS, Kind
from crate_demo.people import Person
from crate_demo.site_content import (
    LEAFLETS,
    PASSWORD,
    STUDIES,
    USERS,
    DemoStudy,
    DemoUser,
    extra_form,
    study_details,
)

_DECIDED_DAYS_AGO = 90
_BATCH = 1000

# At the cost that the site uses, or each first log-in would make the hash anew.
_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)


def load_site(database: Database, people: Sequence[Person], as_of: date) -> bool:
    """Add what is missing to the site database; nothing that is there is changed.

    Returns:
        False if nothing was missing.

    Raises:
        TemporaryError: the database is away.
    """
    moment = datetime.combine(as_of, time(9), tzinfo=UTC)

    def work(session: Session) -> bool:
        users, made_users = _add_users(session, moment)
        made = [
            made_users,
            _add_studies(session, users, moment),
            _add_leaflets(session, moment),
            _add_consents(session, users["rdbm"], people, moment),
        ]
        return any(made)

    return database.write(work)


def _add_users(session: Session, moment: datetime) -> tuple[dict[str, UserAccount], bool]:
    found = {
        user.username: user
        for user in session.scalars(
            select(UserAccount).where(UserAccount.username.in_([user.username for user in USERS]))
        )
    }
    missing = [user for user in USERS if user.username not in found]
    for user in missing:
        found[user.username] = account = _account(user, moment)
        session.add(account)
    session.flush()
    return found, bool(missing)


def _account(user: DemoUser, moment: datetime) -> UserAccount:
    return UserAccount(
        username=user.username,
        password_hash=_hasher.hash(PASSWORD),
        created_at=moment,
        title=user.title,
        first_name=user.first_name,
        last_name=user.last_name,
        email=user.email,
        email_verified_at=moment,
        telephone="01632 960050",
        address="Example House\n1 Example Street\nExampletown\nZZ1 1ZZ",
        signatory_title=user.signatory_title,
        is_consultant=user.is_consultant,
        roles=[UserRole(role=role) for role in user.roles],
    )


def _add_studies(session: Session, users: dict[str, UserAccount], moment: datetime) -> bool:
    present = set(session.scalars(select(Study.institutional_id)))
    missing = [study for study in STUDIES if study.number not in present]
    for study in missing:
        session.add(_study(study, users, moment))
    session.flush()
    return bool(missing)


def _study(study: DemoStudy, users: dict[str, UserAccount], moment: datetime) -> Study:
    lead = next(user for user in USERS if user.username == study.lead)
    form = None
    if study.has_extra_form:
        form = _document(f"s{study.number}-form.pdf", extra_form(study), moment)
    return Study(
        institutional_id=study.number,
        title=study.title,
        summary=study.summary,
        lead_researcher_id=users[study.lead].id,
        registered_at=moment,
        search_methods_planned="By diagnosis and age, on the demonstration's research database.",
        patient_contact=True,
        include_under_16s=False,
        include_lack_capacity=False,
        clinical_trial=False,
        include_discharged=study.include_discharged,
        request_direct_approach=study.direct_approach,
        approved_by_rec=True,
        rec_reference=f"99/XX/000{study.number}",
        approved_locally=True,
        local_approval_at=moment,
        researchers=[StudyResearcher(user_id=users[name].id) for name in study.others],
        details_document=_document(
            f"s{study.number}-details.pdf", study_details(study, lead), moment
        ),
        form_document=form,
    )


def _document(filename: str, text: DocumentText, moment: datetime) -> Document:
    content = make_pdf(text)
    return Document(
        filename=filename,
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        created_at=moment,
    )


def _add_leaflets(session: Session, moment: datetime) -> bool:
    present = set(session.scalars(select(Leaflet.name)))
    missing = [(name, text) for name, text in LEAFLETS.items() if name not in present]
    for name, text in missing:
        document = _document(f"{name}.pdf", text, moment)
        session.add(Leaflet(name=name, title=text.title, document=document))
    session.flush()
    return bool(missing)


def _add_consents(
    session: Session, rdbm: UserAccount, people: Sequence[Person], moment: datetime
) -> bool:
    """Add a decision for each patient whom the site has none of."""
    present = set(session.scalars(select(ConsentModeRow.nhs_number).distinct()))
    decided_at = moment - timedelta(days=_DECIDED_DAYS_AGO)
    rows = [
        {
            "nhs_number": person.nhs_number,
            "current_nhs_number": person.nhs_number,
            "mode": ConsentMode(mode),
            "exclude_entirely": person.kind is Kind.OPTED_OUT,
            "prefers_email": person.kind is Kind.GREEN_BY_EMAIL,
            "patient_signed": True,
            "source": ConsentSource.USER_ENTRY,
            "decided_at": decided_at,
            "created_at": decided_at,
            "created_by_id": rdbm.id,
        }
        for person in people
        if (mode := FACTS[person.kind].mode) and person.nhs_number not in present
    ]
    for start in range(0, len(rows), _BATCH):
        session.execute(insert(ConsentModeRow), rows[start : start + _BATCH])
    return bool(rows)
