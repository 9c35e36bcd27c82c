"""Which statements may run: judged on ClickHouse's own parse of the text, never on patterns in it.

Invariants
- One statement a request: the engine would run what stands after a semicolon as well.
- Nothing is written to or read from a file: not by `INTO OUTFILE`, which grants do not cover, not by `INFILE`
  (but for the data of this very request), not by the function `file`, which reads any file of the host in an
  embedded engine and hides in `arrayMap(file, ...)` and `APPLY(file)`.
- Table functions are the few that make rows out of nothing; every other one reaches outside.
- Of the engine's own tables only those are read that grants name: ClickHouse lets everybody see some without
  a grant, and `system.processes` shows what others ask.

Grants refuse most of this a second time. Kinds of statements that are not listed here are refused.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from streams.warehouse.database import Database
from streams.warehouse.engine_config import SYSTEM_TABLES
from streams.warehouse.http.access import reader_options
from streams.warehouse.http.refusal import ACCESS_DENIED, NOT_IMPLEMENTED, SYNTAX_ERROR, RequestRefusedError
from streams.warehouse.http.request import Statement

READS: Final = frozenset({
    "SelectWithUnionQuery", "SelectIntersectExceptQuery", "SelectQuery", "ExplainQuery", "ShowTablesQuery",
    "ShowColumnsQuery", "ShowIndexesQuery", "ShowFunctionsQuery",
})  # fmt: skip
WRITES: Final = frozenset({
    "InsertQuery", "CreateQuery", "AlterQuery", "DropQuery", "RenameQuery", "OptimizeQuery", "DeleteQuery",
    "UpdateQuery",
})  # fmt: skip
DESCRIPTIONS: Final = frozenset({
    "DescribeQuery", "ShowCreateTableQuery", "ShowCreateViewQuery", "ExistsTableQuery", "ExistsViewQuery",
})  # fmt: skip
"""Statements that ClickHouse cannot give as JSON. They are looked at as `EXPLAIN AST` shows them."""
NO_JSON: Final = "does not support JSON serialization"
OWN_QUESTION: Final = ": In scope SELECT "
INLINE_DATA: Final = "INSERT with inline data"
TABLE_FUNCTIONS: Final = frozenset({
    "numbers", "numbers_mt", "zeros", "zeros_mt", "generateseries", "generate_series", "values", "view",
    "null",
})  # fmt: skip
OUTSIDE: Final = frozenset({
    "file", "showcertificate", "catboostevaluate", "getclienthttpheader", "generateserialid", "sleep",
    "sleepeachrow", "getserversetting", "hostname", "fqdn", "fullhostname", "buildid", "serveruuid",
    "getoskernelversion", "tcpport", "uptime", "displayname", "getmacro", "filesystemavailable",
    "filesystemcapacity", "filesystemunreserved",
    # One row of these can take longer than a statement may, and is not interrupted.
    "editdistance", "editdistanceutf8", "levenshteindistance", "levenshteindistanceutf8",
    "dameraulevenshteindistance", "jarosimilarity", "jarowinklersimilarity", "stringjaccardindex",
    "stringjaccardindexutf8", "arraylevenshteindistance", "arraylevenshteindistanceweighted",
    "arraysimilarity",
})  # fmt: skip
"""Functions that reach files, networks or other servers, tell about the host, or only take up time; `ai...`
as well.
"""
CHECK_TIME_S: Final = "5"


class Inspector:
    """Knows the functions of this engine; `check` is called for every statement before it runs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        functions = self._column("SELECT lower(name) FROM system.functions WHERE NOT is_aggregate")
        table_functions = self._column("SELECT lower(name) FROM system.table_functions")
        self._outside = OUTSIDE | {name for name in functions if name.startswith("ai")}
        self._elsewhere = self._outside | (table_functions - functions - TABLE_FUNCTIONS)

    def check(self, statement: Statement, *, may_write: bool) -> None:
        """Raises RequestRefusedError, which says what is not allowed."""
        if statement.database.lower() == "system":
            self._refuse("the database system as one's own: name its tables as system.NAME")
        text = self._ask("parseQueryToJSON", statement.text)
        if text is None:
            self._check_description(statement.text)
            return
        try:
            tree = json.loads(text)
        except RecursionError:
            raise RequestRefusedError(SYNTAX_ERROR, "the statement is nested too deep") from None
        _check_kind(tree, may_write=may_write)
        for node in _nodes(tree):
            self._check_node(node, statement)

    def _check_node(self, node: Mapping[str, Any], statement: Statement) -> None:
        if node.get("out_file"):
            raise RequestRefusedError(ACCESS_DENIED, "INTO OUTFILE is not allowed: read the response instead")
        if node.get("infile") and _value(node["infile"]) != str(statement.data):
            raise RequestRefusedError(
                ACCESS_DENIED, "FROM INFILE is not allowed: send the data in the request"
            )
        database, _, table = _full_name(node, statement.parameters).lower().partition(".")
        if database == "system" and table and table not in SYSTEM_TABLES:
            self._refuse(f"system.{table}")
        function = node.get("table_function")
        if function and str(function.get("name", "")).lower() not in TABLE_FUNCTIONS:
            self._refuse(str(function.get("name")))
        for name in _names(node, statement.parameters):
            if name.lower() in (self._elsewhere if node.get("type") == "Function" else self._outside):
                self._refuse(name)

    def _refuse(self, name: str) -> None:
        raise RequestRefusedError(ACCESS_DENIED, f"Not enough privileges: {name} is not for use here")

    def _check_description(self, text: str) -> None:
        """`text` is one statement: a second one would run when it is explained."""
        self._ask("formatQuerySingleLine", text)
        root, *nodes = self._lines(f"EXPLAIN AST {text}")
        if root.split()[0] not in DESCRIPTIONS:
            raise RequestRefusedError(
                ACCESS_DENIED, f"Not enough privileges: {root.split()[0]} is not allowed"
            )
        if any(node.split()[0] in {"Literal", "Function", "Subquery"} for node in nodes):
            raise RequestRefusedError(ACCESS_DENIED, "Not enough privileges: name a table, and no file")

    def _ask(self, function: str, text: str) -> str | None:
        """The engine's answer about a text; None where it has no JSON for this kind of statement."""
        with self._reader() as connection:
            try:
                result = connection.query(
                    f"SELECT {function}({{text:String}})", "TabSeparatedRaw", params={"text": _escaped(text)}
                )
            except RuntimeError as failure:
                if NO_JSON in str(failure):
                    return None
                raise _explained(failure) from None
        return str((result.bytes() or b"").decode("utf-8", "replace"))

    def _lines(self, statement: str) -> list[str]:
        with self._reader() as connection:
            answer = connection.query(statement, "TabSeparatedRaw").bytes() or b""
        return [line for line in answer.decode("utf-8", "replace").splitlines() if line.strip()]

    def _column(self, statement: str) -> frozenset[str]:
        return frozenset(self._lines(statement))

    def _reader(self) -> Any:
        return self._database.connection(reader_options({}) | {"max_execution_time": CHECK_TIME_S})


def _check_kind(tree: Mapping[str, Any], *, may_write: bool) -> None:
    kind = tree.get("type")
    if kind in READS:
        return
    if kind not in WRITES:
        raise RequestRefusedError(ACCESS_DENIED, f"Not enough privileges: {kind} is not allowed")
    if not may_write:
        raise RequestRefusedError(
            ACCESS_DENIED, "Not enough privileges: analysts read, and GET reads, whoever asks"
        )
    if kind in {"CreateQuery", "DropQuery"} and not (tree.get("table") or tree.get("has_tables")):
        raise RequestRefusedError(
            ACCESS_DENIED, "Not enough privileges: databases are not made or dropped here"
        )


def _nodes(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every node of the tree, with a stack of its own: statements nest deeper than Python calls."""
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _full_name(node: Mapping[str, Any], parameters: Mapping[str, str]) -> str:
    """What a node names, such as `system.parts`; parts that parameters give are empty in the tree."""
    given = iter([_given(each, parameters) for each in node.get("children") or () if _is_name(each)])
    return ".".join(str(part) or next(given, "") for part in node.get("name_parts") or ())


def _is_name(node: object) -> bool:
    """Whether a parameter stands here for a name, and not for a value."""
    is_parameter = isinstance(node, dict) and node.get("type") == "QueryParameter"
    return is_parameter and "Identifier" in str(node.get("param_type"))  # type: ignore[attr-defined]


def _given(parameter: Mapping[str, Any], parameters: Mapping[str, str]) -> str:
    """The name that a parameter gives. It comes escaped, and a name needs no escapes: one that has some hides
    what it is.
    """
    value = parameters.get(str(parameter.get("name")), "")
    if "\\" in value:
        raise RequestRefusedError(ACCESS_DENIED, "Not enough privileges: a name is given without escapes")
    return value


def _names(node: Mapping[str, Any], parameters: Mapping[str, str]) -> Iterator[str]:
    """What a node calls: function and column names, also one that a parameter gives."""
    for key in ("name", "func_name"):
        if isinstance(node.get(key), str):
            yield node[key]
    if _is_name(node):
        yield _given(node, parameters)


def _value(literal: Mapping[str, Any]) -> object:
    value = literal.get("value")
    return value.get("value") if isinstance(value, dict) else value


def _explained(failure: RuntimeError) -> Exception:
    """The engine's complaint about the statement, without the question that we asked about it."""
    if INLINE_DATA in str(failure):
        return RequestRefusedError(
            NOT_IMPLEMENTED, "INSERT ... VALUES is not supported: send the rows as INSERT ... FORMAT"
        )
    message, _, rest = str(failure).partition(OWN_QUESTION)
    return RuntimeError(f"{message}{rest[rest.rfind(' (') :]}" if rest else message)


def _escaped(text: str) -> str:
    """As the protocol sends parameters.

    >>> print(_escaped("a" + chr(9) + "b"))
    a\\tb
    """
    for character, escape in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", "\\0")):
        text = text.replace(character, escape)
    return text
