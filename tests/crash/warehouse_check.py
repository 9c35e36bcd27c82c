"""Does ClickHouse hold what the decisions topic holds, no more and no less? Totals by plain Python.

`streams.warehouse.audit.compare` looks at every row and cell; this is a second opinion that shares no code or
SQL with the sink: keys and sums of the aggregates and of the table, counted from the messages by
dictionaries.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Message

GRAINS = {"minute": 60_000, "hour": 3_600_000}
Sums = dict[tuple[Any, ...], tuple[int, ...]]


def expected(decisions: Iterable[Message], grain_ms: int) -> Sums:
    """Decisions, duplicates, amount, reference amount and number of timed decisions by key."""
    sums: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for message in decisions:
        said = json.loads(message.value())
        start = said["engine_time"] // grain_ms * grain_ms // 1000
        country, model = said["merchant_country"] or "", said["versions"]["model"] or ""
        cell = sums[start, said["verdict"], country, model, said["currency"]]
        if said.get("duplicate"):
            cell[1] += 1
        else:
            for at, value in ((0, 1), (2, said["amount"]), (3, said["reference_amount"]), (4, 1)):
                cell[at] += value
    return {key: tuple(cell) for key, cell in sums.items()}


def stored(client: Any, engine: str, grain: str) -> Sums:
    """The same from the aggregate table."""
    rows = client.query(
        f"SELECT toUnixTimestamp({grain}), verdict, merchant_country, model, currency, sum(decisions),"
        " sum(duplicates), sum(amount), sum(reference_amount), sum(arraySum(mapValues(latency_histogram)))"
        f" FROM decisions_{grain} WHERE engine = {{engine:String}} GROUP BY ALL",
        parameters={"engine": engine},
    ).result_rows
    return {tuple(row[:5]): tuple(int(value) for value in row[5:]) for row in rows}


def compare_totals(client: Any, engine: str, decisions: list[Message], letters: int) -> list[str]:
    """The differences found, the first few of each table."""
    differences = []
    for grain, grain_ms in GRAINS.items():
        wanted, found = expected(decisions, grain_ms), stored(client, engine, grain)
        unequal = [key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)]
        differences += [
            f"decisions_{grain} {key}: {found.get(key)}, by the log {wanted.get(key)}"
            for key in sorted(unequal)[:3]
        ]
    for table, rows in (("decisions", len(decisions)), ("dead_letters", letters)):
        found_rows = client.query(
            f"SELECT count(), uniqExact(log_offset) FROM {table} WHERE engine = {{engine:String}}",
            parameters={"engine": engine},
        ).result_rows[0]
        if tuple(found_rows) != (rows, rows):
            differences.append(f"table {table}: rows and offsets {tuple(found_rows)}, the log has {rows}")
    return differences
