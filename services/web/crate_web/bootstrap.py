"""From settings to an application: the only place that knows how everything is put together."""

from collections.abc import Sequence

from anyio import CapacityLimiter

from crate_core.database import Database
from crate_core.settings import Service, Settings, require
from crate_web.app import Application, Background, all_routes, create_app
from crate_web.assets import BUILT, Assets
from crate_web.auth.hashing import PasswordHashing
from crate_web.auth.sessions import Sessions
from crate_web.cookies import CookieNames
from crate_web.csrf import CsrfTokens
from crate_web.feature import Feature
from crate_web.features import FEATURES
from crate_web.pages import Pages
from crate_web.paths import Urls
from crate_web.signing import Signer
from crate_web.site import Address, Site
from crate_web.wording import SiteFacts

THREADS = 16
"""Pages answered at once by one process; each may hold a connection to the database."""
PASSWORD_THREADS = 2


def build_database(settings: Settings) -> Database:
    """Return the site database with as many connections as pages are answered at once."""
    assert settings.database_url is not None  # noqa: S101 (`require` has checked it)
    return Database.open(settings.database_url.get_secret_value(), pool_size=THREADS // 2)


def build_application(
    settings: Settings,
    *,
    database: Database | None = None,
    features: Sequence[Feature] = FEATURES,
    passwords: PasswordHashing | None = None,
    background: Sequence[Background] = (),
) -> Application:
    """Return the web application.

    Args:
        settings: all settings.
        database: the site database; from the settings if not given.
        features: the feature packages; tests may take fewer.
        passwords: how passwords are hashed; tests may take a cheaper one.
        background: what runs beside the pages, such as the relay.

    Raises:
        SettingsError: a setting that web needs is missing.
    """
    require(settings, Service.WEB)
    assert settings.secret_key is not None  # noqa: S101 (`require` has checked it)
    secret = settings.secret_key.get_secret_value()
    database = database or build_database(settings)
    address = Address.of(settings.public_url)
    features = tuple(features)
    assets = Assets(BUILT, address.prefix)
    urls = Urls(all_routes(features), address.prefix)
    site = Site(
        settings=settings,
        database=database,
        address=address,
        features=features,
        urls=urls,
        pages=Pages(features, urls, assets, SiteFacts.of(settings), settings.zone),
        sessions=Sessions(
            database, idle_minutes=settings.session_idle_minutes, hours=settings.session_hours
        ),
        passwords=passwords or PasswordHashing(),
        password_limiter=CapacityLimiter(PASSWORD_THREADS),
        csrf=CsrfTokens(Signer(secret, "csrf")),
        cookies=CookieNames.for_site(https=address.https),
        flash_signer=Signer(secret, "flash"),
        name_signer=Signer(secret, "log-in names"),
    )
    return create_app(site, assets, threads=THREADS, background=background)
