"""From a chart or table to its SQL: the address of its query in Explore, with the values put in.

Explore takes SQL without parameters, so each `{name:Type}` becomes a literal. It is a text for people:
Explore runs it with its own checks and limits, as whoever opens it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from dashboards.console.warehouse import query_text

PLACE: Final = re.compile(r"\{(\w+):\s*([A-Za-z0-9_()', ]+)\}")
Scope = frozenset[str] | None


def explore_link(query_name: str, parameters: Mapping[str, Any], scope: Scope) -> str:
    """The address of `room/query` in Explore, as it is asked here."""
    return f"/explore?{urlencode({'sql': sql_in_full(query_text(query_name), parameters, scope)})}"


def sql_in_full(text: str, parameters: Mapping[str, Any], scope: Scope) -> str:
    """The query with literals in the place of its parameters."""
    values = {**parameters, "accounts": sorted(scope or ())}
    return PLACE.sub(lambda place: literal(values[place[1]], place[2]), text)


def literal(value: Any, kind: str = "") -> str:
    r"""A value as ClickHouse reads it in a query.

    >>> literal("it's"), literal(("a", "b")), literal([], "Array(String)"), literal(5), literal(True)
    ("'it\\'s'", "['a', 'b']", "CAST([], 'Array(String)')", '5', 'true')
    >>> literal(date(2026, 11, 23))
    "toDate('2026-11-23')"
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\0", "\\0")
        return f"'{escaped}'"
    if isinstance(value, date):
        return f"toDate('{value.isoformat()}')"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(literal, value))}]" if value else f"CAST([], '{kind}')"
    return str(value)
