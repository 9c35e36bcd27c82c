"""How long tables keep their rows, by the setting; ClickHouse deletes what is older by itself.

Invariants
- What is added up, or looked up by later rows, has no limit: decisions, outcomes, labels. So every aggregate
  can be added up again from its rows, at any time.
- What says who changed what is kept: `controls` has no limit to set, and the refusals of controls, by which
  `v_controls` tells those that the engine took, stay when other dead letters go.
- Ages are counted in times of 64 bits: those of 32 end in 2106, and what is later would count as of 1970.
- A limit is longer than whatever a sink may still insert again or compare with.
"""

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from streams.errors import Misconfigured

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

DAY_MS: Final = 86_400_000
DAYS_MAX: Final = 36_500
LIMITED: Final[Mapping[str, tuple[str, int]]] = {
    "payments": ("received_at", 8),
    "dead_letters": ("received_at", 8),
    "timeline": ("at", 400),
    "disputes": ("cohort_at", 400),
    "reviews": ("at", 8),
    "list_answers": ("answered_at", 8),
    "journal": ("appended_at", 8),
    "decisions_minute": ("minute", 8),
    "decisions_by_minute": ("minute", 8),
}
"""What can have a limit -> the time that its age counts from, and the least number of days. Repeated outcomes
and stages of disputes are told by earlier ones: a dispute may take 400 days.
"""
KEPT_ANYWAY: Final[Mapping[str, str]] = {
    "dead_letters": "endsWith(topic, '.controls') OR reason IN ('invalid_control', 'unauthorised',"
    " 'artefact_missing', 'invalid_artefact', 'engine_error', 'given_up', 'unreadable')",
}
"""Rows that a limit does not delete: dead letters that may be of a control that has a row."""
_TTL: Final = re.compile(r"TTL .*?toIntervalDay\((\d+)\)")


def keep_days(text: str) -> dict[str, int]:
    """Days by table of a setting such as `payments=90,dead_letters=400`. Raises Misconfigured.

    >>> keep_days("payments=90, timeline=400")
    {'payments': 90, 'timeline': 400}
    """
    days = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        table, _, number = (word.strip() for word in part.partition("="))
        if table not in LIMITED:
            raise Misconfigured(
                f"TOLLGATE_WAREHOUSE_KEEP_DAYS: {table!r} cannot have a limit; {', '.join(LIMITED)} can"
            )
        least = LIMITED[table][1]
        if not number.isascii() or not number.isdigit() or not least <= int(number) <= DAYS_MAX:
            raise Misconfigured(
                f"TOLLGATE_WAREHOUSE_KEEP_DAYS: {part!r} is not TABLE=DAYS, {least} to {DAYS_MAX:,}"
            )
        days[table] = int(number)
    return days


def apply_retention(client: "Client", days: Mapping[str, int]) -> dict[str, int]:
    """Makes each table keep its rows for so many days, for ever where none is given; what was changed (0: no
    limit any more). Rows are deleted with the next merge of their part, none is rewritten for it.
    """
    changed = {}
    for table in LIMITED:
        wanted = days.get(table, 0)
        if not _is_set(_engine(client, table), table, wanted):
            client.command(f"ALTER TABLE {table} {_clause(table, wanted)}", settings=_LAZY)
            changed[table] = wanted
    return changed


def kept_since_ms(client: "Client", table: str) -> int:
    """From this time on (ms, start of a day) all rows of a table are there; 0 where it has no limit."""
    days = _days(client, table)
    return (int(time.time() * 1000) // DAY_MS - days + 1) * DAY_MS if days else 0


_LAZY: Final = {"materialize_ttl_after_modify": 0}


def _is_set(engine: str, table: str, days: int) -> bool:
    return f" TTL {_age(table, days)} " in f"{engine} " if days else " TTL " not in engine


def _clause(table: str, days: int) -> str:
    if not days:
        return "REMOVE TTL"
    kept = f" WHERE NOT ({KEPT_ANYWAY[table]})" if table in KEPT_ANYWAY else ""
    return f"MODIFY TTL {_age(table, days)}{kept}"


def _age(table: str, days: int) -> str:
    return f"toDateTime64({LIMITED[table][0]}, 3) + toIntervalDay({days})"


def _days(client: "Client", table: str) -> int:
    match = _TTL.search(_engine(client, table))
    return int(match[1]) if match else 0


def _engine(client: "Client", table: str) -> str:
    """How ClickHouse keeps a table, in its own words; empty where there is none."""
    rows = client.query(
        "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
        parameters={"table": table},
    ).result_rows
    return str(rows[0][0]) if rows else ""
