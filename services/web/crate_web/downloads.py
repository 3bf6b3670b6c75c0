"""Lists that leave the site: each download is audited."""

from collections.abc import Iterable, Sequence

from starlette.responses import Response

from crate_core.audit import AuditKind, record
from crate_core.database import WriteSession
from crate_core.models import UserAccount
from crate_web.listing import Query, csv_download
from crate_web.requests import PageRequest


def audited_download(
    request: PageRequest,
    name: str,
    query: Query,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> Response:
    """Return a list as a CSV file, and tell the audit who took which list, and of what part of it.

    Args:
        request: of the download.
        name: of the list and its file.
        query: what the list was asked for; words that were searched for do not go into the audit.
        header: names of the columns.
        rows: taken as they are written out.
    """

    def work(session: WriteSession) -> None:
        record(
            session,
            AuditKind.LIST_DOWNLOADED,
            actor=session.get_one(UserAccount, request.user.user_id),
            address=request.address,
            subject=f"list:{name}",
            detail={
                "searched": bool(query.search),
                **{f"only {key}": value for key, value in query.filters.items() if value},
            },
        )

    if request.method != "HEAD":
        request.site.database.write(work)
    return csv_download(name, header, rows)
