"""How long tables keep their rows, by the setting; ClickHouse deletes what is older by itself.

Invariants
- Rows go by the time by which they are added up, so that a day of an aggregate has all its rows or none.
- Aggregates outlive their rows: what is put right from rows begins with the first day that is whole
  (`kept_since_ms`), and nothing older is touched.
- What says who changed what is kept: `controls` and `journal` have no limit to set.
"""

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from streams.errors import Misconfigured

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

DAY_MS: Final = 86_400_000
DAYS_MIN: Final = 7
DAYS_MAX: Final = 36_500
ROW_TIMES: Final[Mapping[str, str]] = {
    "payments": "received_at",
    "decisions": "engine_time",
    "decided_payments": "engine_time",
    "dead_letters": "received_at",
    "outcomes": "cohort_at",
    "labels": "cohort_at",
    "disputes": "cohort_at",
    "reviews": "at",
    "timeline": "at",
    "list_answers": "answered_at",
    "decisions_minute": "minute",
    "decisions_by_minute": "minute",
}
"""What can have a limit -> the time that its age counts from."""
_TTL: Final = re.compile(r"TTL .*?toIntervalDay\((\d+)\)")


def keep_days(text: str) -> dict[str, int]:
    """Days by table of a setting such as `payments=90,dead_letters=400`. Raises Misconfigured.

    >>> keep_days("payments=90, timeline=400")
    {'payments': 90, 'timeline': 400}
    """
    days = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        table, _, number = (word.strip() for word in part.partition("="))
        if table not in ROW_TIMES:
            raise Misconfigured(
                f"TOLLGATE_WAREHOUSE_KEEP_DAYS: {table!r} has no limit; there are {', '.join(ROW_TIMES)}"
            )
        if not number.isdigit() or not DAYS_MIN <= int(number) <= DAYS_MAX:
            raise Misconfigured(
                f"TOLLGATE_WAREHOUSE_KEEP_DAYS: {part!r} is not TABLE=DAYS, {DAYS_MIN} to {DAYS_MAX:,}"
            )
        days[table] = int(number)
    return days


def apply_retention(client: "Client", days: Mapping[str, int]) -> dict[str, int]:
    """Makes each table keep its rows for so many days, for ever where none is given; what was changed (0: no
    limit any more). Rows are deleted with the next merge of their part, none is rewritten for it.
    """
    changed = {}
    for table in ROW_TIMES:
        before, wanted = _days(client, table), days.get(table, 0)
        if before != wanted:
            client.command(f"ALTER TABLE {table} {_clause(table, wanted)}", settings=_LAZY)
            changed[table] = wanted
    return changed


def kept_since_ms(client: "Client", table: str) -> int:
    """From this time on (ms, start of a day) all rows of a table are there; 0 where it has no limit."""
    days = _days(client, table)
    return (int(time.time() * 1000) // DAY_MS - days + 1) * DAY_MS if days else 0


_LAZY: Final = {"materialize_ttl_after_modify": 0}


def _clause(table: str, days: int) -> str:
    return f"MODIFY TTL toDateTime({ROW_TIMES[table]}) + toIntervalDay({days})" if days else "REMOVE TTL"


def _days(client: "Client", table: str) -> int:
    rows = client.query(
        "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}",
        parameters={"table": table},
    ).result_rows
    match = _TTL.search(str(rows[0][0])) if rows else None
    return int(match[1]) if match else 0
