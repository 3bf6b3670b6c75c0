"""The gate: one SELECT (or WITH ... SELECT) on the database's own schema passes, nothing else does.

Third of three walls (R7 to R10); the others are the account's rights and the read-only session. Two
readings must agree: the tokens of our own scanner (strict, names what it refuses), and sqlglot's tree
(knows which names are tables). What cannot be understood is refused. The gate only answers: the engine
gets the text as it was typed (R5, R6).
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NoReturn

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from crate_web.research.functions import ALLOWED_FUNCTIONS, rule_for
from crate_web.research.refusal import Reason, Refusal, StatementRefusedError
from crate_web.research.scanner import Kind, Scan, Token, scan
from crate_web.research.words import (
    BEFORE_BRACKET,
    FIRST_WORDS,
    REFUSED_PAIRS,
    REFUSED_WORDS,
    SIZED_TYPES,
    Rule,
)

LONGEST_TEXT: Final = 100_000
MOST_TOKENS: Final = 25_000
DEEPEST_BRACKETS: Final = 100

# sqlglot logs what it does not understand, with the text; a researcher's text belongs into the audit only.
logging.getLogger("sqlglot").addHandler(logging.NullHandler())
logging.getLogger("sqlglot").propagate = False

_NEVER: Final = (
    exp.DDL,
    exp.DML,
    exp.Command,
    exp.Into,
    exp.Lock,
    exp.Set,
    exp.Pragma,
    exp.Use,
    exp.Kill,
    exp.Transaction,
    exp.Parameter,
    exp.SessionParameter,
    exp.Placeholder,
    exp.NextValueFor,
)
# Refused before a dot even where the query itself calls one of its tables so: no reading may be mistaken.
_SYSTEM_SCHEMAS: Final = frozenset(
    [
        "mysql",
        "information_schema",
        "performance_schema",
        "sys",
        "master",
        "msdb",
        "tempdb",
        "model",
        "temp",
    ]
)
_QUERIES: Final = (exp.Select, exp.SetOperation, exp.Subquery)


@dataclass(frozen=True, slots=True)
class Place:
    """The database that a query is for, as far as the gate must know it.

    Attributes:
        dialect: mysql, tsql or sqlite.
        schema: the only schema that may be named.
        functions: what the site allows in addition, in capitals, as `AGE_AT` or `DBO.AGE_AT`.
    """

    dialect: str
    schema: str
    functions: frozenset[str] = field(default_factory=frozenset)


def refusal_of(text: str, place: Place) -> Refusal | None:
    """Why `text` may not run at `place`, or None when it may. Never raises."""
    try:
        _check(text, place)
    except StatementRefusedError as error:
        return error.refusal
    return None


def _check(text: str, place: Place) -> None:
    if len(text) > LONGEST_TEXT:
        _refuse(
            text,
            None,
            Rule(Reason.TOO_LONG, f"a query has at most {LONGEST_TEXT:,} characters", "shorten it"),
        )
    scanned = scan(text, place.dialect)
    if len(scanned.tokens) > MOST_TOKENS:
        # The time that reading takes grows with them, and pages wait for it.
        why = f"a query has at most {MOST_TOKENS:,} words, values and signs"
        _refuse(text, scanned.tokens[MOST_TOKENS], Rule(Reason.TOO_LONG, why, "shorten it"))
    tokens = _without_last_semicolon(text, scanned.tokens)
    _check_start(text, tokens)
    _check_brackets(text, tokens)
    _check_words(text, tokens, place.dialect)
    _check_functions(text, tokens, place)
    tree = _parse(text, scanned, place.dialect)
    _check_tree(text, tokens, tree)
    _check_names(text, tokens, tree, place)


def _without_last_semicolon(text: str, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    if tokens and tokens[-1].text == ";" and tokens[-1].kind is Kind.SYMBOL:
        tokens = tokens[:-1]
    if not tokens:
        _refuse(text, None, Rule(Reason.EMPTY, "there is no statement", "write a SELECT"))
    for token in tokens:
        if token.kind is Kind.SYMBOL and token.text == ";":
            rule = Rule(
                Reason.SEVERAL_STATEMENTS,
                "one run is one statement",
                "run the statements one after another",
            )
            _refuse(text, token, rule, until=tokens[-1])
    return tokens


def _check_start(text: str, tokens: tuple[Token, ...]) -> None:
    first = next((token for token in tokens if token.text != "("), tokens[0])
    if first.upper in {"SELECT", "WITH"}:
        return
    other = Rule(Reason.NOT_A_QUERY, "a query begins with SELECT or WITH", "write a SELECT")
    _refuse(text, first, FIRST_WORDS.get(first.upper, other))


def _check_brackets(text: str, tokens: Iterable[Token]) -> None:
    depth = 0
    for token in tokens:
        if token.kind is Kind.SYMBOL:
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth > DEEPEST_BRACKETS:
            rule = Rule(
                Reason.TOO_LONG,
                f"brackets are more than {DEEPEST_BRACKETS} deep",
                "use a WITH clause",
            )
            _refuse(text, token, rule)


def _check_words(text: str, tokens: tuple[Token, ...], dialect: str) -> None:
    refused = REFUSED_WORDS[dialect]
    ends = [*tokens[1:], tokens[-1]]
    for token, following in zip(tokens, ends, strict=True):
        if token.kind is not Kind.WORD:
            continue
        if rule := REFUSED_PAIRS.get((token.upper, following.upper)):
            _refuse(text, token, rule, until=following)
        called = following.text == "(" and token.upper in ALLOWED_FUNCTIONS[dialect]
        if token.upper in refused and not called:
            _refuse(text, token, refused[token.upper])


def _check_functions(text: str, tokens: tuple[Token, ...], place: Place) -> None:
    allowed = ALLOWED_FUNCTIONS[place.dialect] | place.functions
    for index, token in enumerate(tokens[:-1]):
        if tokens[index + 1].text != "(" or tokens[index + 1].kind is not Kind.SYMBOL:
            continue
        if token.kind not in {Kind.WORD, Kind.QUOTED} or _is_grammar(tokens, index):
            continue
        first = index
        while first > 1 and tokens[first - 1].text == ".":
            first -= 2
        parts = [_capitals(part.text) for part in tokens[first : index + 1 : 2]]
        if ".".join(parts) not in allowed:
            rule = rule_for(parts[-1])
            if first and tokens[first - 1].text == ")":
                rule = rule._replace(instead=f"{rule.instead}; a name of a sub-query needs AS")
            _refuse(text, tokens[first], rule, until=token)


def _capitals(name: str) -> str:
    # Engines call É and E the same letter in names of functions; the list of allowed ones must not.
    return name.upper() if name.isascii() else name


def _is_grammar(tokens: tuple[Token, ...], index: int) -> bool:
    """Whether the next bracket belongs to the grammar: after a keyword, a type, or an alias."""
    token = tokens[index]
    before = tokens[index - 1] if index else None
    if before is not None and before.text == ".":
        return False
    if token.kind is Kind.WORD and (token.upper in BEFORE_BRACKET or token.upper in SIZED_TYPES):
        return True
    if before is None:
        return False
    return before.upper == "AS" or (
        before.upper in {"WITH", "RECURSIVE", ","} and _names_columns(tokens, index)
    )


def _names_columns(tokens: tuple[Token, ...], index: int) -> bool:
    """Whether `name (a, b) AS (` begins here: only a common table expression reads so."""
    columns = list(tokens[index + 2 :])
    for position, token in enumerate(columns):
        if token.text == ")":
            after = [following.upper for following in columns[position + 1 : position + 3]]
            return after == ["AS", "("]
        if token.kind not in {Kind.WORD, Kind.QUOTED} and token.text != ",":
            return False
    return False


def _parse(text: str, scanned: Scan, dialect: str) -> exp.Expression:
    try:
        trees = sqlglot.parse(scanned.masked, read=dialect)
    except ParseError as error:
        _refuse_unparsed(text, scanned, error)
    except Exception:  # noqa: BLE001  (whatever a parser trips over, down to its recursion, has not passed)
        _refuse(text, None, _UNREADABLE)
    found = [tree for tree in trees if tree is not None]
    if len(found) != 1 or not isinstance(found[0], exp.Expression):
        _refuse(text, None, _UNREADABLE)
    return found[0]


_UNREADABLE: Final = Rule(
    Reason.UNREADABLE,
    "this statement could not be understood, and what is not understood is not run",
    "check commas, brackets and quotes, or write it more simply",
)


def _refuse_unparsed(text: str, scanned: Scan, error: ParseError) -> NoReturn:
    detail = error.errors[0] if error.errors else {}
    line, column, words = detail.get("line"), detail.get("col"), detail.get("highlight")
    if not (isinstance(line, int) and isinstance(column, int) and words):
        _refuse(text, None, _UNREADABLE)
    starts = [0, *(index + 1 for index, char in enumerate(text) if char == "\n")]
    # sqlglot counts to the end of the token.
    end = starts[min(line, len(starts)) - 1] + column
    token = next((token for token in scanned.tokens if token.start < end <= token.end), None)
    _refuse(text, token, _UNREADABLE)


def _check_tree(text: str, tokens: tuple[Token, ...], tree: exp.Expression) -> None:
    root: exp.Expression | None = tree
    while isinstance(root, exp.Subquery):
        root = root.this
    if not isinstance(root, _QUERIES):
        _refuse(
            text,
            tokens[0],
            Rule(Reason.NOT_A_QUERY, "a query begins with SELECT or WITH", "write a SELECT"),
        )
    for node in tree.walk():
        if isinstance(node, _NEVER) and not isinstance(node, exp.Query):
            _refuse(text, None, _UNREADABLE)


def _check_names(text: str, tokens: tuple[Token, ...], tree: exp.Expression, place: Place) -> None:
    names = _own_names(tree, place)
    _check_odd_tables(text, tokens, tree)
    for node in tree.find_all(exp.Table):
        for part in node.parts:
            if not isinstance(part, exp.Identifier) and len(node.parts) > 1:
                _refuse(text, None, _UNREADABLE)
        if node.catalog or (node.db and not _is_own(node.db, place)):
            _refuse(text, _token_named(tokens, node.catalog or node.db), _outside(place))
        if _is_system(node.name, place.dialect):
            _refuse(text, _token_named(tokens, node.name), _outside(place))
    _check_chains(text, tokens, names, place)


def _check_odd_tables(text: str, tokens: tuple[Token, ...], tree: exp.Expression) -> None:
    """Tables that only SQLite takes for such: a string ('t'), and what follows IN without brackets."""
    strings = {token.start: token for token in tokens if token.kind is Kind.STRING}
    for node in tree.find_all(exp.Table):
        for part in node.parts:
            if string := strings.get(part.meta.get("start", -1)):
                _refuse(text, string, _STRING_AS_TABLE)
    if not any(node.args.get("field") for node in tree.find_all(exp.In)):
        return
    for token, following in pairwise(tokens):
        if token.upper == "IN" and following.text != "(":
            _refuse(text, following, _IN_WITHOUT_BRACKETS)
    _refuse(text, None, _UNREADABLE)


_STRING_AS_TABLE: Final = Rule(
    Reason.UNREADABLE,
    "a text in quotes stands where a table is named",
    'write the name without quotes, or in "double" ones',
)
_IN_WITHOUT_BRACKETS: Final = Rule(
    Reason.UNREADABLE,
    "IN is followed by brackets here, with values or a query in them",
    "write IN (SELECT column FROM table)",
)


def _own_names(tree: exp.Expression, place: Place) -> frozenset[str]:
    """Names by which a column may be qualified: the own schema, tables, aliases, common table expressions."""
    tables = (name for node in tree.find_all(exp.Table) for name in (node.name, node.alias))
    aliases = (
        node.alias_or_name
        for node in tree.find_all(exp.Subquery, exp.CTE, exp.Lateral, exp.Values, exp.Unnest)
    )
    others = (node.name for node in tree.find_all(exp.TableAlias))
    return frozenset(name.casefold() for name in (*tables, *aliases, *others, place.schema) if name)


def _check_chains(
    text: str, tokens: tuple[Token, ...], names: Collection[str], place: Place
) -> None:
    """Second wall for schemas: whatever stands before a dot is the own schema or a name of this query."""
    for index, (token, dot) in enumerate(pairwise(tokens)):
        if dot.text != "." or dot.kind is not Kind.SYMBOL:
            continue
        after = tokens[index + 2] if index + 2 < len(tokens) else None
        if after is None or after.text == "." or token.kind not in {Kind.WORD, Kind.QUOTED}:
            _refuse(text, token, _outside(place), until=dot)
        inner = index > 0 and tokens[index - 1].text == "."
        longer = index + 3 < len(tokens) and tokens[index + 3].text == "."
        if inner:
            continue
        if token.text.casefold() in _SYSTEM_SCHEMAS - {place.schema.casefold()}:
            _refuse(text, token, _outside(place), until=after)
        if longer and not _is_own(token.text, place):
            _refuse(text, token, _outside(place), until=after)
        if token.text.casefold() not in names and not _site_function(token, after, place):
            _refuse(text, token, _outside(place), until=after)


def _site_function(token: Token, after: Token, place: Place) -> bool:
    return f"{token.text}.{after.text}".upper() in place.functions


def _is_own(schema: str, place: Place) -> bool:
    # MySQL's schema names are case-sensitive on most systems: another case may be another schema.
    if place.dialect == "mysql":
        return schema == place.schema
    return schema.casefold() == place.schema.casefold()


def _is_system(table: str, dialect: str) -> bool:
    name = table.casefold()
    if dialect == "sqlite":
        return name.startswith(("sqlite_", "pragma_")) or name in {
            "dbstat",
            "bytecode",
            "tables_used",
        }
    # SQL Server answers sysobjects, sysusers and their like without any schema in front.
    return dialect == "tsql" and name.startswith("sys")


def _outside(place: Place) -> Rule:
    return Rule(
        Reason.SCHEMA,
        f"only tables of “{place.schema}” can be read here",
        f"leave the schema out, or write {place.schema}. in front of the table",
    )


def _token_named(tokens: Iterable[Token], name: str) -> Token | None:
    return next((token for token in tokens if token.text == name), None)


def _refuse(text: str, token: Token | None, rule: Rule, *, until: Token | None = None) -> NoReturn:
    start = token.start if token else 0
    end = (until or token).end if until or token else 0  # type: ignore[union-attr]
    raise StatementRefusedError(Refusal.at(text, start, end, rule.reason, rule.why, rule.instead))
