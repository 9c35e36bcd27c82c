"""What is wrong with the tables, found in seconds: structure, number of rows, aggregates.

Values of single rows are not looked at: that is `tollgate verify`, which reads the whole log.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from streams.kafka import Topics
from streams.warehouse.schema import sql, structure_faults
from streams.warehouse.sink import (
    GRAINS_MS,
    TABLES,
    EngineDiscovery,
    SinkProgress,
    recorded_progress,
    table_rows,
)

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

LOOKS: Final = 5
LOOK_PAUSE_S: Final = 0.3
ADVICE: Final = "run `tollgate warehouse rebuild`"


def warehouse_faults(bootstrap: str, client: "Client", engines: Iterable[str] = ()) -> list[str]:
    """The faults in words, with what to do; empty when there are none. `engines`: only these, if any."""
    broken = [f"{name} {fault}" for name, fault in structure_faults(client).items()]
    if not broken:
        for engine in sorted(EngineDiscovery(bootstrap, engines).names()):
            broken += _row_faults(bootstrap, client, engine)
    return [f"warehouse: {fault}: {ADVICE}" for fault in broken]


def _row_faults(bootstrap: str, client: "Client", engine: str) -> list[str]:
    """Looks at the log's side before and after the tables, which a running sink fills meanwhile."""
    before = recorded_progress(bootstrap, client, engine)
    held = {table.name: table_rows(client, table.name, engine) for table in TABLES}
    after = recorded_progress(bootstrap, client, engine)
    names = {Topics(engine)[table.role]: table.name for table in TABLES}
    faults = []
    for partition, known in before.items():
        name = names[partition.topic]
        fault = _count_fault(held[name].get(partition.number, 0), known, after.get(partition))
        faults += [f"{name} of engine {engine} {fault}"] if fault else []
    return faults or _aggregate_faults(client, engine)


def _count_fault(rows: int, before: SinkProgress | None, after: SinkProgress | None) -> str:
    if before is None or after is None or before.total is None or after.total is None:
        return ""
    most = after.total + (after.pending.rows if after.pending else 0)
    if before.total <= rows <= most:
        return ""
    return f"holds {rows:,} rows, {before.total:,} were inserted"


def _aggregate_faults(client: "Client", engine: str) -> list[str]:
    return [
        f"decisions_{grain} of engine {engine} does not add up to its decisions"
        for grain in GRAINS_MS
        if not _adds_up(client, engine, grain)
    ]


def _adds_up(client: "Client", engine: str, grain: str) -> bool:
    """An insert fills a table first and its aggregates a moment later: a difference is looked at again."""
    parameters = {"engine": engine, "aggregate": f"decisions_{grain}"}
    for look in range(LOOKS):
        time.sleep(LOOK_PAUSE_S if look else 0)
        rows, added_up = client.query(sql("rows_and_sums"), parameters=parameters).result_rows[0]
        if int(rows) == int(added_up):
            return True
    return False
