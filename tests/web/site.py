"""A site with cheap password hashes, and people with accounts on it."""

from collections.abc import Sequence

from crate_core.clock import utcnow
from crate_core.database import Database, WriteSession
from crate_core.domain.roles import Role
from crate_core.models.users import UserAccount, UserRole
from crate_core.settings import Settings
from crate_web.app import Application
from crate_web.auth.hashing import PasswordHashing
from crate_web.bootstrap import build_application
from crate_web.feature import Feature
from crate_web.features import FEATURES

PASSWORD = "marmalade tractor seven"
_CHEAP = PasswordHashing(memory_kib=8, passes=1)
_CHEAP_HASH = _CHEAP.hash(PASSWORD)


def make_application(
    database: Database,
    *,
    features: Sequence[Feature] = FEATURES,
    public_url: str = "http://testserver",
    **settings: object,
) -> Application:
    """Return the application on `database`; more settings by name."""
    values: dict[str, object] = {
        "secret_key": "a secret of forty characters for tests...",
        "public_url": public_url,
        "database_url": database.engine.url.render_as_string(hide_password=False),
        "broker_url": "filesystem:///nowhere",
        "developer_email": "developer@example.org",
        "research_databases": [{"name": "demo", "title": "Demonstration"}],
    }
    return build_application(
        Settings.model_validate(values | settings),
        database=database,
        features=features,
        passwords=_CHEAP,
    )


def add_user(database: Database, username: str, *roles: Role, active: bool = True) -> UserAccount:
    """Make an account with the password PASSWORD."""

    def work(session: WriteSession) -> UserAccount:
        user = UserAccount(
            username=username,
            password_hash=_CHEAP_HASH,
            is_active=active,
            created_at=utcnow(),
            first_name=username.title(),
            last_name="Example",
            roles=[UserRole(role=role) for role in roles],
        )
        session.add(user)
        session.flush()
        return user

    return database.write(work)
