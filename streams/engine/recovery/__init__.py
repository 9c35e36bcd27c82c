"""From a snapshot and the journal to the engine's state: start-up, follower and verification."""

from streams.engine.recovery import replay, snapshot
from streams.engine.recovery.journal import JournalReader, RecordedInputs, last_entry
from streams.engine.recovery.warm import compile_all, warm

__all__ = [
    "JournalReader",
    "RecordedInputs",
    "compile_all",
    "last_entry",
    "replay",
    "snapshot",
    "warm",
]
