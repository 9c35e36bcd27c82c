"""How much memory a log takes, as a formula: what an operator plans machines by, and a test holds the state
to.

Bytes of a log with `n` events within 30 days, on `d` different days within its longest window: its record, a
ring of the next power of two of `n` entries (at most 1,024) with the others of at most 32 of them, the next
power of two of `d` day entries where it has windows over 30 days, its buckets once more than 1,024 events lay
in a window, each block rounded up to 32 bytes; and 32 to 64 bytes of table.
"""

from dataclasses import dataclass

from features.catalogue import EVENTS_MAX, RECENT_EVENTS_MAX, Catalogue
from features.kernel import (
    COHORT,
    FIELDS,
    RING_SIZE_MAX,
    TABLE_WORDS_PER_LOG,
    TAIL_WORDS,
    UNIT_WORDS,
    LogField,
    layout_of,
    plans_of,
    stream_name,
)
from features.state.arena import WORD_BYTES

UNIT_BYTES = UNIT_WORDS * WORD_BYTES


@dataclass(frozen=True)
class LogSize:
    """Bytes of one kind of log by its parts. `entry` and `day` are per event and per active day; `others` is
    how many kinds of others an event remembers, 8 bytes each."""

    entity: str
    stream: str
    record: int
    entry: int
    others: int
    day: int
    buckets: int
    exact: bool
    in_days: bool

    def bytes(self, events: int, days: int = 0) -> int:
        """Bytes of a log with that many events in 30 days, on that many different days."""
        total = self.record + TABLE_WORDS_PER_LOG * WORD_BYTES
        if self.exact and events:
            size = (min(events, EVENTS_MAX) - 1).bit_length()
            tail = TAIL_WORDS * WORD_BYTES if size == RING_SIZE_MAX else 0
            others = self.others * min(1 << size, RECENT_EVENTS_MAX) * WORD_BYTES
            total += _rounded((self.entry << size) + others + tail)
        if self.in_days and days:
            total += _rounded(self.day << (days - 1).bit_length())
        return total + (self.buckets if events > EVENTS_MAX else 0)


def log_sizes(catalogue: Catalogue) -> list[LogSize]:
    """Every kind of log of a catalogue."""
    layout = layout_of(catalogue)
    rows = layout.plan[: layout.logs * FIELDS].reshape(layout.logs, FIELDS)
    f = LogField
    return [
        LogSize(
            plan.entity,
            stream_name(plan.stream),
            int(row[f.UNITS]) * UNIT_BYTES,
            int(row[f.ENTRY]) * WORD_BYTES,
            int(row[f.OTHERS]),
            int(row[f.BUCKET]) * WORD_BYTES,
            int(row[f.BUCKET_UNITS]) * UNIT_BYTES,
            bool(row[f.EXACT]) and plan.stream != COHORT,
            bool(row[f.DAYS]) and plan.stream != COHORT,
        )
        for plan, row in zip(plans_of(catalogue), rows, strict=True)
    ]


def _rounded(size: int) -> int:
    return -(-size // UNIT_BYTES) * UNIT_BYTES
