"""Refuses migrations that would lose what is stored, rewrite it, or leave aggregates behind their rows.

A migration runs at the start of the warehouse, on tables of any size, while payments come in. So what it may
do is listed here, and all else is refused, in the tests and again before it is applied:

- `CREATE TABLE IF NOT EXISTS` of a table of the MergeTree family, with a comment for it and for each column,
  without partitions (a range of the log must be one part), with a deduplication window.
- `CREATE MATERIALIZED VIEW IF NOT EXISTS NAME_feed TO NAME AS SELECT` from one table, without `POPULATE`,
  which would miss what is inserted meanwhile.
- `ALTER TABLE NAME ADD COLUMN IF NOT EXISTS`, each with a comment; `ADD INDEX` and `ADD PROJECTION` likewise
  (for new rows: `MATERIALIZE` rewrites all). Nothing else of `ALTER`: no type changes, deletes, renames.

Views hold nothing and may change at will: `CREATE OR REPLACE VIEW` alone.
"""

import re
from typing import Final

from streams.errors import Misconfigured

CREATE_TABLE: Final = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+)\s*\(", re.IGNORECASE)
CREATE_FEED: Final = re.compile(
    r"CREATE MATERIALIZED VIEW IF NOT EXISTS (\w+)_feed TO (\w+) AS\s+SELECT\b", re.IGNORECASE
)
CREATE_VIEW: Final = re.compile(r"CREATE OR REPLACE VIEW (v_\w+) AS\s+(SELECT|WITH)\b", re.IGNORECASE)
ALTER_TABLE: Final = re.compile(r"ALTER TABLE (\w+)\s+(?=ADD )", re.IGNORECASE)
ADDITION: Final = re.compile(r"ADD (COLUMN|INDEX|PROJECTION) IF NOT EXISTS (\w+)\b", re.IGNORECASE)
ENGINES: Final = re.compile(r"\bENGINE = \w*MergeTree\b", re.IGNORECASE)
UNTOKENED: Final = frozenset(("warehouse_identity",))
"""Tables that are not filled by the sink."""


class DangerousMigrationError(Misconfigured):
    """A migration does what may not be done to tables in use."""


def check_migration(name: str, statement: str) -> None:
    """Raises DangerousMigrationError, which says what is wrong and what to do instead."""
    text = _without_comments_and_texts(statement)
    if ";" in text:
        raise _dangerous(name, "it has more than one statement: give each a file of its own")
    if match := CREATE_TABLE.match(text):
        _check_table(name, match[1], text)
    elif match := CREATE_FEED.match(text):
        _check_feed(name, match, text)
    elif ALTER_TABLE.match(text):
        _check_additions(name, text)
    else:
        raise _dangerous(
            name,
            f"{' '.join(text.split()[:3])} is not among what a migration may do: add columns, tables and "
            "views; what changes rows is a new table that `tollgate warehouse rebuild` fills from the log",
        )


def check_view(name: str, statement: str) -> None:
    """Raises DangerousMigrationError where a file among the views is none, or is called otherwise."""
    match = CREATE_VIEW.match(_without_comments_and_texts(statement))
    if match is None or f"{match[1]}.sql" != name:
        raise _dangerous(name, "it is not CREATE OR REPLACE VIEW of the file's name")


def _check_table(name: str, table: str, text: str) -> None:
    if not ENGINES.search(text):
        raise _dangerous(name, f"{table} is not of the MergeTree family: nothing else keeps its rows safe")
    if re.search(r"\bPARTITION BY\b", text, re.IGNORECASE):
        raise _dangerous(name, f"{table} has partitions: a range of the log would be several parts")
    if re.search(r"\bTTL\b", text, re.IGNORECASE):
        raise _dangerous(name, f"{table} has a TTL: how long rows are kept is TOLLGATE_WAREHOUSE_KEEP_DAYS")
    if table not in UNTOKENED and "non_replicated_deduplication_window" not in text:
        raise _dangerous(
            name, f"{table} has no non_replicated_deduplication_window: repeated ranges would count twice"
        )
    columns = _columns(text)
    silent = [column for column in columns if "COMMENT ''" not in column]
    if silent or not text.rstrip().endswith("COMMENT ''"):
        raise _dangerous(name, f"say by COMMENT what is in {(silent or [table])[0].split()[0]}")


def _check_feed(name: str, match: re.Match[str], text: str) -> None:
    if match[1] != match[2]:
        raise _dangerous(name, f"{match[1]}_feed fills {match[2]}: a feed is called by the table it fills")
    if re.search(r"\bJOIN\b", re.sub(r"\bARRAY JOIN\b", "", text, flags=re.IGNORECASE), re.IGNORECASE):
        raise _dangerous(
            name, "a feed that joins depends on when a row comes: look it up in the sink instead"
        )


def _check_additions(name: str, text: str) -> None:
    for clause in _split(ALTER_TABLE.sub("", text, count=1)):
        match = ADDITION.match(clause.strip())
        if match is None:
            raise _dangerous(
                name, f"{' '.join(clause.split()[:3])}: a migration only adds, with IF NOT EXISTS"
            )
        if match[1].upper() == "COLUMN" and "COMMENT ''" not in clause:
            raise _dangerous(name, f"say by COMMENT what is in {match[2]}")


def _columns(text: str) -> list[str]:
    """The columns of a CREATE TABLE, without its indexes and projections."""
    body = text[text.index("(") + 1 : _closing(text, text.index("("))]
    parts = [part.strip() for part in _split(body)]
    return [part for part in parts if not re.match(r"(INDEX|PROJECTION|CONSTRAINT)\b", part, re.IGNORECASE)]


def _split(text: str) -> list[str]:
    """At the commas that are in no brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _closing(text: str, opening: int) -> int:
    depth = 0
    for place in range(opening, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place
    return len(text)


def _without_comments_and_texts(statement: str) -> str:
    """Texts become empty ones, so that nothing in them counts. A comment of a column stays as COMMENT ''.

    >>> _without_comments_and_texts("-- DROP" + chr(10) + "SELECT 'a; it''s'")
    "SELECT ''"
    """
    pieces = re.compile(r"'(?:[^'\\]|\\.|'')*'|--[^\n]*\n?|/\*.*?\*/", re.DOTALL)
    return pieces.sub(lambda match: "''" if match[0].startswith("'") else " ", statement).strip()


def _dangerous(name: str, why: str) -> DangerousMigrationError:
    return DangerousMigrationError(f"migration {name}: {why}")
