"""The features by their documented meaning, in the plainest Python: lists of events, recomputed for every
payment.

Shares nothing with the kernel but the catalogue's declaration. Slow on purpose: an entity's log is a list of
all its events since it began, a window is a slice of it, a sum is `sum`. No cursor, no running total.
"""

from bisect import bisect_right
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, NamedTuple

from features.catalogue import Catalogue, Entity, Feature
from features.catalogue import measures as m
from features.catalogue.measures import Op, Tally
from features.columns.events import LABEL_CODES, OUTCOME_CODES, TOKENS, Events, Stream
from features.columns.location import distance_km
from models.messages.label import LabelValue
from models.messages.outcome import DeclineGroup, OutcomeKind

SECOND, HOUR, DAY = 1_000, 3_600_000, 86_400_000
EVENTS_CAP = 1024
RECENT_CAP = 32
BUCKETS = 60
AMOUNT_CAP = 2**40
SPREAD_MIN = 32.0
SMALL_CENTS = 200
COHORT_DAYS = 180
RETENTION_MIN = 30 * DAY
COUNTER_MAX = 255

OUTCOMES = {code: meaning for meaning, code in OUTCOME_CODES.items()}
LABELS = {code: value for value, code in LABEL_CODES.items()}

Key = tuple[int, ...]


class Row(NamedTuple):
    """One row of `Events`, decoded. `tokens` holds the present ones only."""

    at: int
    stream: Stream
    adds: bool
    amount: int
    occurred_at: int
    place: int
    tokens: dict[str, int]
    kind: OutcomeKind | None
    group: DeclineGroup | None
    label: LabelValue | None


@dataclass
class Log:
    """An entity's events of one stream since it began, oldest first; what each adds to each tally."""

    rows: list[Row] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    adds: dict[str, list[int]] = field(default_factory=dict)


class Kind(NamedTuple):
    """What all logs of one entity and stream have in common."""

    tallies: frozenset[Tally]
    retention: int


def vectors(catalogue: Catalogue, events: Events, wanted: Container[int] | None = None) -> list[list[float]]:
    """Values of `catalogue.features` for every attempt, in order; with `wanted`, for these attempts only."""
    return list(each_vector(catalogue, events, wanted))


def each_vector(
    catalogue: Catalogue, events: Events, wanted: Container[int] | None = None
) -> Iterator[list[float]]:
    """The same one by one."""
    rows, state = decoded(events), State(catalogue, events)
    attempts = 0
    for index, row in enumerate(rows):
        if row.stream is Stream.ATTEMPT:
            if wanted is None or attempts in wanted:
                yield state.vector(row)
            attempts += 1
        if row.adds:
            state.append(index, row)


def decoded(events: Events) -> list[Row]:
    """The columns as rows."""
    tokens = list(zip(*events.tokens.tolist(), strict=True))
    columns: list[list[Any]] = [column.tolist() for column in events[:-1]]
    return [_row(*row) for row in zip(*columns, tokens, strict=True)]


def _row(
    at: int,
    stream: int,
    code: int,
    adds: bool,
    amount: int,
    occurred_at: int,
    place: int,
    tokens: tuple[int, ...],
) -> Row:
    kind, group = OUTCOMES[code] if stream == Stream.OUTCOME else (None, None)
    label = LABELS[code] if stream == Stream.LABEL else None
    present = {name: token for name, token in zip(TOKENS, tokens, strict=True) if token}
    clamped = min(max(amount, 0), AMOUNT_CAP)
    return Row(at, Stream(stream), adds, clamped, occurred_at, place, present, kind, group, label)


def log_of(amount: int) -> int:
    """floor(256 x log2(amount + 1)), by the number of binary digits of (amount + 1)^256."""
    return ((amount + 1) ** 256).bit_length() - 1


BUILT_IN: dict[Tally, Callable[[Row], int]] = {
    m.AMOUNT: lambda row: row.amount,
    m.LOG_AMOUNT: lambda row: log_of(row.amount),
    m.LOG_AMOUNT_SQUARED: lambda row: log_of(row.amount) ** 2,
    m.SMALL: lambda row: 0 < row.amount < SMALL_CENTS,
    m.NIGHT: lambda row: row.at // HOUR % 24 in range(6),
    m.AUTHORISED: lambda row: row.kind == OutcomeKind.AUTHORISED,
    m.DECLINED: lambda row: row.kind == OutcomeKind.DECLINED,
    m.ANSWERED: lambda row: row.kind in {OutcomeKind.AUTHORISED, OutcomeKind.DECLINED},
    m.INSUFFICIENT_FUNDS: (
        lambda row: row.group in {DeclineGroup.INSUFFICIENT_FUNDS, DeclineGroup.LIMIT_EXCEEDED}
    ),
    m.DO_NOT_HONOUR: (lambda row: row.group in {DeclineGroup.DO_NOT_HONOUR, DeclineGroup.SUSPECTED_FRAUD}),
    m.LOST_OR_STOLEN: lambda row: row.group == DeclineGroup.LOST_OR_STOLEN,
    m.WRONG_CVV: lambda row: row.group == DeclineGroup.WRONG_CVV,
    m.INVALID_CARD: lambda row: row.group in {DeclineGroup.INVALID_CARD, DeclineGroup.EXPIRED_CARD},
    m.AUTHENTICATED: lambda row: row.kind == OutcomeKind.AUTHENTICATED,
    m.AUTHENTICATION_FAILED: lambda row: row.kind == OutcomeKind.AUTHENTICATION_FAILED,
    m.CAPTURED: lambda row: row.kind == OutcomeKind.CAPTURED,
    m.REFUNDED: lambda row: row.kind == OutcomeKind.REFUNDED,
    m.FRAUD: lambda row: row.label == LabelValue.FRAUD,
    m.CLEARED: lambda row: row.label == LabelValue.LEGITIMATE,
    m.LABELLED: lambda row: row.label in {LabelValue.FRAUD, LabelValue.LEGITIMATE},
}
"""What a row adds to a tally, defined a second time; the user's own tallies are asked themselves."""


def kinds_of_logs(catalogue: Catalogue) -> dict[tuple[str, Stream], Kind]:
    """The logs that at least one feature needs."""
    kinds: dict[tuple[str, Stream], Kind] = {}
    for feature in catalogue.features:
        for stream, tallies in _needs(feature):
            key = feature.entity, stream
            held = kinds.get(key, Kind(frozenset(), RETENTION_MIN))
            kinds[key] = Kind(held.tallies | tallies, max(held.retention, feature.window_ms))
    return kinds


def _needs(feature: Feature) -> Iterator[tuple[Stream, set[Tally]]]:
    measure = feature.measure
    if measure.op is Op.COHORT_RATE:
        return
    tallies = {tally for tally in (measure.tally,) if tally is not None}
    if measure.op in {Op.RATIO_TO_MEAN, Op.MAXIMUM, Op.SAME_AMOUNT}:
        tallies.add(m.AMOUNT)
    if measure.op is Op.DEVIATION:
        tallies |= {m.LOG_AMOUNT, m.LOG_AMOUNT_SQUARED}
    yield measure.stream, tallies
    if measure.over is not None:
        yield measure.over.stream, {measure.over}


class State:
    """All logs of all entities, and for cohort rates the authorisations and frauds of each entity."""

    def __init__(self, catalogue: Catalogue, events: Events) -> None:
        self.catalogue = catalogue
        self.kinds = kinds_of_logs(catalogue)
        self.logs: dict[tuple[str, Stream, Key], Log] = {}
        rated = {feature.entity for feature in catalogue.features if feature.measure.op is Op.COHORT_RATE}
        self.rated = [entity for entity in catalogue.by_name.values() if entity.name in rated]
        self.cohorts: dict[tuple[str, Key], list[Row]] = {}
        tallies = {tally for kind in self.kinds.values() for tally in kind.tallies}
        self.own = {tally.name: tally.of(events).tolist() for tally in tallies if tally not in BUILT_IN}

    def vector(self, row: Row) -> list[float]:
        """What the logs say of a payment that is in none of them yet."""
        readings: dict[str, Reading | None] = {}
        result = []
        for feature in self.catalogue.features:
            if feature.entity not in readings:
                readings[feature.entity] = self._reading(self.catalogue.by_name[feature.entity], row)
            reading = readings[feature.entity]
            value = MEANINGS[feature.measure.op](feature, row, reading) if reading is not None else None
            result.append(feature.default if value is None else float(value))
        return result

    def _reading(self, entity: Entity, row: Row) -> "Reading | None":
        key = identity(entity, row)
        if key is None:
            return None
        streams = [stream for name, stream in self.kinds if name == entity.name]
        logs = {stream: self._log(entity.name, stream, key, row.at) for stream in streams}
        return Reading(row.at, logs, self.cohorts.get((entity.name, key), []))

    def append(self, index: int, row: Row) -> None:
        """Enters a row, number `index`, into the logs of its stream."""
        for (name, stream), kind in self.kinds.items():
            key = identity(self.catalogue.by_name[name], row) if stream is row.stream else None
            if key is None:
                continue
            adds = {tally.name: self._adds(tally, index, row) for tally in kind.tallies}
            if stream is Stream.ATTEMPT or any(added > 0 for added in adds.values()):
                self._enter(self._log(name, stream, key, row.at), row, adds)
        if row.kind is OutcomeKind.AUTHORISED or row.label is LabelValue.FRAUD:
            self._enter_cohorts(row)

    def _adds(self, tally: Tally, index: int, row: Row) -> int:
        if tally in BUILT_IN:
            return int(BUILT_IN[tally](row))
        return min(max(self.own[tally.name][index], 0), tally.maximum)

    def _enter(self, log: Log, row: Row, adds: dict[str, int]) -> None:
        log.rows.append(row)
        log.at.append(row.at)
        for name, added in adds.items():
            log.adds[name].append(added)

    def _enter_cohorts(self, row: Row) -> None:
        """Cohorts are not forgotten here: what the rule forgets lies outside every window anyway."""
        for entity in self.rated:
            key = identity(entity, row)
            if key is not None and row.at // DAY - cohort_day(row) <= COHORT_DAYS:
                self.cohorts.setdefault((entity.name, key), []).append(row)

    def _log(self, name: str, stream: Stream, key: Key, now: int) -> Log:
        kind = self.kinds[name, stream]
        log = self.logs.get((name, stream, key))
        if log is None or is_forgotten(log, kind, now):
            log = Log(adds={tally.name: [] for tally in kind.tallies})
            self.logs[name, stream, key] = log
        return log


def identity(entity: Entity, row: Row) -> Key | None:
    """The tokens it is known by; None where one is absent."""
    if not all(token in row.tokens for token in entity.tokens):
        return None
    return tuple([row.tokens[token] for token in entity.tokens])


def is_forgotten(log: Log, kind: Kind, now: int) -> bool:
    """Whether nothing came for so long that the log begins anew; never with a known fraud in it."""
    silent = bool(log.at) and log.at[-1] <= now - kind.retention
    return silent and not any(log.adds.get(m.FRAUD.name, []))


def cohort_day(row: Row) -> int:
    """UTC day of the payment that an outcome or label speaks of."""
    return min(row.occurred_at, row.at) // DAY


def window_start(log: Log, window: int, now: int) -> int:
    """Index of the first event that sums and counts over a window see; the window ends with the log."""
    if window == 0:
        return 0
    if window > 30 * DAY:
        return bisect_right(log.at, now - window, key=lambda at: at // DAY * DAY)
    start = exact_start(log, window, now)
    if len(log.at) - start <= EVENTS_CAP:
        return start
    bucket = window // BUCKETS
    return bisect_right(log.at, now - window, key=lambda at: at // bucket * bucket)


def exact_start(log: Log, window: int, now: int) -> int:
    """Index of the first event later than `now - window`."""
    return bisect_right(log.at, now - window)


class Reading:
    """One entity as one payment sees it. Remembers what this payment's other features have summed already."""

    def __init__(self, now: int, logs: dict[Stream, Log], cohorts: list[Row]) -> None:
        self.now = now
        self.logs = logs
        self.cohorts = cohorts
        self._starts: dict[tuple[Stream, int], int] = {}
        self._sums: dict[tuple[str, int], int] = {}

    def start(self, stream: Stream, window: int) -> int:
        """See `window_start`."""
        if (stream, window) not in self._starts:
            self._starts[stream, window] = window_start(self.logs[stream], window, self.now)
        return self._starts[stream, window]

    def count(self, stream: Stream, window: int) -> int:
        """Events in a window."""
        return len(self.logs[stream].at) - self.start(stream, window)

    def total(self, tally: Tally, window: int) -> int:
        """What the events of a window add to a tally."""
        if (tally.name, window) not in self._sums:
            start = self.start(tally.stream, window)
            self._sums[tally.name, window] = sum(self.logs[tally.stream].adds[tally.name][start:])
        return self._sums[tally.name, window]

    def recent(self, window: int) -> list[Row]:
        """The last attempts of a window."""
        log = self.logs[Stream.ATTEMPT]
        start = max(exact_start(log, window, self.now), len(log.at) - RECENT_CAP)
        return log.rows[start:]


def _count(feature: Feature, _row: Row, reading: Reading) -> float:
    return reading.count(feature.measure.stream, feature.window_ms)


def _sum(feature: Feature, _row: Row, reading: Reading) -> float:
    assert feature.measure.tally is not None
    return reading.total(feature.measure.tally, feature.window_ms)


def _share(feature: Feature, _row: Row, reading: Reading) -> float | None:
    tally, over = feature.measure.tally, feature.measure.over
    assert tally is not None
    if over is None:
        whole = reading.count(tally.stream, feature.window_ms)
    else:
        whole = reading.total(over, feature.window_ms)
    return float(reading.total(tally, feature.window_ms)) / float(whole) if whole else None


def _ratio_to_mean(feature: Feature, row: Row, reading: Reading) -> float | None:
    total = reading.total(m.AMOUNT, feature.window_ms)
    count = reading.count(Stream.ATTEMPT, feature.window_ms)
    return float(row.amount * count) / float(total) if total else None


def _deviation(feature: Feature, row: Row, reading: Reading) -> float | None:
    count = reading.count(Stream.ATTEMPT, feature.window_ms)
    if count == 0:
        return None
    mean = reading.total(m.LOG_AMOUNT, feature.window_ms) / count
    variance = reading.total(m.LOG_AMOUNT_SQUARED, feature.window_ms) / count - mean * mean
    spread = sqrt(variance) if variance > SPREAD_MIN * SPREAD_MIN else SPREAD_MIN
    return (log_of(row.amount) - mean) / spread


def _maximum(feature: Feature, _row: Row, reading: Reading) -> float | None:
    return max([event.amount for event in reading.recent(feature.window_ms)], default=None)


def _same_amount(feature: Feature, row: Row, reading: Reading) -> float:
    return [event.amount for event in reading.recent(feature.window_ms)].count(row.amount)


def _distinct(feature: Feature, _row: Row, reading: Reading) -> float:
    others = [event.tokens.get(str(feature.other), 0) for event in reading.recent(feature.window_ms)]
    return len({*others} - {0})


def _since_first(_feature: Feature, row: Row, reading: Reading) -> float | None:
    at = reading.logs[Stream.ATTEMPT].at
    return (row.at - at[0]) / HOUR if at else None


def _since_last(_feature: Feature, row: Row, reading: Reading) -> float | None:
    at = reading.logs[Stream.ATTEMPT].at
    return (row.at - at[-1]) / HOUR if at else None


def _since_last_of(feature: Feature, row: Row, reading: Reading) -> float | None:
    tally = feature.measure.tally
    assert tally is not None
    log = reading.logs[tally.stream]
    marked = [at for at, added in zip(log.at, log.adds[tally.name], strict=True) if added > 0]
    return (row.at - marked[-1]) / HOUR if marked else None


def _run(feature: Feature, reading: Reading) -> list[int]:
    """Times of the events of the tally since the last one of `over`."""
    tally, over = feature.measure.tally, feature.measure.over
    assert tally is not None
    assert over is not None
    log = reading.logs[tally.stream]
    ended = max((index for index, added in enumerate(log.adds[over.name]) if added > 0), default=-1)
    adds = log.adds[tally.name]
    return [log.at[index] for index in range(ended + 1, len(log.at)) if adds[index] > 0]


def _run_length(feature: Feature, _row: Row, reading: Reading) -> float:
    return len(_run(feature, reading))


def _since_run(feature: Feature, row: Row, reading: Reading) -> float | None:
    run = _run(feature, reading)
    return (row.at - run[0]) / HOUR if run else None


def _is_new(_feature: Feature, _row: Row, reading: Reading) -> float:
    return not reading.logs[Stream.ATTEMPT].at


def _speed(_feature: Feature, row: Row, reading: Reading) -> float | None:
    events = reversed(reading.logs[Stream.ATTEMPT].rows)
    last = next((event for event in events if event.place), None) if row.place else None
    if last is None:
        return None
    return distance_km(row.place, last.place) / (max(row.at - last.at, SECOND) / HOUR)


def _habit_share(_feature: Feature, row: Row, reading: Reading) -> float | None:
    counters = [0] * 28
    for at in reading.logs[Stream.ATTEMPT].at:
        counters[quarter_of_week(at)] += 1
        if counters[quarter_of_week(at)] == COUNTER_MAX:
            counters = [counter // 2 for counter in counters]
    return counters[quarter_of_week(row.at)] / sum(counters) if sum(counters) else None


def quarter_of_week(at: int) -> int:
    """0 for Monday 00:00 to 05:59 UTC ... 27 for Sunday 18:00 to 23:59. Day 0 was a Thursday."""
    return (at // DAY + 3) % 7 * 4 + at % DAY // (6 * HOUR)


def _cohort_rate(feature: Feature, row: Row, reading: Reading) -> float | None:
    today = row.at // DAY
    oldest, youngest = today - feature.window_ms // DAY, today - feature.measure.maturity_days
    cohorts = [event for event in reading.cohorts if oldest <= cohort_day(event) <= youngest]
    approved = [event for event in cohorts if event.kind is OutcomeKind.AUTHORISED]
    return (len(cohorts) - len(approved)) / len(approved) if approved else None


MEANINGS: dict[Op, Callable[[Feature, Row, Reading], float | None]] = {
    Op.COUNT: _count,
    Op.SUM: _sum,
    Op.SHARE: _share,
    Op.RATIO_TO_MEAN: _ratio_to_mean,
    Op.DEVIATION: _deviation,
    Op.MAXIMUM: _maximum,
    Op.SAME_AMOUNT: _same_amount,
    Op.DISTINCT: _distinct,
    Op.SINCE_FIRST: _since_first,
    Op.SINCE_LAST: _since_last,
    Op.SINCE_LAST_OF: _since_last_of,
    Op.IS_NEW: _is_new,
    Op.SPEED: _speed,
    Op.HABIT_SHARE: _habit_share,
    Op.COHORT_RATE: _cohort_rate,
    Op.RUN: _run_length,
    Op.SINCE_RUN: _since_run,
}
"""The meaning of each operation; None: the feature's default."""
