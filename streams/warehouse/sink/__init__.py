"""From Kafka to ClickHouse, every row exactly once."""

from streams.warehouse.sink.block_insert import GRAINS_MS
from streams.warehouse.sink.cut import Partition
from streams.warehouse.sink.discovery import Engines
from streams.warehouse.sink.histograms import (
    LATENCY_BOUNDS,
    NOT_SCORED,
    PROBABILITY_BOUNDS,
    SCORE_BOUNDS,
    bucket_numbers,
)
from streams.warehouse.sink.log_reader import LogReader, raise_for
from streams.warehouse.sink.progress import wait_until_sunk
from streams.warehouse.sink.sink import DecisionSink
from streams.warehouse.sink.sinks import Sinks
from streams.warehouse.sink.status import SinkStatus

__all__ = [
    "GRAINS_MS",
    "LATENCY_BOUNDS",
    "NOT_SCORED",
    "PROBABILITY_BOUNDS",
    "SCORE_BOUNDS",
    "DecisionSink",
    "Engines",
    "LogReader",
    "Partition",
    "SinkStatus",
    "Sinks",
    "bucket_numbers",
    "raise_for",
    "wait_until_sunk",
]
