"""From the newest usable snapshot to the journal's end, or from where the journal begins again.

Invariant: a state is only ever the fold of the journal from a snapshot that fits, from the first batch, or
from an entry that says the state was given up (`models.messages.BegunAgain`).
"""

import logging

import msgspec

from models.messages import JournalEntry
from streams.engine.recovery import replay
from streams.engine.recovery.journal import JournalReader, RecordedInputs, decode_entry
from streams.errors import Damaged
from streams.kafka import Topics, readable, records

log = logging.getLogger(__name__)


def recovered(home: replay.EngineHome, bootstrap: str, journal_end: int) -> tuple[replay.EngineState, int]:
    """The state at the journal's end, and how many batches were re-applied for it.

    Raises `Damaged` where what it is made from is gone and was not given up.
    """
    state = replay.restore(home, journal_end)
    try:
        return state, catch_up(state, bootstrap)
    except Damaged as gone:
        again = beginning_after(gone, home, bootstrap, state.position.number)
        return again, catch_up(again, bootstrap)


def catch_up(state: replay.EngineState, bootstrap: str, answer: bool = False) -> int:
    """Re-applies the journal from the state's position to its end; returns the number of batches."""
    engine = state.core.engine
    journal = JournalReader(bootstrap, engine, state.position.journal_offset, state.position.number)
    recorded = RecordedInputs(bootstrap, state.position.inputs)
    batches = 0
    try:
        for entries in replay.grouped(journal.to_end()):
            replay.apply_entries(state, entries, recorded.batch(*(entry for entry, _ in entries)), answer)
            batches += len(entries)
    finally:
        journal.close()
        recorded.close()
    return batches


def beginning_after(
    gone: Damaged, home: replay.EngineHome, bootstrap: str, number: int
) -> replay.EngineState:
    """Where the journal begins again behind batch `number`, once what that batch is made from is gone. Raises
    `gone` where it does not.
    """
    again = last_beginning(home, bootstrap, number)
    if again is None:
        raise gone
    log.warning("%s. The journal begins again with batch %d", gone, again.position.number + 1)
    return again


def last_beginning(home: replay.EngineHome, bootstrap: str, after: int) -> replay.EngineState | None:
    """The empty state before the last entry behind batch `after` by which the state was given up."""
    found = None
    for record, entry in readable(records(bootstrap, Topics(home.engine)["journal"]), decode_entry):
        if entry.begun_again and entry.number > after:
            found = replay.JournalPosition(entry.number - 1, record.offset())
    if found is None:
        return None
    state = replay.empty(home)
    state.position = found
    return state


class JournalScan(msgspec.Struct):
    """What the journal says at its end, whether or not it can be applied again."""

    number: int = 0
    sequence: int = 0
    engine_time: int = 0
    appended: int = 0
    """When its last entry was appended, ms."""
    positions: dict[str, int] = msgspec.field(default_factory=dict)
    root: tuple[str, int] | None = None
    """The root of trust that it states, and since which offset."""

    def see(self, entry: JournalEntry, appended: int) -> None:
        self.number, self.sequence, self.engine_time = entry.number, entry.sequence, entry.engine_time
        self.appended = appended
        self.root = (entry.trust.root, entry.trust.since) if entry.trust else None
        self.positions.update(entry.positions)


def scan(bootstrap: str, engine: str) -> JournalScan:
    """Reads all of the journal that is there."""
    found = JournalScan()
    for record, entry in readable(records(bootstrap, Topics(engine)["journal"]), decode_entry):
        found.see(entry, record.timestamp()[1])
    return found
