"""A file's payments through an engine of their own, and the books closed."""

from streams.sources.replay import own_engine, own_process
from streams.sources.replay.outputs import Answers, Outputs, percentile
from streams.sources.replay.pace import Pace
from streams.sources.replay.replay import Progress, Replayed, ReplayOptions, free_name, replay
from streams.sources.replay.trial import trial
from streams.sources.replay.warehouse_counts import Warehouse, WarehouseCounts

__all__ = [
    "Answers",
    "Outputs",
    "Pace",
    "Progress",
    "ReplayOptions",
    "Replayed",
    "Warehouse",
    "WarehouseCounts",
    "free_name",
    "own_engine",
    "own_process",
    "percentile",
    "replay",
    "trial",
]
