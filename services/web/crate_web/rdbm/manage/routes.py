"""The rarer pages of the RDBM, and the test mail (C115)."""

from pathlib import Path

from sqlalchemy import select
from starlette.responses import Response

from crate_core.database import WriteSession
from crate_core.domain.roles import Role
from crate_core.jobs import Task, ask_again
from crate_core.models import Mail
from crate_web import access
from crate_web.feature import Feature, NavigationEntry
from crate_web.rdbm.mails.routes import STATES
from crate_web.requests import PageRequest
from crate_web.routing import page


def show(request: PageRequest) -> Response:
    """Show where everything is, and what became of the last test mail."""
    with request.site.database.read() as session:
        test = session.scalar(
            select(Mail)
            .where(Mail.effect_key.startswith("test:"))
            .order_by(Mail.id.desc())
            .limit(1)
        )
    return request.render("rdbm_manage/manage.html", test=test, states=STATES)


def send_test_mail(request: PageRequest) -> Response:
    """Ask for a test mail: it proves broker, workers and mail server (C115)."""
    user_id = request.user.user_id

    def work(session: WriteSession) -> None:
        ask_again(session, Task.SEND_TEST_MAIL, user_id)

    request.site.database.write(work)
    request.flash(
        "A test mail is on its way. Its state stands below; load the page again to see it."
    )
    return request.redirect("rdbm.manage")


_rdbm = access.role(Role.RDBM)
feature = Feature(
    name="rdbm_manage",
    title="Manage",
    folder=Path(__file__).parent,
    routes=[
        page("/rdbm/manage", show, access=_rdbm, name="rdbm.manage"),
        page(
            "/rdbm/manage/test-mail",
            send_test_mail,
            access=_rdbm,
            name="rdbm.test_mail",
            methods=["POST"],
        ),
    ],
    navigation=[NavigationEntry("Manage", "rdbm.manage", frozenset({Role.RDBM}), order=60)],
)
