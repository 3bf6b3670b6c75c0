"""One read-only statement on a research database, which can be stopped from outside (R9, R12, R13).

Second of three walls: a read-only session with a time-out. The text goes to the driver without
parameters, so that no driver changes it (R5).
"""

from crate_core.settings.research import ResearchDatabase
from crate_web.runner.engines.mysql import MySQLStatement
from crate_web.runner.engines.sqlite import SQLiteStatement
from crate_web.runner.engines.sqlserver import SqlServerStatement
from crate_web.runner.engines.statement import Statement, StatementError, UnreachableError

__all__ = ["Statement", "StatementError", "UnreachableError", "open_statement"]


def open_statement(database: ResearchDatabase, *, seconds: int) -> Statement:
    """Connect for one read-only statement that is stopped after `seconds`.

    Raises:
        UnreachableError: the database does not answer, or refuses the account.
    """
    address = database.address
    if address is None:
        message = f"the runner has no url of the database {database.name}"
        raise UnreachableError(message)
    match database.engine_name:
        case "mysql":
            return MySQLStatement(address, seconds)
        case "mssql":
            return SqlServerStatement(address, seconds)
        case "sqlite":
            return SQLiteStatement(address, seconds)
