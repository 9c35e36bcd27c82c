"""The snapshot follower: applies the journal as the engine writes it, and keeps snapshots of what comes out.

It produces nothing, so it may fall behind, be killed or be started twice without harm. Every batch is
re-applied with its decisions and compared with the journal's hashes: a standing proof that the engine is a
function of its log.
"""

import logging
import time
from collections.abc import Callable

from streams.engine.process import EngineOptions
from streams.engine.recovery import JournalReader, RecordedInputs, beginning_after, replay, snapshot
from streams.errors import Damaged
from streams.kafka import RESTING_MS, Topics, end_offsets

log = logging.getLogger(__name__)

SNAPSHOT_EVERY_S = 30.0


class Follower:
    """Follows one engine's journal: `step` again and again, `save` when due and at the end."""

    def __init__(self, options: EngineOptions, every_s: float = SNAPSHOT_EVERY_S) -> None:
        self.options = options
        self.every_s = every_s
        self.home = options.home()
        journal_end = end_offsets(options.bootstrap, [Topics(options.engine)["journal"]])
        self._follow(replay.restore(self.home, *journal_end.values()))
        self._due = time.monotonic() + every_s
        self.is_at_end = False
        """Whether all that is on the journal is applied, as of the last step."""
        self.snapshot_at_s = snapshot.written_at(self.home.snapshots, self.state.position.number)
        """When the last snapshot was written (s since 1970), at first that which it resumes from; None while
        there is none."""
        self.snapshot_took_s: float | None = None
        """How long it took to write that; None before the first of its own."""

    def run(self, stopping: Callable[[], bool]) -> None:
        """Follows until `stopping`, then writes a last snapshot."""
        log.info("follower of %s resumes after batch %d", self.options.engine, self.state.position.number)
        while not stopping():
            self.step()
            if time.monotonic() >= self._due:
                self.save()
        self.save()
        self._close()

    def step(self, wait_s: float = 0.1) -> int:
        """Applies what has been committed since; returns the number of batches."""
        try:
            entries, self.is_at_end = self.journal.poll(wait_s)
            for entry, offset in entries:
                replay.apply_entry(self.state, entry, self.recorded.batch(entry), offset, answer=True)
        except Damaged as gone:
            again = beginning_after(gone, self.home, self.options.bootstrap, self.state.position.number)
            self._close()
            self._follow(again)
            return 0
        return len(entries)

    def _follow(self, state: replay.EngineState) -> None:
        self.state, position = state, state.position
        bootstrap, engine = self.options.bootstrap, self.options.engine
        self.journal = JournalReader(bootstrap, engine, position.journal_offset, position.number, RESTING_MS)
        self.recorded = RecordedInputs(bootstrap, position.inputs, RESTING_MS)
        self._saved = position.number

    def _close(self) -> None:
        self.journal.close()
        self.recorded.close()

    def save(self) -> None:
        """Writes a snapshot if there were batches since the last one."""
        self._due = time.monotonic() + self.every_s
        if self.state.position.number == self._saved:
            return
        began = time.monotonic()
        path = replay.save(self.state, self.home)
        self._saved = self.state.position.number
        self.snapshot_at_s, self.snapshot_took_s = time.time(), time.monotonic() - began
        log.info("snapshot %s written in %.2f s", path.name, self.snapshot_took_s)
