"""Which outcomes and labels are new: producers may send each one more than once.

Invariants
- Within the horizon a report counts once, however often it is sent: an outcome is recognised by (merchant
  account, payment id, attempt, kind, when it happened), a label by (merchant account, payment id, attempt,
  value), so that a fraud reported by notice and by chargeback is one fraud.
- A record is expired when it is as old as the horizon, judged at access by engine time; memory is reclaimed
  on whole engine minutes, oldest first. So the answers do not depend on how the log was cut into batches.
- At most `keys_max` records: beyond that the oldest is forgotten early, and a repetition of it counts again.
- Records are kept in a ring in order of sequence. The hash table holds sequences; those of dropped records
  are passed over, and go when the table is rebuilt.
"""

from dataclasses import dataclass, field

import numpy as np

from models.arrays import Bools, Int64s, Records, UInt64s
from models.kernels import kernel, mix, signed
from models.units import MINUTE_MS

RECORD = np.dtype([("key_high", np.uint64), ("key_low", np.uint64), ("engine_time", np.int64)])
BYTES_A_REPORT = 56
"""At most: a record, and four slots of the table."""

# Positions in `clock`, the scalar part of the state.
TIME, TAIL, HEAD, SWEPT, CHAIN = 0, 1, 2, 3, 4
SMALLEST = 1 << 12


@kernel
def _slot(table: Int64s, ring: Records, tail: int, high: np.uint64, low: np.uint64) -> int:
    """Position in `table` of this key, or of the free place where it belongs."""
    mask = table.shape[0] - 1
    at: int = signed(low) & mask
    while table[at] != 0:
        if table[at] > tail:
            record = ring[(table[at] - 1) & (ring.shape[0] - 1)]
            if record.key_high == high and record.key_low == low:
                return at
        at = (at + 1) & mask
    return at


@kernel
def _make_room(ring: Records, clock: Int64s, now: int, horizon: int, keys_max: int) -> None:
    """Forgets expired records once an engine minute, and the oldest one where all places are taken."""
    if now // MINUTE_MS > clock[SWEPT]:
        clock[SWEPT] = now // MINUTE_MS
        oldest = clock[SWEPT] * MINUTE_MS - horizon
        while clock[TAIL] < clock[HEAD]:
            if ring[clock[TAIL] & (ring.shape[0] - 1)].engine_time > oldest:
                break
            clock[TAIL] += 1
    if clock[HEAD] - clock[TAIL] >= keys_max:
        clock[TAIL] += 1


@kernel
def _observe(
    table: Int64s,
    ring: Records,
    clock: Int64s,
    horizon: int,
    keys_max: int,
    high: UInt64s,
    low: UInt64s,
    times: Int64s,
    fresh: Bools,
) -> None:
    """Rows in log order: fills `fresh`, whether a report counts."""
    ring_mask = ring.shape[0] - 1
    chain = np.uint64(clock[CHAIN])
    for row in range(times.shape[0]):
        now = times[row]
        clock[TIME] = now
        at = _slot(table, ring, clock[TAIL], high[row], low[row])
        known = table[at] != 0 and ring[(table[at] - 1) & ring_mask].engine_time > now - horizon
        fresh[row] = not known
        chain = mix(mix(mix(chain, fresh[row]), now), low[row])
        if known:
            continue
        _make_room(ring, clock, now, horizon, keys_max)
        at = _slot(table, ring, clock[TAIL], high[row], low[row])
        sequence = clock[HEAD]
        clock[HEAD] = sequence + 1
        table[at] = sequence + 1
        record = ring[sequence & ring_mask]
        record.key_high = high[row]
        record.key_low = low[row]
        record.engine_time = now
    clock[CHAIN] = signed(chain)


@kernel
def _enter_all(table: Int64s, ring: Records, tail: int, head: int) -> None:
    """Every record into an empty table, oldest first, so that the newest of a key stays."""
    for sequence in range(tail, head):
        record = ring[sequence & (ring.shape[0] - 1)]
        table[_slot(table, ring, tail, record.key_high, record.key_low)] = sequence + 1


@kernel
def _logical_hash(ring: Records, clock: Int64s, limit: int) -> np.uint64:
    """Chains the records that still count: neither ring size nor what was reclaimed already shows."""
    h = np.uint64(clock[CHAIN])
    for sequence in range(clock[TAIL], clock[HEAD]):
        record = ring[sequence & (ring.shape[0] - 1)]
        if record.engine_time > limit:
            h = mix(mix(mix(h, record.key_high), record.key_low), record.engine_time)
    return mix(h, clock[TIME])


@dataclass
class SeenReports:
    """The records and their hash table."""

    ring: np.ndarray = field(default_factory=lambda: np.zeros(SMALLEST, RECORD))
    table: np.ndarray = field(default_factory=lambda: np.zeros(2 * SMALLEST, np.int64))
    clock: np.ndarray = field(default_factory=lambda: np.zeros(5, np.int64))
    _filled: int = 0
    """Slots of the table that are taken, at most."""

    @property
    def chain(self) -> int:
        """Running hash of all answers."""
        return int(self.clock[CHAIN]) & (2**64 - 1)

    def observe(
        self, high: np.ndarray, low: np.ndarray, times: np.ndarray, horizon_ms: int, keys_max: int
    ) -> np.ndarray:
        """Whether each report counts. `high`, `low`: halves of its key; `times`: engine time, in order."""
        rows = len(times)
        self._reserve(rows)
        self._filled += rows
        fresh = np.zeros(rows, np.bool_)
        _observe(self.table, self.ring, self.clock, horizon_ms, keys_max, high, low, times, fresh)
        return fresh

    def logical_hash(self, horizon_ms: int) -> int:
        return int(_logical_hash(self.ring, self.clock, int(self.clock[TIME]) - horizon_ms))

    def arrays(self) -> dict[str, np.ndarray]:
        """What a snapshot keeps: the scalars and the records in order of sequence."""
        return {"clock": self.clock, "records": self._records()}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "SeenReports":
        reports = cls(clock=arrays["clock"].copy())
        reports._resize(arrays["records"], len(arrays["records"]))
        return reports

    def _records(self) -> np.ndarray:
        sequences = np.arange(self.clock[TAIL], self.clock[HEAD])
        records: np.ndarray = self.ring[sequences & (len(self.ring) - 1)]
        return records

    def _reserve(self, rows: int) -> None:
        held = int(self.clock[HEAD] - self.clock[TAIL])
        if held + rows > len(self.ring) or self._filled + rows > len(self.table) // 4 * 3:
            self._resize(self._records(), held + rows)

    def _resize(self, records: np.ndarray, wanted: int) -> None:
        """A new ring and table with room for `wanted` records; expired slots of the table go."""
        size = max(SMALLEST, 1 << max(0, wanted - 1).bit_length())
        self.ring = np.zeros(size, RECORD)
        self.table = np.zeros(2 * size, np.int64)
        tail, head = int(self.clock[TAIL]), int(self.clock[HEAD])
        self.ring[np.arange(tail, head) & (size - 1)] = records
        _enter_all(self.table, self.ring, tail, head)
        self._filled = len(records)


def warm() -> None:
    """Compiles, or loads from the cache, every kernel here."""
    reports = SeenReports()
    one = np.ones(1, np.uint64)
    reports.observe(one, one, np.ones(1, np.int64), MINUTE_MS, 10)
    reports.logical_hash(MINUTE_MS)
    SeenReports.from_arrays(reports.arrays())
