"""Payments out of files sent to an engine, the books closed on them and on simulated ones; worlds as files.

Books are closed when every message sent is a decision, a marked duplicate or a dead letter on the log, and
ClickHouse holds just as many rows. Imports the simulation, `storage`, `streams.kafka`,
`streams.control_plane`, `streams.sources.files`, `streams.sources.simulated` and `streams.warehouse`; never
the engine, which runs as a process of its own.
"""

from streams.sources.traffic.changes import changes_to_try
from streams.sources.traffic.demonstration import DemoResult, demonstrate
from streams.sources.traffic.output_reader import AnswerCounts, OutputReader, percentile
from streams.sources.traffic.own_process import running_command, running_engine
from streams.sources.traffic.replay import Progress, ReplayOptions, ReplayResult, free_name, replay
from streams.sources.traffic.warehouse_counts import RowCounter, WarehouseCounts
from streams.sources.traffic.world_files import WorldFileCounts, write_world

__all__ = [
    "AnswerCounts",
    "DemoResult",
    "OutputReader",
    "Progress",
    "ReplayOptions",
    "ReplayResult",
    "RowCounter",
    "WarehouseCounts",
    "WorldFileCounts",
    "changes_to_try",
    "demonstrate",
    "free_name",
    "percentile",
    "replay",
    "running_command",
    "running_engine",
    "write_world",
]
