"""From Kafka to ClickHouse, every row exactly once.

Invariants
- A range of the log is recorded before it is inserted, and one living sink of an engine can record.
- The same messages give the same blocks; a block inserted twice counts once.
- What a row says of earlier ones depends on the log before it alone.

Imports models, storage, `streams.kafka`, `streams.warehouse.schema` and `streams.warehouse.tables`.
"""

from streams.warehouse.sink.aggregates import AGGREGATES, Aggregate
from streams.warehouse.sink.block_insert import BlockInsert, table_rows, warehouse_identity
from streams.warehouse.sink.discovery import EngineDiscovery
from streams.warehouse.sink.histograms import (
    LATENCY_BOUNDS,
    NOT_SCORED,
    PROBABILITY_BOUNDS,
    SCORE_BOUNDS,
    bucket_numbers,
)
from streams.warehouse.sink.ledger import ProgressLedger
from streams.warehouse.sink.log_range import Partition, SinkProgress
from streams.warehouse.sink.log_reader import LogReader, raise_for
from streams.warehouse.sink.loss import gone_before_sunk, pass_over_sunk
from streams.warehouse.sink.progress import recorded_progress, wait_until_sunk
from streams.warehouse.sink.sink import WarehouseSink
from streams.warehouse.sink.status import SinkStatus, SinkWatcher
from streams.warehouse.sink.supervisor import SinkSupervisor

__all__ = [
    "AGGREGATES",
    "LATENCY_BOUNDS",
    "NOT_SCORED",
    "PROBABILITY_BOUNDS",
    "SCORE_BOUNDS",
    "Aggregate",
    "BlockInsert",
    "EngineDiscovery",
    "LogReader",
    "Partition",
    "ProgressLedger",
    "SinkProgress",
    "SinkStatus",
    "SinkSupervisor",
    "SinkWatcher",
    "WarehouseSink",
    "bucket_numbers",
    "gone_before_sunk",
    "pass_over_sunk",
    "raise_for",
    "recorded_progress",
    "table_rows",
    "wait_until_sunk",
    "warehouse_identity",
]
