"""Words that may not stand unquoted in a query, and why; and words that a bracket may follow."""

from typing import Final, NamedTuple

from crate_web.research.refusal import Reason


class Rule(NamedTuple):
    """Why a word is refused, and what to write instead."""

    reason: Reason
    why: str
    instead: str


_WRITE = Rule(
    Reason.WRITES,
    "research databases are read-only",
    "write a SELECT; if this is the name of a column or table, put it in quotes",
)
_INTO = Rule(
    Reason.WRITES,
    "a result goes to this page, not into tables, files or variables",
    "leave INTO out and download the result of the run",
)
_LOCK = Rule(Reason.LOCKS, "a query takes no locks", "leave the locking clause out")
_SET = Rule(
    Reason.SETTINGS,
    "settings of the session are the site's",
    "write a SELECT; if this is the name of a column or table, put it in quotes",
)
_CODE = Rule(
    Reason.NOT_A_QUERY,
    "programs, procedures and administration are not available here",
    "write a SELECT; if this is the name of a column or table, put it in quotes",
)
_OUTSIDE = Rule(
    Reason.SCHEMA,
    "other servers and files are out of reach",
    "query the tables of this database only",
)
_ACCOUNT = Rule(
    Reason.FUNCTION,
    "functions about the server are not available",
    "leave it out; if this is the name of a column, put it in quotes",
)
_TABLE = Rule(
    Reason.NOT_A_QUERY, "TABLE statements are not available", "write SELECT * FROM the table"
)


def _rules(rule: Rule, words: str) -> dict[str, Rule]:
    return dict.fromkeys(words.split(), rule)


_EVERYWHERE: Final = {
    **_rules(_WRITE, "INSERT UPDATE DELETE CREATE ALTER DROP GRANT REVOKE"),
    **_rules(_INTO, "INTO"),
    **_rules(_TABLE, "TABLE"),
}

REFUSED_WORDS: Final = {
    "mysql": {
        **_EVERYWHERE,
        **_rules(_WRITE, "REPLACE TRUNCATE LOAD RENAME"),
        **_rules(_INTO, "OUTFILE DUMPFILE"),
        **_rules(_LOCK, "LOCK UNLOCK HIGH_PRIORITY"),
        **_rules(_SET, "SET"),
        **_rules(_CODE, "CALL PROCEDURE KILL SHUTDOWN"),
        **_rules(_ACCOUNT, "CURRENT_USER CURRENT_ROLE"),
    },
    # Statements of Transact-SQL need no semicolon between them: every word that can begin one is refused.
    "tsql": {
        **_EVERYWHERE,
        **_rules(
            _WRITE,
            "MERGE TRUNCATE BULK DENY UPDATETEXT WRITETEXT SAVE COMMIT ROLLBACK TRAN TRANSACTION",
        ),
        **_rules(
            _LOCK,
            "HOLDLOCK UPDLOCK XLOCK TABLOCK TABLOCKX PAGLOCK ROWLOCK SERIALIZABLE REPEATABLEREAD "
            "READCOMMITTEDLOCK WAITFOR",
        ),
        **_rules(_SET, "SET USE SETUSER REVERT RECONFIGURE QUERYTRACEON"),
        **_rules(
            _CODE,
            "BACKUP BEGIN BREAK CHECKPOINT CLOSE CONTINUE CONVERSATION DBCC DEALLOCATE DECLARE DISABLE "
            "DISK DUMP ENABLE EXEC EXECUTE GOTO IF KILL LINENO LOAD OPEN PRINT PROC PROCEDURE RAISERROR "
            "READTEXT RECEIVE RESTORE RETURN SHUTDOWN THROW WHILE",
        ),
        **_rules(_OUTSIDE, "OPENQUERY OPENROWSET OPENDATASOURCE OPENXML"),
        # Reserved words, which answer without brackets.
        **_rules(_ACCOUNT, "CURRENT_USER SESSION_USER SYSTEM_USER USER"),
    },
    "sqlite": {
        **_EVERYWHERE,
        **_rules(_WRITE, "REPLACE RETURNING REINDEX VACUUM"),
        **_rules(_SET, "SET PRAGMA"),
        **_rules(_OUTSIDE, "ATTACH DETACH"),
    },
}

REFUSED_PAIRS: Final = {
    ("FOR", "UPDATE"): _LOCK,
    ("FOR", "SHARE"): _LOCK,
    ("NEXT", "VALUE"): Rule(
        Reason.WRITES, "taking a number from a sequence changes it", "use ROW_NUMBER() OVER (...)"
    ),
    ("VALUE", "FOR"): Rule(
        Reason.WRITES, "taking a number from a sequence changes it", "use ROW_NUMBER() OVER (...)"
    ),
    ("FOR", "BROWSE"): _LOCK,
}

# First words that deserve a reason of their own; all others than SELECT and WITH are "not a query".
FIRST_WORDS: Final = {
    **_rules(
        _WRITE,
        "INSERT UPDATE DELETE CREATE ALTER DROP GRANT REVOKE REPLACE TRUNCATE MERGE LOAD RENAME IMPORT",
    ),
    **_rules(_SET, "SET PRAGMA USE BEGIN START COMMIT ROLLBACK SAVEPOINT RESET"),
    **_rules(_LOCK, "LOCK UNLOCK FLUSH"),
    **_rules(_OUTSIDE, "ATTACH DETACH INSTALL UNINSTALL"),
    **_rules(_CODE, "EXEC EXECUTE CALL DO PREPARE DEALLOCATE HANDLER KILL SHUTDOWN DECLARE"),
    **_rules(
        Rule(
            Reason.NOT_A_QUERY,
            "this page answers SELECT statements",
            "look at the structure page for tables and columns, or write a SELECT",
        ),
        "SHOW DESCRIBE DESC EXPLAIN ANALYZE",
    ),
    **_rules(_TABLE, "TABLE VALUES"),
}

# Words after which a bracket is part of the grammar, no call of a function.
BEFORE_BRACKET: Final = frozenset(
    """
    AGAINST ALL AND ANY APPLY AS ASC AUTO BETWEEN BINARY BY CASE COLUMNS CROSS CUBE DESC DISTINCT
    DIV ELSE END ESCAPE EXCEPT EXISTS FETCH FILTER FIRST FROM FULL GLOB GROUP GROUPING HAVING IN
    INDEX INNER INTERSECT INTERVAL IS ISNULL JOIN JSON KEY LATERAL LEFT LIKE LIMIT MATCH
    MATERIALIZED MINUS MOD NEXT NOT NOTNULL OFFSET ON OPTION OR ORDER OUTER OVER PARTITION PATH
    PIVOT RANGE RAW RECURSIVE REGEXP RIGHT RLIKE ROLLUP ROOT ROW ROWS SELECT SETS SOME STRAIGHT_JOIN
    SYSTEM_TIME THEN TOP UNION UNIQUE UNPIVOT USING VALUES WHEN WHERE WITH XML XOR
    """.split()  # noqa: SIM905
)

# Names of types with a size, as in TRY_CONVERT(VARCHAR(20), x) or OPENJSON(x) WITH (a CHAR(3)).
SIZED_TYPES: Final = frozenset(
    """
    CHAR VARCHAR NCHAR NVARCHAR CHARACTER TEXT BINARY VARBINARY DEC DECIMAL NUMERIC FLOAT DOUBLE
    REAL TIME DATETIME DATETIME2 DATETIMEOFFSET TIMESTAMP INT INTEGER BIGINT SMALLINT TINYINT BIT
    """.split()  # noqa: SIM905
)
