"""Engine time and idempotency: is a payment new, a duplicate, a conflict, or too old to say?

Invariants
- Engine time never runs back: `t = max(t, min(event time, append time + 5 s))`. A duplicate, a conflict and a
  stale payment leave it, and everything else here, untouched.
- What is decided once is (merchant account, payment id, attempt, phase). While its record is younger than the
  horizon, the same body is a duplicate and another body a conflict; a payment that happened at or before
  `t - horizon` (or before the oldest record that had to be dropped) is stale: it may have been decided. So is
  one that arrived more than the horizon after it happened, whatever the engine's time, unless the log is
  history (`late_after_ms` is None).
- Whether a record is expired is judged at access by engine time; memory is reclaimed on whole engine minutes,
  oldest first. So the answers do not depend on how the log was cut into batches.
- The ring holds records in order of sequence, hence of engine time; the hash table holds, per attempt, the
  sequence of its newest record, and each record the sequence of the attempt's record before it (another
  phase).
- At most `keys_max` records: beyond that the oldest is dropped early and the horizon shrinks, never below 24
  h.
- Outcomes and labels are events: they move the clock, and are `REPEATED` where
  `streams.engine.admission.reports` has them already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.arrays import Bools, Bytes, Int64s, Records, UInt64s
from models.kernels import kernel, mix, signed
from models.messages import Payment
from models.units import DAY_MS, MINUTE_MS
from streams.engine.admission import reports
from streams.engine.admission.reports import SeenReports
from streams.engine.admission.requests import AdmissionRows
from streams.engine.admission.trial_words import TrialWordRing, TrialWords, trial_word_hash
from streams.errors import Misconfigured

NEW, DUPLICATE, CONFLICT, STALE, EVENT, REPEATED = 0, 1, 2, 3, 4, 5
AHEAD_MS = 5_000
HORIZON_MS = 7 * DAY_MS
KEYS_MAX = 64_000_000
SMALLEST = 1 << 12
"""Records of the smallest ring."""
NEVER = -(2**62)

RECORD = np.dtype(
    [
        ("key_high", np.uint64),
        ("key_low", np.uint64),
        ("body", np.uint64),
        ("previous", np.int64),
        ("engine_time", np.int64),
        ("received_at", np.int64),
        ("reference_amount", np.int64),
        ("hit_set", np.int32),
        ("probability", np.int32),
        ("propensity", np.int32),
        ("reasons", np.uint32),
        ("degraded", np.uint16),
        ("sca", np.uint16),
        ("score", np.uint8),
        ("verdict", np.uint8),
        ("decided_by", np.uint8),
        ("phase", np.uint8),
    ]
)
"""80 bytes. `hit_set`: number in `streams.engine.decision.hit_sets`; `sca`: see
`streams.engine.output.wording`; `reasons`: three codes of `models.scoring.reason_codes`, a byte each.
"""

# Positions in `clock`, the scalar part of the state.
TIME, TAIL, HEAD, FLOOR, SWEPT, CHAIN = 0, 1, 2, 3, 4, 5


class HorizonTooShortError(Misconfigured):
    """More payments than the configured memory can remember for 24 hours."""


@kernel
def _slot(table: Int64s, ring: Records, high: np.uint64, low: np.uint64) -> int:
    """Position in `table` of this key, or of the free place where it belongs."""
    mask = table.shape[0] - 1
    ring_mask = ring.shape[0] - 1
    at: int = signed(low) & mask
    while table[at] != 0:
        record = ring[(table[at] - 1) & ring_mask]
        if record.key_high == high and record.key_low == low:
            return at
        at = (at + 1) & mask
    return at


@kernel
def _remove_slot(table: Int64s, ring: Records, slot: int) -> None:
    """Empties a place of the open-addressing table, moving later entries of the same run up (no
    tombstones).
    """
    mask = table.shape[0] - 1
    ring_mask = ring.shape[0] - 1
    hole = slot
    following = (slot + 1) & mask
    while table[following] != 0:
        home = signed(ring[(table[following] - 1) & ring_mask].key_low) & mask
        if ((following - home) & mask) >= ((following - hole) & mask):
            table[hole] = table[following]
            hole = following
        following = (following + 1) & mask
    table[hole] = 0


@kernel
def _drop_oldest(table: Int64s, ring: Records, clock: Int64s) -> None:
    sequence = clock[TAIL]
    record = ring[sequence & (ring.shape[0] - 1)]
    at = _slot(table, ring, record.key_high, record.key_low)
    if table[at] == sequence + 1:
        _remove_slot(table, ring, at)
    clock[TAIL] = sequence + 1


@kernel
def _newest(table: Int64s, ring: Records, tail: int, limit: int, high: np.uint64, low: np.uint64) -> int:
    """Sequence of the newest record of this attempt that still counts, or -1."""
    sequence = signed(table[_slot(table, ring, high, low)] - 1)
    if sequence < tail or ring[sequence & (ring.shape[0] - 1)].engine_time <= limit:
        return signed(-1)
    return sequence


@kernel
def _of_phase(ring: Records, tail: int, limit: int, sequence: int, phase: int) -> int:
    """Sequence of the attempt's record of this phase, going back from its newest, or -1."""
    while sequence >= tail:
        record = ring[sequence & (ring.shape[0] - 1)]
        if record.engine_time <= limit:
            break
        if record.phase == phase:
            return sequence
        sequence = signed(record.previous)
    return signed(-1)


@kernel
def _make_room(table: Int64s, ring: Records, clock: Int64s, now: int, horizon: int, keys_max: int) -> None:
    """Reclaims expired records once an engine minute, and the oldest one where all places are taken."""
    ring_mask = ring.shape[0] - 1
    if now // MINUTE_MS > clock[SWEPT]:
        clock[SWEPT] = now // MINUTE_MS
        oldest = clock[SWEPT] * MINUTE_MS - horizon
        while clock[TAIL] < clock[HEAD] and ring[clock[TAIL] & ring_mask].engine_time <= oldest:
            _drop_oldest(table, ring, clock)
    if clock[HEAD] - clock[TAIL] >= keys_max:
        clock[FLOOR] = ring[clock[TAIL] & ring_mask].engine_time
        _drop_oldest(table, ring, clock)


@kernel
def _enter(
    table: Int64s,
    ring: Records,
    clock: Int64s,
    now: int,
    appended: int,
    high: np.uint64,
    low: np.uint64,
    body: np.uint64,
    phase: int,
    newest: int,
) -> int:
    """Writes the record of a new decision; what it decides is filled in later. Returns its sequence."""
    sequence = signed(clock[HEAD])
    clock[TIME] = now
    clock[HEAD] = sequence + 1
    table[_slot(table, ring, high, low)] = sequence + 1
    record = ring[sequence & (ring.shape[0] - 1)]
    record.key_high = high
    record.key_low = low
    record.body = body
    record.previous = newest
    record.engine_time = now
    record.received_at = appended
    record.phase = phase
    return sequence


@kernel
def _admit(
    table: Int64s,
    ring: Records,
    clock: Int64s,
    horizon: int,
    lag_max: int,
    keys_max: int,
    is_payment: Bools,
    high: UInt64s,
    low: UInt64s,
    body: UInt64s,
    phase: Bytes,
    event_time: Int64s,
    appended: Int64s,
    times: Int64s,
    status: Bytes,
    records: Int64s,
    first: Bools,
) -> None:
    """Rows in log order: fills `times`, `status`, `records` (sequence), `first` (attempt not seen)."""
    ring_mask = ring.shape[0] - 1
    chain = np.uint64(clock[CHAIN])
    for row in range(event_time.shape[0]):
        now = max(clock[TIME], min(event_time[row], appended[row] + AHEAD_MS))
        if not is_payment[row]:
            clock[TIME] = now
            times[row] = now
            status[row] = EVENT
            chain = mix(mix(chain, EVENT), now)
            continue
        limit = max(clock[TIME] - horizon, clock[FLOOR])
        newest = _newest(table, ring, clock[TAIL], limit, high[row], low[row])
        sequence = _of_phase(ring, clock[TAIL], limit, newest, phase[row])
        if sequence >= 0:
            same = ring[sequence & ring_mask].body == body[row]
            status[row] = DUPLICATE if same else CONFLICT
        elif event_time[row] <= limit or appended[row] - event_time[row] > lag_max:
            status[row] = STALE
        else:
            first[row] = newest < 0
            _make_room(table, ring, clock, now, horizon, keys_max)
            sequence = _enter(
                table, ring, clock, now, appended[row], high[row], low[row], body[row], phase[row], newest
            )
            status[row] = NEW
        times[row] = clock[TIME]
        records[row] = sequence
        chain = mix(mix(mix(chain, status[row]), times[row]), sequence)
    clock[CHAIN] = signed(chain)


@kernel
def _rebuild(table: Int64s, ring: Records, tail: int, head: int) -> None:
    """Enters every record into an empty table, oldest first, so that the newest of an attempt stays."""
    ring_mask = ring.shape[0] - 1
    for sequence in range(tail, head):
        record = ring[sequence & ring_mask]
        table[_slot(table, ring, record.key_high, record.key_low)] = sequence + 1


@kernel
def _logical_hash(ring: Records, tail: int, head: int, limit: int) -> np.uint64:
    """Chains the records that still count: neither ring size nor what was reclaimed already shows."""
    ring_mask = ring.shape[0] - 1
    h = np.uint64(1469598103934665603)
    for sequence in range(tail, head):
        record = ring[sequence & ring_mask]
        if record.engine_time <= limit:
            continue
        h = mix(mix(mix(h, record.key_high), record.key_low), record.body)
        h = mix(mix(mix(h, sequence), record.engine_time), record.received_at)
        h = mix(mix(mix(h, record.reference_amount), record.hit_set), record.probability)
        h = mix(mix(mix(h, record.propensity), record.reasons), record.degraded)
        h = mix(mix(mix(h, record.sca), record.score), record.verdict)
        h = mix(mix(h, record.decided_by), record.phase)
    return h


@dataclass(frozen=True)
class AdmissionResult:
    """What became of n rows."""

    times: Int64s
    """Engine times, ms."""
    status: Bytes
    """`NEW` ... `REPEATED`."""
    records: Int64s
    """Sequences of the payments' decisions; -1 where there is none."""
    first: Bools
    """Payments whose attempt was not known before in any phase."""

    @classmethod
    def empty(cls, rows: int) -> "AdmissionResult":
        """To be filled in."""
        return cls(
            np.zeros(rows, np.int64),
            np.zeros(rows, np.uint8),
            np.full(rows, -1, np.int64),
            np.zeros(rows, np.bool_),
        )

    def select(self, rows: Bools) -> "AdmissionResult":
        """These rows only."""
        return AdmissionResult(self.times[rows], self.status[rows], self.records[rows], self.first[rows])


@dataclass
class Admission:
    """The admitted payments: their records hold the compact decisions that duplicates are answered with."""

    horizon_ms: int = HORIZON_MS
    keys_max: int = KEYS_MAX
    late_after_ms: int | None = None
    """A payment that arrives this much after it happened is late; None: history, nothing is."""
    ring: np.ndarray = field(default_factory=lambda: np.zeros(SMALLEST, RECORD))
    table: np.ndarray = field(default_factory=lambda: np.zeros(2 * SMALLEST, np.int64))
    clock: np.ndarray = field(default_factory=lambda: np.array([0, 0, 0, NEVER, 0, 0], np.int64))
    reports: SeenReports = field(default_factory=SeenReports)
    trial_words: TrialWordRing | None = None
    """From the first trial on, what each record keeps of it."""

    @classmethod
    def begun_again(cls, sequence: int, engine_time: int) -> "Admission":
        """Knows no payment, but that there were `sequence` decisions up to `engine_time` (ms)."""
        admission = cls()
        admission.clock[[TIME, TAIL, HEAD]] = engine_time, sequence, sequence
        return admission

    @property
    def engine_time(self) -> int:
        return int(self.clock[TIME])

    @property
    def sequence(self) -> int:
        """Number of new decisions so far."""
        return int(self.clock[HEAD])

    @property
    def remembered(self) -> int:
        """Number of decisions whose records are kept."""
        return int(self.clock[HEAD] - self.clock[TAIL])

    @property
    def horizon_in_force_ms(self) -> int:
        """Within which duplicates are recognised now: less than is set once records had to be dropped."""
        return min(self.horizon_ms, int(self.clock[TIME]) - int(self.clock[FLOOR]))

    @property
    def bytes_held(self) -> int:
        """Bytes of records and table."""
        return self.ring.nbytes + self.table.nbytes

    @property
    def chain(self) -> int:
        """Running hash of all answers, of payments and of reports."""
        return (int(self.clock[CHAIN]) & (2**64 - 1)) ^ self.reports.chain

    def admit(self, rows: AdmissionRows) -> AdmissionResult:
        """Says of each row what it is, and enters the new payments. Raises `HorizonTooShortError`."""
        count = len(rows.event_time)
        self._reserve(count)
        admitted = AdmissionResult.empty(count)
        _admit(
            self.table,
            self.ring,
            self.clock,
            self.horizon_ms,
            -NEVER if self.late_after_ms is None else self.horizon_ms,
            self.keys_max,
            rows.is_payment,
            rows.key_high,
            rows.key_low,
            rows.body,
            rows.phase,
            rows.event_time,
            rows.appended,
            admitted.times,
            admitted.status,
            admitted.records,
            admitted.first,
        )
        if self.clock[FLOOR] != NEVER and self.clock[TIME] - self.clock[FLOOR] < DAY_MS:
            raise HorizonTooShortError(
                f"{self.keys_max:,} payments arrived within 24 hours, more than duplicates can be recognised "
                "for; raise TOLLGATE_DEDUPLICATION_KEYS_MAX (88 bytes a payment) or split the traffic over "
                "several engines"
            )
        self._mark_repeated(rows, admitted)
        return admitted

    def _mark_repeated(self, rows: AdmissionRows, admitted: AdmissionResult) -> None:
        """Marks the outcomes and labels that were reported before."""
        if rows.is_payment.all():
            return
        reports = np.flatnonzero(~rows.is_payment)
        fresh = self.reports.observe(
            rows.key_high[reports],
            rows.key_low[reports],
            admitted.times[reports],
            self.horizon_ms,
            self.keys_max,
        )
        admitted.status[reports[~fresh | rows.repeats[reports]]] = REPEATED

    def late(self, payments: Sequence[Payment], received: Int64s) -> Bools | None:
        """Which payments arrived late; None where nothing counts as late. `received`: append times, ms."""
        if self.late_after_ms is None:
            return None
        occurred = np.fromiter((p.occurred_at for p in payments), np.int64, len(payments))
        late: Bools = received - occurred > self.late_after_ms
        return late

    def keep(
        self, sequences: Int64s, columns: Mapping[str, np.ndarray], trial_words: TrialWords | None
    ) -> None:
        """Keeps what new decisions say, by the names of `RECORD`, for their answers and for duplicates.

        `trial_words`: None where no challenger was on trial.
        """
        positions = self.positions(sequences)
        for name, column in columns.items():
            self.ring[name][positions] = column
        if self.trial_words is None and trial_words is not None:
            self.trial_words = TrialWordRing(len(self.ring))
        if self.trial_words is not None:
            self.trial_words.keep(positions, trial_words)

    def kept(self, sequences: Int64s) -> tuple[np.ndarray, TrialWords | None]:
        """The records of decisions and, where there has been a trial, their trial words."""
        positions = self.positions(sequences)
        words = None if self.trial_words is None else self.trial_words.at_positions(positions)
        return self.ring[positions], words

    def columns(self, sequences: Int64s, *names: str) -> list[np.ndarray]:
        """Some columns of the records of decisions."""
        positions = self.positions(sequences)
        return [self.ring[name][positions] for name in names]

    def positions(self, sequences: Int64s) -> Int64s:
        """Positions in `ring` of these sequences."""
        return sequences & (len(self.ring) - 1)

    def logical_hash(self) -> int:
        tail, head = int(self.clock[TAIL]), int(self.clock[HEAD])
        limit = max(int(self.clock[TIME]) - self.horizon_ms, int(self.clock[FLOOR]))
        records = int(_logical_hash(self.ring, tail, head, limit))
        rest = self.reports.logical_hash(self.horizon_ms) ^ self._trial_word_hash(tail, head, limit)
        return records ^ self.chain ^ int(self.clock[TIME]) ^ rest

    def _trial_word_hash(self, tail: int, head: int, limit: int) -> int:
        if self.trial_words is None:
            return 0
        sequences = np.arange(tail, head)
        positions = self.positions(sequences)
        counts = self.ring["engine_time"][positions] > limit
        return trial_word_hash(sequences[counts], self.trial_words.at_positions(positions[counts]))

    def arrays(self) -> dict[str, np.ndarray]:
        """What a snapshot keeps: the scalars and the records in order of sequence."""
        reports = {f"reports_{name}": array for name, array in self.reports.arrays().items()}
        records, words = self.kept(np.arange(self.clock[TAIL], self.clock[HEAD]))
        trial = {"tried": words} if words is not None and words.any() else {}
        return {"clock": self.clock, "records": records} | trial | reports

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray], horizon_ms: int, keys_max: int) -> "Admission":
        reports = SeenReports.from_arrays({name: arrays[f"reports_{name}"] for name in ("clock", "records")})
        admission = cls(horizon_ms, keys_max, clock=arrays["clock"].copy(), reports=reports)
        admission._move(arrays["records"], arrays.get("tried"), len(arrays["records"]))
        return admission

    def _reserve(self, rows: int) -> None:
        tail, head = int(self.clock[TAIL]), int(self.clock[HEAD])
        if head - tail + rows > len(self.ring):
            records, words = self.kept(np.arange(tail, head))
            self._move(records, words, head - tail + rows)

    def _move(self, records: np.ndarray, words: TrialWords | None, wanted: int) -> None:
        """These records into a ring with room for `wanted`, and a table over them."""
        size = max(SMALLEST, 1 << max(0, wanted - 1).bit_length())
        self.ring = np.zeros(size, RECORD)
        self.table = np.zeros(2 * size, np.int64)
        tail, head = int(self.clock[TAIL]), int(self.clock[HEAD])
        positions = self.positions(np.arange(tail, head))
        self.ring[positions] = records
        self.trial_words = None
        if words is not None and words.any():
            self.trial_words = TrialWordRing(size)
            self.trial_words.keep(positions, words)
        _rebuild(self.table, self.ring, tail, head)


def warm() -> None:
    """Compiles, or loads from the cache, every kernel here and of reports."""
    reports.warm()
    one, yes = np.ones(1, np.uint64), np.ones(1, np.bool_)
    now = np.zeros(1, np.int64)
    admission = Admission()
    admission.admit(AdmissionRows(yes, one, one, one, np.zeros(1, np.uint8), now + 1, now, ~yes))
    admission.logical_hash()
    Admission.from_arrays(admission.arrays(), HORIZON_MS, KEYS_MAX)
