"""The gate lets one harmless SELECT pass and refuses everything else (R7 to R10), whatever is typed."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crate_web.research.gate import LONGEST_TEXT, Place, refusal_of
from crate_web.research.refusal import Reason
from crate_web.research.scanner import scan

MYSQL = Place("mysql", "research")
TSQL = Place("tsql", "dbo")
SQLITE = Place("sqlite", "main")
EVERY = (MYSQL, TSQL, SQLITE)

PASSES = [
    (MYSQL, f"SELECT a FROM t WHERE a IN ({','.join(['1234567'] * 10_000)})"),
    (MYSQL, "SELECT '100%', 7 % 2, DATE_FORMAT('2020-01-02','%Y')"),
    (MYSQL, "SELECT note_id -- x\nFROM note"),
    (MYSQL, "SELECT note_id # x; DROP TABLE note\nFROM note"),
    (MYSQL, "select 'a  b'"),
    (MYSQL, "SELECT 1;"),
    (MYSQL, "SELECT 1 ; -- done"),
    (MYSQL, "SELECT 'it\\'s; DROP TABLE note', \"x; y\", 'it''s'"),
    (MYSQL, "SELECT 'INTO OUTFILE', `update` FROM note AS t WHERE note LIKE '%sleep(3)%'"),
    (MYSQL, "SELECT t.a FROM research.t JOIN u AS x ON x.a = t.a AND research.t.a = 1"),
    (MYSQL, "WITH c (a, b) AS (SELECT 1, 2), d AS (SELECT 3) SELECT c.a FROM c CROSS JOIN d"),
    (
        MYSQL,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT COUNT(*) FROM n",
    ),
    (MYSQL, "(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1 LIMIT 5"),
    (
        MYSQL,
        "SELECT GROUP_CONCAT(DISTINCT a ORDER BY b SEPARATOR ', ') FROM t USE INDEX (i) GROUP BY c WITH ROLLUP",
    ),
    (
        MYSQL,
        "SELECT CAST(a AS DECIMAL(10, 2)), CONVERT(b, CHAR(10)), a DIV 2, a MOD 3, a REGEXP 'x' FROM t",
    ),
    (MYSQL, "SELECT MATCH (note) AGAINST ('+x' IN BOOLEAN MODE) FROM note HAVING 1"),
    (
        MYSQL,
        "SELECT d + INTERVAL 1 DAY, DATE_SUB(d, INTERVAL (2) MONTH), EXTRACT(YEAR FROM d) FROM t",
    ),
    (MYSQL, "SELECT REPLACE(a, 'x', 'y'), TRUNCATE(b, 1), IF(a = 1, 'x', 'y'), LEFT(c, 3) FROM t"),
    (MYSQL, "SELECT ROW_NUMBER() OVER (PARTITION BY brcid ORDER BY note_datetime) FROM note"),
    (MYSQL, "SELECT j->>'$.a', JSON_EXTRACT(j, '$.b[0]'), X'4D', b'01', 0xFF, 1e3, .5 FROM t"),
    (
        MYSQL,
        "SELECT x.* FROM (SELECT a FROM t WHERE a IN (SELECT b FROM u)) AS x WHERE EXISTS (SELECT 1)",
    ),
    (MYSQL, "SELECT größe FROM `pat ienten`"),
    (MYSQL, "SELECT 1 FROM t /* a comment; with -- things */ WHERE a = 'é → x'"),
    (TSQL, "SELECT TOP (10) n.a FROM dbo.note AS n WITH (NOLOCK) ORDER BY n.a"),
    (
        TSQL,
        "SELECT a FROM note ORDER BY a OFFSET (5) ROWS FETCH NEXT 5 ROWS ONLY",
    ),
    (TSQL, "SELECT \"a\", [b c], N'é' FROM [note] OPTION (MAXRECURSION 10)"),
    (
        TSQL,
        "SELECT DATEDIFF(day, a, GETDATE()), TRY_CONVERT(VARCHAR(10), a), ISNULL(b, 0) FROM DBO.t",
    ),
    (
        TSQL,
        "SELECT STRING_AGG(a, ',') WITHIN GROUP (ORDER BY a), CASE WHEN a = 1 THEN (2) ELSE (3) END FROM t",
    ),
    (
        SQLITE,
        "SELECT strftime('%Y', d), \"a b\", [c], `d`, a || b FROM main.note WHERE x GLOB 'a*'",
    ),
    (SQLITE, "SELECT value FROM json_each('[1,2]')"),
    (SQLITE, "SELECT x FROM t INDEXED BY i WHERE y ISNULL"),
]


@pytest.mark.parametrize(("place", "text"), PASSES)
def test_a_plain_query_passes(place: Place, text: str) -> None:
    assert refusal_of(text, place) is None


REFUSED = [
    # Several statements (R8).
    (MYSQL, "SELECT 1; DROP TABLE note", Reason.SEVERAL_STATEMENTS, "; DROP TABLE note"),
    (MYSQL, "SELECT 1;;", Reason.SEVERAL_STATEMENTS, ";"),
    (MYSQL, "SELECT 1; SELECT 2;", Reason.SEVERAL_STATEMENTS, "; SELECT 2"),
    (
        MYSQL,
        "SELECT 'a\\'; DROP TABLE note -- '; DELETE FROM t",
        Reason.SEVERAL_STATEMENTS,
        "; DELETE FROM t",
    ),
    (SQLITE, "SELECT 'a\\'; DROP TABLE note -- '", Reason.SEVERAL_STATEMENTS, "; DROP TABLE note"),
    (TSQL, "SELECT 'a\\'; DROP TABLE note -- '", Reason.SEVERAL_STATEMENTS, "; DROP TABLE note"),
    (TSQL, "SELECT 1 DROP TABLE note", Reason.WRITES, "DROP"),
    (TSQL, "SELECT 1 AS a EXEC sp_who", Reason.NOT_A_QUERY, "EXEC"),
    (TSQL, "SELECT 1 a WAITFOR DELAY '0:0:9'", Reason.LOCKS, "WAITFOR"),
    (TSQL, "SELECT 1 SELECT 2", Reason.UNREADABLE, "SELECT"),
    (TSQL, "SELECT 1 SHUTDOWN", Reason.NOT_A_QUERY, "SHUTDOWN"),
    (TSQL, "SELECT 1 END CONVERSATION x", Reason.NOT_A_QUERY, "CONVERSATION"),
    # Writing (R7), also within.
    (MYSQL, "DELETE FROM lookup_thing", Reason.WRITES, "DELETE"),
    (MYSQL, "create table z(a int)", Reason.WRITES, "create"),
    (MYSQL, "  /* x */ InSeRt INTO z VALUES (1)", Reason.WRITES, "InSeRt"),
    (MYSQL, "REPLACE INTO z VALUES (1)", Reason.WRITES, "REPLACE"),
    (MYSQL, "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", Reason.WRITES, "DELETE"),
    (
        MYSQL,
        "WITH x AS (SELECT 1) DELETE FROM t WHERE a IN (SELECT * FROM x)",
        Reason.WRITES,
        "DELETE",
    ),
    (SQLITE, "WITH x AS (SELECT 1) REPLACE INTO t SELECT * FROM x", Reason.WRITES, "REPLACE"),
    (SQLITE, "WITH x AS (SELECT 1) UPDATE t SET a = 1", Reason.WRITES, "UPDATE"),
    (
        TSQL,
        "WITH x AS (SELECT 1 a) MERGE t USING x ON 1=1 WHEN MATCHED THEN DELETE;",
        Reason.WRITES,
        "MERGE",
    ),
    (MYSQL, "SELECT 1 INTO OUTFILE '/tmp/x'", Reason.WRITES, "INTO"),
    (MYSQL, "SELECT 1 INTO/**/DUMPFILE '/tmp/x'", Reason.WRITES, "INTO"),
    (MYSQL, "SELECT 1 INTO @x", Reason.VARIABLE, "@x"),
    (MYSQL, "SELECT 1.INTO OUTFILE '/tmp/x'", Reason.UNREADABLE, "1.INTO"),
    (MYSQL, "SELECT 1.0INTO OUTFILE '/tmp/x'", Reason.UNREADABLE, "1.0INTO"),
    (MYSQL, "SELECT 1e0INTO OUTFILE '/tmp/x'", Reason.UNREADABLE, "1e0INTO"),
    (MYSQL, "SELECT 'a'INTO OUTFILE'/tmp/x'", Reason.WRITES, "INTO"),
    (MYSQL, "SELECT(1)INTO OUTFILE'/tmp/x'", Reason.WRITES, "INTO"),
    (TSQL, "SELECT * INTO z FROM note", Reason.WRITES, "INTO"),
    (TSQL, "SELECT NEXT VALUE FOR s", Reason.WRITES, "NEXT VALUE"),
    (MYSQL, "SELECT NEXT /* */ VALUE FOR s", Reason.WRITES, "NEXT /* */ VALUE"),
    (MYSQL, "SELECT * FROM t PROCEDURE ANALYSE()", Reason.NOT_A_QUERY, "PROCEDURE"),
    (MYSQL, "LOAD DATA INFILE '/etc/passwd' INTO TABLE t", Reason.WRITES, "LOAD"),
    # Settings and administration (R9).
    (MYSQL, "SET SESSION TRANSACTION READ WRITE", Reason.SETTINGS, "SET"),
    (MYSQL, "SET STATEMENT max_statement_time=0 FOR SELECT 1", Reason.SETTINGS, "SET"),
    (SQLITE, "PRAGMA query_only=OFF", Reason.SETTINGS, "PRAGMA"),
    (SQLITE, "ATTACH DATABASE '/tmp/x' AS y", Reason.SCHEMA, "ATTACH"),
    (SQLITE, "VACUUM INTO '/tmp/x'", Reason.NOT_A_QUERY, "VACUUM"),
    (MYSQL, "USE mysql", Reason.SETTINGS, "USE"),
    (MYSQL, "CALL p()", Reason.NOT_A_QUERY, "CALL"),
    (MYSQL, "DO SLEEP(3)", Reason.NOT_A_QUERY, "DO"),
    (MYSQL, "PREPARE s FROM 'DELETE FROM t'", Reason.NOT_A_QUERY, "PREPARE"),
    (MYSQL, "EXECUTE IMMEDIATE 'DELETE FROM t'", Reason.NOT_A_QUERY, "EXECUTE"),
    (MYSQL, "HANDLER t OPEN", Reason.NOT_A_QUERY, "HANDLER"),
    (MYSQL, "SHOW TABLES", Reason.NOT_A_QUERY, "SHOW"),
    (MYSQL, "EXPLAIN SELECT 1", Reason.NOT_A_QUERY, "EXPLAIN"),
    (MYSQL, "TABLE mysql.user", Reason.NOT_A_QUERY, "TABLE"),
    (MYSQL, "SELECT * FROM (TABLE mysql.user) AS t", Reason.NOT_A_QUERY, "TABLE"),
    (MYSQL, "BEGIN NOT ATOMIC DELETE FROM t; END", Reason.SEVERAL_STATEMENTS, "; END"),
    (MYSQL, "KILL 5", Reason.NOT_A_QUERY, "KILL"),
    (TSQL, "sp_configure 'xp_cmdshell', 1", Reason.NOT_A_QUERY, "sp_configure"),
    (TSQL, "SELECT 1 OPTION (QUERYTRACEON 9481)", Reason.SETTINGS, "QUERYTRACEON"),
    # Locks.
    (MYSQL, "SELECT * FROM t FOR UPDATE", Reason.LOCKS, "FOR UPDATE"),
    (MYSQL, "SELECT * FROM t for\nshare skip locked", Reason.LOCKS, "for share"),
    (MYSQL, "SELECT * FROM t LOCK IN SHARE MODE", Reason.LOCKS, "LOCK"),
    (TSQL, "SELECT * FROM t WITH (TABLOCKX, HOLDLOCK)", Reason.LOCKS, "TABLOCKX"),
    (TSQL, "SELECT * FROM t (updlock)", Reason.LOCKS, "updlock"),
    # Functions.
    (MYSQL, "SELECT LOAD_FILE('/etc/passwd')", Reason.FUNCTION, "LOAD_FILE"),
    (MYSQL, "SELECT SLEEP(30)", Reason.FUNCTION, "SLEEP"),
    (MYSQL, "SELECT sLeEp /* */ (30)", Reason.FUNCTION, "sLeEp"),
    (MYSQL, "SELECT `sleep`(30)", Reason.FUNCTION, "`sleep`"),
    (MYSQL, "SELECT ŚLEEP(30)", Reason.FUNCTION, "ŚLEEP"),
    (MYSQL, "SELECT ſleep(30)", Reason.FUNCTION, "ſleep"),
    (MYSQL, "SELECT BENCHMARK(1e9, SHA2('a', 512))", Reason.FUNCTION, "BENCHMARK"),
    (MYSQL, "SELECT GET_LOCK('a', 9)", Reason.FUNCTION, "GET_LOCK"),
    (MYSQL, "SELECT sys_exec('id')", Reason.FUNCTION, "sys_exec"),
    (MYSQL, "SELECT research.f(1)", Reason.FUNCTION, "research.f"),
    (MYSQL, "SELECT mysql.left(1)", Reason.FUNCTION, "mysql.left"),
    (MYSQL, "WITH sleep (a) AS (SELECT 1) SELECT sleep(30) FROM sleep", Reason.FUNCTION, "sleep"),
    (MYSQL, "SELECT SETVAL(s, 1)", Reason.FUNCTION, "SETVAL"),
    (MYSQL, "SELECT CURRENT_USER", Reason.FUNCTION, "CURRENT_USER"),
    (MYSQL, "SELECT 1 WHERE current_role = 'x'", Reason.FUNCTION, "current_role"),
    (TSQL, "SELECT SYSTEM_USER", Reason.FUNCTION, "SYSTEM_USER"),
    (TSQL, "SELECT USER", Reason.FUNCTION, "USER"),
    (MYSQL, "SELECT USER()", Reason.FUNCTION, "USER"),
    (MYSQL, "SELECT EXTRACTVALUE(1, CONCAT(0x7e, @@datadir))", Reason.VARIABLE, "@@datadir"),
    (SQLITE, "SELECT load_extension('/tmp/x.so')", Reason.FUNCTION, "load_extension"),
    (SQLITE, "SELECT \"load_extension\"('/tmp/x.so')", Reason.FUNCTION, '"load_extension"'),
    (SQLITE, "SELECT * FROM pragma_table_info('note')", Reason.FUNCTION, "pragma_table_info"),
    (SQLITE, "SELECT zeroblob(1000000000)", Reason.FUNCTION, "zeroblob"),
    (TSQL, "SELECT * FROM OPENROWSET(BULK 'c:\\x', SINGLE_CLOB) AS a", Reason.SCHEMA, "OPENROWSET"),
    (TSQL, "SELECT * FROM OPENQUERY(srv, 'x')", Reason.SCHEMA, "OPENQUERY"),
    (TSQL, "SELECT * FROM sys.fn_trace_gettable('x', 1)", Reason.FUNCTION, "sys.fn_trace_gettable"),
    (TSQL, "SELECT [xp_cmdshell]('x')", Reason.FUNCTION, "[xp_cmdshell]"),
    # Schemas (R10).
    (MYSQL, "SELECT * FROM secretdb.secret_map", Reason.SCHEMA, "secretdb"),
    (MYSQL, "SELECT * FROM `secretdb` . `secret_map`", Reason.SCHEMA, "`secretdb`"),
    (MYSQL, "SELECT * FROM note, mysql.user", Reason.SCHEMA, "mysql"),
    (MYSQL, "SELECT * FROM note STRAIGHT_JOIN secretdb.x", Reason.SCHEMA, "secretdb"),
    (MYSQL, "SELECT * FROM (note, (secretdb.x))", Reason.SCHEMA, "secretdb"),
    (
        MYSQL,
        "SELECT 1 FROM note WHERE EXISTS (SELECT 1 FROM secretdb.x)",
        Reason.SCHEMA,
        "secretdb",
    ),
    (MYSQL, "SELECT (SELECT pid FROM secretdb.x LIMIT 1)", Reason.SCHEMA, "secretdb"),
    (MYSQL, "WITH a AS (SELECT * FROM secretdb.x) SELECT * FROM a", Reason.SCHEMA, "secretdb"),
    (MYSQL, "SELECT * FROM note UNION SELECT * FROM secretdb.x", Reason.SCHEMA, "secretdb"),
    (MYSQL, "SELECT * FROM information_schema.tables", Reason.SCHEMA, "information_schema"),
    (MYSQL, "SELECT * FROM INFORMATION_SCHEMA.`TABLES`", Reason.SCHEMA, "INFORMATION_SCHEMA"),
    (MYSQL, "SELECT * FROM Research.note", Reason.SCHEMA, "Research"),
    (MYSQL, "SELECT mysql.user FROM note AS mysql", Reason.SCHEMA, "mysql.user"),
    (MYSQL, "SELECT secretdb.x.pid FROM note", Reason.SCHEMA, "secretdb.x"),
    (TSQL, "SELECT * FROM other.dbo.note", Reason.SCHEMA, "other"),
    (TSQL, "SELECT * FROM srv.other.dbo.note", Reason.SCHEMA, "srv"),
    (TSQL, "SELECT * FROM master..sysobjects", Reason.SCHEMA, "master"),
    (TSQL, "SELECT * FROM sysobjects", Reason.SCHEMA, "sysobjects"),
    (TSQL, "SELECT * FROM [sys].[objects]", Reason.SCHEMA, "[sys]"),
    (TSQL, "SELECT * FROM CONTAINSTABLE(other.dbo.note, note, 'x')", Reason.SCHEMA, "other.dbo"),
    (SQLITE, "SELECT * FROM sqlite_master", Reason.SCHEMA, "sqlite_master"),
    (SQLITE, "SELECT * FROM main.[SQLITE_schema]", Reason.SCHEMA, "[SQLITE_schema]"),
    (SQLITE, "SELECT * FROM pragma_database_list", Reason.SCHEMA, "pragma_database_list"),
    (SQLITE, "SELECT * FROM temp.x", Reason.SCHEMA, "temp"),
    (SQLITE, "SELECT * FROM 'sqlite_master'", Reason.UNREADABLE, "'sqlite_master'"),
    (SQLITE, "SELECT \"aaaa\" FROM note n, 'note' AS m", Reason.UNREADABLE, "'note'"),
    (SQLITE, "SELECT 1 WHERE 1 IN pragma_list", Reason.UNREADABLE, "pragma_list"),
    (SQLITE, 'SELECT 1 WHERE (1, 2) NOT IN "sqlite_schema"', Reason.UNREADABLE, '"sqlite_schema"'),
    (
        SQLITE,
        "SELECT a IN (1), a IN 'sqlite_master' FROM note",
        Reason.UNREADABLE,
        "'sqlite_master'",
    ),
    # Comments that are none, and characters that are read in two ways.
    (MYSQL, "SELECT /*! SLEEP(1), */ 1", Reason.COMMENT, "/*! SLEEP(1), */"),
    (
        MYSQL,
        "SELECT /*!50000 1 INTO OUTFILE '/tmp/x' */",
        Reason.COMMENT,
        "/*!50000 1 INTO OUTFILE '/tmp/x' */",
    ),
    (MYSQL, "SELECT /*M!100000 SLEEP(1), */ 1", Reason.COMMENT, "/*M!100000 SLEEP(1), */"),
    (
        MYSQL,
        "SELECT /*+ SET_VAR(max_execution_time=0) */ 1",
        Reason.COMMENT,
        "/*+ SET_VAR(max_execution_time=0) */",
    ),
    (MYSQL, "SELECT 1 --1 INTO OUTFILE '/tmp/x'", Reason.COMMENT, "--1"),
    (TSQL, "SELECT 1 /* /* */ DROP TABLE x -- */", Reason.COMMENT, "/* /* */"),
    (MYSQL, "SELECT 1 /* no end", Reason.COMMENT, "/* no end"),
    (MYSQL, "SELECT 'no end", Reason.UNREADABLE, "'no end"),
    (MYSQL, "SELECT 1 -- x\rFROM note", Reason.UNREADABLE, ""),
    (SQLITE, "SELECT 1 -- x\u2028; DROP TABLE t", Reason.UNREADABLE, ""),
    (MYSQL, "SELECT\u00a01", Reason.UNREADABLE, "1"),
    (MYSQL, "SELECT 'a\x00', 1", Reason.UNREADABLE, "\x00"),
    (MYSQL, "SELECT “x”", Reason.UNREADABLE, "“x"),
    (MYSQL, "SELECT \\N", Reason.UNREADABLE, "\\N"),
    (MYSQL, "SELECT {fn SLEEP(3)}", Reason.UNREADABLE, "{fn"),
    (TSQL, "{call sp_who}", Reason.UNREADABLE, "{call"),
    (MYSQL, "SELECT * FROM `a``b`", Reason.UNREADABLE, "`a`"),
    (MYSQL, "SELECT @a := 1", Reason.VARIABLE, "@a"),
    (SQLITE, "SELECT :a", Reason.VARIABLE, ":a"),
    (SQLITE, "SELECT ?1", Reason.VARIABLE, "?1"),
    (TSQL, "SELECT * FROM #t", Reason.VARIABLE, "#t"),
    (TSQL, "SELECT geometry::Parse('x')", Reason.VARIABLE, "::Parse"),
    # Nothing, or nonsense.
    (MYSQL, "", Reason.EMPTY, ""),
    (MYSQL, " ; ", Reason.EMPTY, ""),
    (MYSQL, "-- nothing", Reason.EMPTY, ""),
    (MYSQL, "(((", Reason.NOT_A_QUERY, "("),
    (MYSQL, "SELECT FROM WHERE", Reason.UNREADABLE, "WHERE"),
    (MYSQL, "SELECT " + "(" * 200 + "1" + ")" * 200, Reason.TOO_LONG, "("),
    (MYSQL, "SELECT " + "NOT " * 20_000 + "1", Reason.UNREADABLE, ""),
    (MYSQL, "SELECT '" + "a" * LONGEST_TEXT + "'", Reason.TOO_LONG, ""),
    (MYSQL, "SELECT " + "1+" * 20_000 + "1", Reason.TOO_LONG, "+"),
]


@pytest.mark.parametrize(("place", "text", "reason", "words"), REFUSED)
def test_r07_r08_r09_r10_refused_with_reason_and_words(
    place: Place, text: str, reason: Reason, words: str
) -> None:
    refusal = refusal_of(text, place)
    assert refusal is not None
    assert (refusal.reason, refusal.words) == (reason, words)
    assert refusal.why
    assert refusal.instead


def test_r07_a_name_for_the_columns_of_a_sub_query_is_told_to_need_as() -> None:
    refusal = refusal_of("SELECT * FROM (VALUES (1), (2)) v (a)", TSQL)
    assert refusal is not None
    assert (refusal.words, "needs AS" in refusal.instead) == ("v", True)
    assert refusal_of("SELECT * FROM (VALUES (1), (2)) AS v (a)", TSQL) is None


def test_r07_refusal_names_line_and_column() -> None:
    refusal = refusal_of("SELECT a\nFROM t\n  INTO OUTFILE '/tmp/x'", MYSQL)
    assert refusal is not None
    assert (refusal.line, refusal.column) == (3, 3)
    assert refusal.sentence().startswith("Line 3, column 3, “INTO”: ")


def test_a_site_may_allow_functions_of_its_own() -> None:
    place = Place("tsql", "dbo", frozenset({"DBO.AGE_AT"}))
    assert refusal_of("SELECT dbo.age_at(d) FROM note", place) is None
    assert refusal_of("SELECT dbo.other(d) FROM note", place) is not None


WORDS = st.sampled_from(
    [
        "SELECT",
        "WITH",
        "FROM",
        "WHERE",
        "AS",
        "a",
        "t",
        "note",
        "(",
        ")",
        ",",
        ";",
        ".",
        "*",
        "1",
        "'x'",
        '"y"',
        "`z`",
        "[w]",
        "--",
        "/*",
        "*/",
        "/*!",
        "#",
        "\\",
        "\n",
        "INTO",
        "UPDATE",
        "SLEEP",
        "UNION",
        "CASE",
        "WHEN",
        "END",
        "NOT",
        "NULL",
        "IN",
        "JOIN",
        "ON",
        "::",
        "@",
        "?",
        "{",
        "}",
        "CAST",
        "DECIMAL",
        "INTERVAL",
        "OVER",
        "VALUES",
        "TABLE",
        "LATERAL",
        "é",
        "\u2028",
        "\x00",
        "0x",
        "1e",
    ]
)


@pytest.mark.parametrize("place", EVERY)
@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.text(max_size=80),
        st.lists(WORDS, max_size=25).map(" ".join),
        st.lists(WORDS, max_size=15).map("".join),
    )
)
@example(text="SELECT '\ud800'")
def test_gate_never_raises_and_marks_words_within_the_text(place: Place, text: str) -> None:
    refusal = refusal_of(text, place)
    if refusal is not None:
        assert 0 <= refusal.start <= refusal.end <= len(text)
        assert refusal.line >= 1
        assert refusal.column >= 1
        assert refusal.why
        assert refusal.instead


@pytest.mark.parametrize("place", EVERY)
@settings(max_examples=100, deadline=None)
@given(inner=st.text(max_size=40))
def test_nothing_inside_a_string_changes_the_reading(place: Place, inner: str) -> None:
    escaped = inner.replace("'", "''").replace("\\", "\\\\" if place is MYSQL else "\\")
    text = f"SELECT '{escaped}' FROM note"
    refusal = refusal_of(text, place)
    assert refusal is None or any(ord(char) == 0 or 0xD800 <= ord(char) <= 0xDFFF for char in inner)


@pytest.mark.parametrize(("place", "text"), PASSES)
def test_mask_keeps_every_place(place: Place, text: str) -> None:
    scanned = scan(text, place.dialect)
    assert len(scanned.masked) == len(text)
    assert all(text[token.start : token.end].strip() for token in scanned.tokens)
