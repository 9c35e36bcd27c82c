"""A catalogue as the kernel's tables, and the shape of the memory they describe.

*Log*: what is kept of one entity for one stream of events (its attempts, its outcomes, its labels, or the
cohorts its fraud rate is taken from). All logs share one arena, cut into units of 32 bytes:

* *record*: key, counters, running totals of the log's tallies, first time, place, habit, time of the last
  event per measured kind, length and begin of each run of events, one event count per window, one 32-bit
  mask per kind of other;
* *ring*: the last events within 30 days, in a power of two of entries of `ENTRY` words. An entry holds the
  event's time (upper 48 bits of its first word) and the totals *before* it, packed into lanes just wide
  enough for the difference over `EVENTS_MAX` events: a window's sum is one subtraction, whatever its length.
  Behind the entries, per kind of other, the others of the last 32 events;
* *days*: for windows over 30 days, a ring with one entry of `BUCKET` words per active day: its start, events
  and totals before it;
* *buckets*: only while a log is too busy for its ring, for each exact window a ring of 64 such entries, each
  a 60th of the window long.

*Mask*: bit `i` is set when the event in slot `i` of the ring of others is the latest of its value. All
windows end now, so the distinct others of the last `k` events are the set bits among their slots.

All tables are in one array of numbers, since the kernel's innermost steps take arrays singly: log `l` has its
fields from `l * FIELDS` on, and its lists further on, at the places that its fields give.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from math import ceil
from typing import NamedTuple

import numpy as np

from features.catalogue import (
    AMOUNT,
    COHORT_DAYS_MAX,
    EVENTS_MAX,
    EXACT_MS_MAX,
    LIFETIME_MS,
    LOG_AMOUNT,
    LOG_AMOUNT_SQUARED,
    RECENT_EVENTS_MAX,
    Catalogue,
    Feature,
    Op,
    Tally,
)
from features.catalogue import measures as m
from features.columns import TOKENS, Stream
from models.arrays import Floats, Int64s
from models.units import DAY_MS

UNIT_WORDS = 4
RING_SIZE_MAX = EVENTS_MAX.bit_length() - 1
DAY_SIZE_MAX = 9
"""2^9 days are more than the 366 that a window of 365 days can touch."""
BUCKET_RING = 64
COHORT = 3
"""Stream of the logs that cohort rates are taken from; outcomes and labels feed them."""
COHORT_DAYS = 256
"""Cells of a cohort log: more than 180 days, a power of two."""

KEY, META, EVENTS, LAST, PLACES, TOTALS = range(6)
"""Words of a record: key; log, ring size, day size and number of day entries ever (modulo 2^15) as 2-byte
numbers; events ever; time of the last event; places of ring and days as 4-byte numbers; then the totals, in a
cohort log the cells."""
LOG_16, RING_SIZE_16, DAY_SIZE_16, DAY_POSITION_16 = range(4 * META, 4 * META + 4)
RING_32, DAYS_32 = 2 * PLACES, 2 * PLACES + 1
TAIL_WORDS = 2
"""Behind a ring of full size: time of the last event dropped, and the first unit of its buckets (-1:
none)."""


class LogField(IntEnum):
    """Numbers of one log in `KernelLayout.plan`; names ending in `_AT` give where a list begins in it."""

    ENTITY = 0
    STREAM = 1
    UNITS = 2
    ENTRY = 3
    BUCKET = 4
    TALLIES = 5
    EXACT = 6
    DAYS = 7
    OTHERS = 8
    RETENTION = 9
    KEEP = 10
    BUCKET_UNITS = 11
    PLACE = 12
    HABIT = 13
    MARK = 14
    MARKS = 15
    COUNTS_16 = 16
    MASKS_32 = 17
    TALLIES_AT = 18
    LANES_AT = 19
    WINDOWS_AT = 20
    OTHERS_AT = 21
    MARKS_AT = 22
    READS_AT = 23
    READS = 24
    LINES_AT = 25
    LINES = 26
    FIRST = 27
    RUN = 28
    RUNS = 29
    RUNS_AT = 30


FIELDS = 32
RUNNING = {Op.RUN, Op.SINCE_RUN}


class KernelLayout(NamedTuple):
    """`plan` as described above; `formulas` one line per feature computed from sums: op, column, entity, and
    up to three places in the scratch sums; `parts[entity]` the token rows an entity is known by (second -1:
    one).
    """

    plan: Int64s
    logs: int
    formulas: Int64s
    parts: Int64s
    defaults: Floats
    slots: int
    windows_max: int
    units_margin: int
    units_max: int


@dataclass
class LogPlan:
    """What one log keeps, in the catalogue's terms."""

    entity: str
    stream: int
    """`Stream`, or `COHORT`."""
    tallies: list[Tally] = field(default_factory=list)
    windows: list[int] = field(default_factory=list)
    """Of its features, ms; 0 is `lifetime`."""
    others: list[str] = field(default_factory=list)
    """Tokens whose distinct values are counted."""
    marks: list[Tally] = field(default_factory=list)
    """Kinds of events whose last time is kept."""
    runs: list[tuple[Tally, Tally]] = field(default_factory=list)
    """Kinds of events counted since the last one of another kind."""
    first: bool = False
    """Whether the time of the first event is kept."""
    place: bool = False
    """Whether the place of the last event is kept."""
    habit: bool = False
    """Whether events are counted by the quarter of the week."""
    reads: dict[tuple[int, str | None], int] = field(default_factory=dict)
    """Slot of the scratch sums by window and tally."""
    lines: list[tuple[int, int, Feature]] = field(default_factory=list)
    """Features computed from the log itself: op, column, feature."""

    @property
    def exact(self) -> list[int]:
        """Exact windows, ms, ascending."""
        return sorted(window for window in set(self.windows) if 0 < window <= EXACT_MS_MAX)

    @property
    def days(self) -> list[int]:
        """Windows counted in days, ms, ascending."""
        return sorted(window for window in set(self.windows) if window > EXACT_MS_MAX)

    @property
    def retention(self) -> int:
        """After how long without an event the log is forgotten, ms."""
        if self.stream == COHORT:
            return (COHORT_DAYS_MAX + 1) * DAY_MS
        return max(EXACT_MS_MAX, *self.windows, 0)

    def add(self, tally: Tally) -> None:
        if tally not in self.tallies:
            self.tallies.append(tally)


def plans_of(catalogue: Catalogue) -> list[LogPlan]:
    """The logs that the catalogue's features need, in a stable order."""
    plans: dict[tuple[str, int], LogPlan] = {}
    for feature in catalogue.features:
        for stream in _streams(feature):
            plan = plans.setdefault((feature.entity, stream), LogPlan(feature.entity, stream))
            _require(plan, feature)
    order = {name: at for at, name in enumerate(catalogue.entities)}
    return sorted(plans.values(), key=lambda plan: (plan.stream, order[plan.entity]))


def _streams(feature: Feature) -> list[int]:
    if feature.measure.op is Op.COHORT_RATE:
        return [COHORT]
    over = feature.measure.over
    streams = [int(feature.measure.stream)] + ([int(over.stream)] if over is not None else [])
    return list(dict.fromkeys(streams))


def tallies_of(feature: Feature) -> list[Tally]:
    """All tallies a feature is computed from."""
    if feature.measure.op is Op.DEVIATION:
        return [LOG_AMOUNT, LOG_AMOUNT_SQUARED]
    if feature.measure.op in {Op.RATIO_TO_MEAN, Op.MAXIMUM, Op.SAME_AMOUNT}:
        return [AMOUNT]
    return [tally for tally in (feature.measure.tally, feature.measure.over) if tally is not None]


def _require(plan: LogPlan, feature: Feature) -> None:
    plan.windows.append(feature.window_ms)
    if plan.stream == COHORT:
        return
    for tally in tallies_of(feature):
        if tally.stream == plan.stream:
            plan.add(tally)
    op = feature.measure.op
    if op is Op.DISTINCT and feature.other not in plan.others:
        plan.others.append(str(feature.other))
    if op is Op.SINCE_LAST_OF and feature.measure.tally not in plan.marks:
        plan.marks.append(feature.measure.tally)  # type: ignore[arg-type]
    if op in RUNNING and run_of(feature) not in plan.runs:
        plan.runs.append(run_of(feature))
    plan.first |= op is Op.SINCE_FIRST
    plan.place |= op is Op.SPEED
    plan.habit |= op is Op.HABIT_SHARE


def run_of(feature: Feature) -> tuple[Tally, Tally]:
    """The tally whose events a run consists of, and the one that ends it."""
    assert feature.measure.tally is not None
    assert feature.measure.over is not None
    return feature.measure.tally, feature.measure.over


def all_tallies(plans: list[LogPlan]) -> list[Tally]:
    """Every tally of any log, once: the rows of the contributions that the kernel takes."""
    return list(dict.fromkeys(tally for plan in plans for tally in plan.tallies))


def lanes_of(tallies: list[Tally]) -> tuple[int, list[tuple[int, int, int]]]:
    """Words of a ring's entry, and per tally its (word, shift, mask): the widest first into the first word
    with room. The first word has 16 bits left by the time."""
    bits = [(EVENTS_MAX * tally.maximum).bit_length() for tally in tallies]
    free = [16]
    lanes: list[tuple[int, int, int]] = [(0, 0, 0)] * len(tallies)
    for row in sorted(range(len(tallies)), key=lambda row: -bits[row]):
        word = next((word for word, left in enumerate(free) if left >= bits[row]), len(free))
        if word == len(free):
            free.append(64)
        shift = (16 if word == 0 else 64) - free[word]
        free[word] -= bits[row]
        lanes[row] = (word, shift, (1 << bits[row]) - 1)
    return len(free), lanes


def layout_of(catalogue: Catalogue) -> KernelLayout:
    """The kernel's tables for this catalogue."""
    plans = plans_of(catalogue)
    formulas, slots = _programs(catalogue, plans)
    tallies = {tally: row for row, tally in enumerate(all_tallies(plans))}
    header, lists = np.zeros((len(plans), FIELDS), np.int64), _Lists(len(plans) * FIELDS)
    for log, plan in enumerate(plans):
        _fill(header[log], lists, plan, catalogue, tallies)
    rows = [_units_of(row) for row in header]
    return KernelLayout(
        plan=np.concatenate([header.reshape(-1), np.array(lists.values, np.int64)]),
        logs=len(plans),
        formulas=np.array(formulas, np.int64).reshape(-1, 6),
        parts=np.array([_parts(catalogue, name) for name in catalogue.entities], np.int64),
        defaults=np.array([column.default for column in catalogue.columns], np.float64),
        slots=slots,
        windows_max=max(1, *(len(plan.exact) + len(plan.days) for plan in plans)),
        units_margin=sum(map(sum, rows)),
        units_max=max(map(max, rows)),
    )


class _Lists:
    """Lists of numbers, one after the other; `add` returns where one begins."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.values: list[int] = []

    def add(self, values: list[int]) -> int:
        at = self.start + len(self.values)
        self.values += [int(value) for value in values]
        return at


def _parts(catalogue: Catalogue, entity: str) -> tuple[int, int]:
    rows = [TOKENS.index(token) for token in catalogue.by_name[entity].tokens]
    return rows[0], rows[1] if len(rows) > 1 else -1


def _programs(catalogue: Catalogue, plans: list[LogPlan]) -> tuple[list[list[int]], int]:
    """Formula lines; fills the logs' reads and lines. Returns the number of scratch sums as well."""
    by_key = {(plan.entity, plan.stream): plan for plan in plans}
    formulas: list[list[int]] = []
    slots = 0

    def read(stream: int, window: int, tally: Tally | None, entity: str) -> int:
        nonlocal slots
        reads = by_key[entity, stream].reads
        key = (window, tally.name if tally else None)
        if key not in reads:
            reads[key] = slots
            slots += 1
        return reads[key]

    for at, feature in enumerate(catalogue.features):
        column = len(catalogue.attributes) + at
        measure, entity, window = feature.measure, feature.entity, feature.window_ms
        stream = int(measure.stream)
        match measure.op:
            case Op.COUNT:
                places = [read(stream, window, measure.tally, entity)]
            case Op.SUM:
                places = [read(stream, window, measure.tally, entity)]
            case Op.SHARE:
                over = stream if measure.over is None else int(measure.over.stream)
                places = [
                    read(stream, window, measure.tally, entity),
                    read(over, window, measure.over, entity),
                ]
            case Op.RATIO_TO_MEAN:
                places = [read(stream, window, None, entity), read(stream, window, AMOUNT, entity)]
            case Op.DEVIATION:
                places = [
                    read(stream, window, tally, entity) for tally in (None, LOG_AMOUNT, LOG_AMOUNT_SQUARED)
                ]
            case _:
                log = COHORT if measure.op is Op.COHORT_RATE else stream
                by_key[entity, log].lines.append((int(measure.op), column, feature))
                continue
        places += [0] * (3 - len(places))
        formulas.append([int(measure.op), column, catalogue.entities.index(entity), *places])
    formulas.sort(key=lambda line: (line[0], line[1]))
    return formulas, slots


def _fill(row: Int64s, lists: _Lists, plan: LogPlan, catalogue: Catalogue, tallies: dict[Tally, int]) -> None:
    """The fields of one log, and its lists."""
    entry, lanes = lanes_of(plan.tallies)
    windows = [*plan.exact, *plan.days]
    first = TOTALS + len(plan.tallies)
    place = first + int(plan.first)
    habit = place + (2 if plan.place else 0)
    marks = habit + (4 if plan.habit else 0)
    runs = marks + len(plan.marks)
    counts = 4 * (runs + 2 * len(plan.runs))
    masks = ceil((counts + len(windows)) / 2)
    words = ceil((masks + len(plan.others)) / 2)
    f = LogField
    row[f.ENTITY] = catalogue.entities.index(plan.entity)
    row[f.STREAM], row[f.RETENTION] = plan.stream, plan.retention
    row[f.ENTRY], row[f.BUCKET] = entry, 2 + len(plan.tallies)
    row[f.TALLIES], row[f.EXACT], row[f.DAYS] = len(plan.tallies), len(plan.exact), len(plan.days)
    row[f.OTHERS], row[f.MARKS], row[f.RUNS] = len(plan.others), len(plan.marks), len(plan.runs)
    row[f.FIRST] = first if plan.first else 0
    row[f.PLACE], row[f.HABIT] = place if plan.place else 0, habit if plan.habit else 0
    row[f.MARK], row[f.RUN], row[f.COUNTS_16], row[f.MASKS_32] = marks, runs, counts, masks
    row[f.KEEP] = plan.tallies.index(m.FRAUD) if m.FRAUD in plan.tallies else -1
    words = TOTALS + COHORT_DAYS if plan.stream == COHORT else words
    row[f.UNITS] = ceil(words / UNIT_WORDS)
    row[f.BUCKET_UNITS] = ceil(len(plan.exact) * (1 + BUCKET_RING * row[f.BUCKET]) / UNIT_WORDS)
    row[f.TALLIES_AT] = lists.add([tallies[tally] for tally in plan.tallies])
    row[f.LANES_AT] = lists.add([number for lane in lanes for number in lane])
    row[f.WINDOWS_AT] = lists.add(windows)
    row[f.OTHERS_AT] = lists.add([TOKENS.index(other) for other in plan.others])
    row[f.MARKS_AT] = lists.add([plan.tallies.index(tally) for tally in plan.marks])
    row[f.RUNS_AT] = lists.add([plan.tallies.index(tally) for run in plan.runs for tally in run])
    reads = [number for key, slot in plan.reads.items() for number in _read_line(plan, windows, key, slot)]
    row[f.READS_AT], row[f.READS] = lists.add(reads), len(plan.reads)
    lines = [number for line in sorted(plan.lines, key=_by_op) for number in _line(plan, windows, line)]
    row[f.LINES_AT], row[f.LINES] = lists.add(lines), len(plan.lines)


def _by_op(line: tuple[int, int, Feature]) -> tuple[int, int]:
    """Equal measures next to each other: the kernel's branches are then predicted well."""
    return line[0], line[1]


def _read_line(plan: LogPlan, windows: list[int], key: tuple[int, str | None], slot: int) -> list[int]:
    """Window (-1: lifetime), tally (-1: events), slot in the scratch sums."""
    window, name = key
    names = [tally.name for tally in plan.tallies]
    at = -1 if window == LIFETIME_MS else windows.index(window)
    return [at, -1 if name is None else names.index(name), slot]


def _line(plan: LogPlan, windows: list[int], line: tuple[int, int, Feature]) -> list[int]:
    """Op, column, window or days, and what the op needs besides: other, mark, run, tally or maturity."""
    op, column, feature = line
    measure = feature.measure
    if measure.op is Op.COHORT_RATE:
        return [op, column, feature.window_ms // DAY_MS, measure.maturity_days]
    window = windows.index(feature.window_ms) if feature.window_ms in windows else -1
    extra = 0
    if measure.op is Op.DISTINCT:
        extra = plan.others.index(str(feature.other))
    elif measure.op is Op.SINCE_LAST_OF:
        extra = plan.marks.index(measure.tally)  # type: ignore[arg-type]
    elif measure.op in RUNNING:
        extra = plan.runs.index(run_of(feature))
    elif measure.op in {Op.MAXIMUM, Op.SAME_AMOUNT}:
        extra = plan.tallies.index(AMOUNT)
    return [op, column, window, extra]


def _units_of(row: Int64s) -> list[int]:
    """The largest blocks one log can take."""
    f = LogField
    ring = (
        ceil(((row[f.ENTRY] << RING_SIZE_MAX) + row[f.OTHERS] * RECENT_EVENTS_MAX + TAIL_WORDS) / UNIT_WORDS)
        if row[f.EXACT]
        else 0
    )
    days = ceil((row[f.BUCKET] << DAY_SIZE_MAX) / UNIT_WORDS) if row[f.DAYS] else 0
    return [int(row[f.UNITS]), int(ring), int(days), int(row[f.BUCKET_UNITS])]


def stream_name(stream: int) -> str:
    """A log's stream in words."""
    return "cohort" if stream == COHORT else Stream(stream).name.lower()
