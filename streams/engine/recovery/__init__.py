"""From a snapshot and the journal to the engine's state: for start-up, follower and verification.

Invariant: an engine's state is the fold of its journal over its inputs; any difference stops the process. May
import every other room of the engine, `features`, `models` and `streams.kafka`.
"""

from streams.engine.recovery import replay, snapshot
from streams.engine.recovery.answered_place import answered_places
from streams.engine.recovery.catching_up import JournalScan, beginning_after, last_beginning, recovered, scan
from streams.engine.recovery.journal import JournalReader, RecordedInputs, last_entry
from streams.engine.recovery.warm import compile_all, warm

__all__ = [
    "JournalReader",
    "JournalScan",
    "RecordedInputs",
    "answered_places",
    "beginning_after",
    "compile_all",
    "last_beginning",
    "last_entry",
    "recovered",
    "replay",
    "scan",
    "snapshot",
    "warm",
]
