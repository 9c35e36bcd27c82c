"""What is wrong with the tables, found in seconds: structure, number of rows, aggregates.

Values of single rows are not looked at: that is `tollgate verify`, which reads the whole log.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from streams.kafka import Topics
from streams.warehouse.schema import kept_since_ms, sql, structure_faults
from streams.warehouse.sink import (
    AGGREGATES,
    Aggregate,
    EngineDiscovery,
    Partition,
    SinkProgress,
    recorded_progress,
    table_rows,
)
from streams.warehouse.stages import STAGES, SinkStage
from streams.warehouse.tables import primary_tables

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
    faults = [fault for stage in STAGES for fault in _stage_faults(bootstrap, client, engine, stage)]
    return faults or _copy_faults(client, engine) or _aggregate_faults(client, engine)


def _stage_faults(bootstrap: str, client: "Client", engine: str, stage: SinkStage) -> list[str]:
    before = recorded_progress(bootstrap, client, engine, stage)
    held = _held(client, engine, stage, before)
    after = recorded_progress(bootstrap, client, engine, stage)
    faults = []
    for partition, rows in sorted(held.items()):
        tables = primary_tables(stage, partition.role)
        is_expiring = any(kept_since_ms(client, table) for table in tables)
        fault = _count_fault(rows, before.get(partition), after.get(partition), is_expiring)
        faults += [f"{', '.join(tables)} of engine {engine} {fault}"] if fault else []
    return faults


def _held(
    client: "Client", engine: str, stage: SinkStage, known: Mapping[Partition, SinkProgress | None]
) -> dict[Partition, int]:
    """By partition: the rows in the tables that its messages fill."""
    topics = Topics(engine)
    held = dict.fromkeys(known, 0)
    for role in stage.sources:
        for table in primary_tables(stage, role):
            for partition, rows in table_rows(client, table, engine).items():
                if partition.topic == topics[role]:
                    held[partition] = held.get(partition, 0) + rows
    return held


def _count_fault(
    rows: int, before: SinkProgress | None, after: SinkProgress | None, is_expiring: bool
) -> str:
    if before is None or after is None or before.total is None or after.total is None:
        return ""
    most = after.total + (after.pending.rows if after.pending else 0)
    least = 0 if is_expiring else before.total
    return "" if least <= rows <= most else f"holds {rows:,} rows, {before.total:,} were inserted"


def _copy_faults(client: "Client", engine: str) -> list[str]:
    """`decided_payments` holds the decisions once more; of an earlier version it holds none."""
    for look in range(LOOKS):
        time.sleep(LOOK_PAUSE_S if look else 0)
        rows, copies = client.query(sql("rows_and_copies"), parameters={"engine": engine}).result_rows[0]
        if int(rows) == int(copies):
            return []
    return [f"decided_payments of engine {engine} holds {copies:,} of {rows:,} decisions"]


def _aggregate_faults(client: "Client", engine: str) -> list[str]:
    return [
        f"{aggregate.name} of engine {engine} does not add up to its {aggregate.table}"
        for aggregate in AGGREGATES
        if not _adds_up(client, engine, aggregate)
    ]


def _adds_up(client: "Client", engine: str, aggregate: Aggregate) -> bool:
    """An insert fills a table first and its aggregates a moment later: a difference is looked at again."""
    query = aggregate.filled(sql("rows_and_sums"))
    since = datetime.fromtimestamp(aggregate.whole_since_ms(client) // 1000, UTC)
    for look in range(LOOKS):
        time.sleep(LOOK_PAUSE_S if look else 0)
        parameters = {"engine": engine, "since": since}
        rows, added_up = client.query(query, parameters=parameters).result_rows[0]
        if int(rows) == int(added_up):
            return True
    return False
