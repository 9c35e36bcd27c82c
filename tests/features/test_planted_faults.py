"""The parity test can fail: each fault planted in the meaning makes kernel and oracle differ.

A fault of the kernel and the same fault of the oracle look alike from outside, so planting it in the oracle,
which is easy to change, shows that the comparison would find it in the kernel.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable

import numpy as np
import pytest

from features.catalogue import CATALOGUE, Catalogue, Feature
from features.catalogue import measures as m
from features.columns.events import Events, Stream
from features.state.state import FeatureState
from models.messages.outcome import OutcomeKind
from tests.support import oracle
from tests.support.event_logs import DAY, HOUR, MINUTE, Event, columns, random_log, with_tokens
from tests.support.parity import assert_same_bits, kernel_vectors
from tests.support.sample_catalogues import BUSY, LIFETIME_ONLY, NARROW, OWN, WIDE

THIRDS = (0.3, 0.4, 0.3)
Patch = Callable[[pytest.MonkeyPatch], None]


def samples() -> list[tuple[Catalogue, list[Event]]]:
    """Small logs that have every case between them: full windows, ties, days, silence, many others."""
    attempts = (1.0, 0.0, 0.0)
    ties = random_log(WIDE, 3, 1_500, keys=2, gap_ms=3 * MINUTE, shares=THIRDS)
    ties = [event if i % 3 else _on_the_minute(event) for i, event in enumerate(ties)]
    busy = [
        random_log(BUSY, 1, 4_000, keys=50, gap_ms=1_200, shares=THIRDS),
        random_log(BUSY, 2, 1_200, keys=9, gap_ms=2 * DAY, shares=THIRDS),
        random_log(BUSY, 3, 3_000, keys=9, gap_ms=6_250, shares=attempts),
        random_log(BUSY, 4, 3_000, keys=9, gap_ms=MINUTE, shares=attempts),
    ]
    return [
        *((BUSY, with_tokens(log, card=1)) for log in busy),
        (WIDE, sorted(ties, key=lambda event: event.at)),
        (CATALOGUE, random_log(CATALOGUE, 4, 300, keys=6, gap_ms=30 * DAY, shares=THIRDS)),
        (NARROW, random_log(NARROW, 7, 1_500, keys=9, gap_ms=7 * DAY, shares=attempts)),
        (LIFETIME_ONLY, random_log(LIFETIME_ONLY, 8, 1_500, keys=4, gap_ms=14 * DAY, shares=attempts)),
        (OWN, random_log(OWN, 9, 300, keys=2, gap_ms=DAY, shares=attempts)),
    ]


def _on_the_minute(event: Event) -> Event:
    return Event(event.at // MINUTE * MINUTE, *list(vars(event).values())[1:])


SAMPLES = samples()
LAST = {2: 250}
"""Rows compared at the end of a sample: this one reaches the step from exact windows to buckets so late."""


@pytest.fixture(scope="module")
def by_kernel() -> list[np.ndarray]:
    return [kernel_vectors(FeatureState.empty(catalogue), log) for catalogue, log in SAMPLES]


def by_oracle(number: int, moved: Callable[[Events], Events] = lambda events: events) -> np.ndarray:
    """The oracle's last rows, where the logs are long."""
    catalogue, log = SAMPLES[number]
    attempts = sum(event.stream is Stream.ATTEMPT for event in log)
    last = attempts if catalogue in (NARROW, LIFETIME_ONLY) else LAST.get(number, 120)
    last = min(attempts, last)
    return np.array(oracle.vectors(catalogue, moved(columns(log)), range(attempts - last, attempts)))


def red(by_kernel: list[np.ndarray], moved: Callable[[Events], Events] = lambda events: events) -> bool:
    """Whether any sample differs."""
    for number, found in enumerate(by_kernel):
        try:
            expected = by_oracle(number, moved)
            assert_same_bits(found[-len(expected) :], expected, SAMPLES[number][0])
        except AssertionError:
            return True
    return False


def test_without_a_fault_all_samples_are_equal(by_kernel: list[np.ndarray]) -> None:
    assert not red(by_kernel)


def _set(**names: object) -> Patch:

    def plant(patch: pytest.MonkeyPatch) -> None:
        for name, value in names.items():
            patch.setattr(oracle, name, value)

    return plant


def _meaning(op: m.Op, meaning: object) -> Patch:
    return lambda patch: patch.setitem(oracle.MEANINGS, op, meaning)


def _tally(tally: m.Tally, adds: object) -> Patch:
    return lambda patch: patch.setitem(oracle.BUILT_IN, tally, adds)


def _closed(log: oracle.Log, window: int, now: int) -> int:
    return bisect_left(log.at, now - window)


def _start(*, day: int = DAY, buckets: int = 60, partial: bool = False) -> object:
    """`oracle.window_start` with other days or buckets."""

    def start(log: oracle.Log, window: int, now: int) -> int:
        if window > 30 * DAY:
            return bisect_right(log.at, now - window, key=lambda at: at // day * day)
        exact = bisect_right(log.at, now - window)
        if window == 0 or partial or len(log.at) - exact <= 1024:
            return exact if window else 0
        size = window // buckets
        return bisect_right(log.at, now - window, key=lambda at: at // size * size)

    return start


def _last_but_one(_feature: object, row: oracle.Row, reading: oracle.Reading) -> float | None:
    at = reading.logs[Stream.ATTEMPT].at
    return (row.at - at[-2]) / HOUR if len(at) > 1 else None


def _events_of(tally: m.Tally | None, reading: oracle.Reading, start: int = 0) -> list[int]:
    assert tally is not None
    log = reading.logs[tally.stream]
    return [at for at, added in list(zip(log.at, log.adds[tally.name], strict=True))[start:] if added > 0]


def _unended_run(feature: Feature, reading: oracle.Reading) -> list[int]:
    return _events_of(feature.measure.tally, reading)


def _run_with_its_end(feature: Feature, reading: oracle.Reading) -> list[int]:
    """What ends a run begins the next, where it adds to both tallies."""
    over = feature.measure.over
    assert over is not None
    adds = reading.logs[over.stream].adds[over.name]
    start = max((index for index, added in enumerate(adds) if added > 0), default=0)
    return _events_of(feature.measure.tally, reading, start)


def _since_end_of_run(feature: Feature, row: oracle.Row, reading: oracle.Reading) -> float | None:
    run = oracle._run(feature, reading)
    return (row.at - run[-1]) / HOUR if run else None


FAULTS: dict[str, Patch] = {
    "window closed at its far end": _set(exact_start=_closed),
    "one event fewer kept exactly": _set(EVENTS_CAP=1023),
    "one event more kept exactly": _set(EVENTS_CAP=1025),
    "buckets of a 30th of the window": _set(window_start=_start(buckets=30)),
    "partial bucket counted": _set(window_start=_start(partial=True)),
    "days an hour longer": _set(window_start=_start(day=DAY + HOUR)),
    "partial day counted": _set(window_start=_start(day=1)),
    "one other fewer told apart": _set(RECENT_CAP=31),
    "one other more told apart": _set(RECENT_CAP=33),
    "logs forgotten too early": _set(RETENTION_MIN=29 * DAY),
    "logs forgotten too late": _set(RETENTION_MIN=31 * DAY),
    "known frauds forgotten": _set(
        is_forgotten=lambda log, kind, now: bool(log.at) and log.at[-1] <= now - kind.retention
    ),
    "nothing forgotten": _set(is_forgotten=lambda _log, _kind, _now: False),
    "quarters of eight hours": _set(
        quarter_of_week=lambda at: (at // DAY + 3) % 7 * 4 + at % DAY // (8 * HOUR)
    ),
    "counters of habit never halved": _set(COUNTER_MAX=10**9),
    "pairs in either order": _set(
        identity=lambda entity, row: (
            tuple(sorted(row.tokens[token] for token in entity.tokens))
            if all(token in row.tokens for token in entity.tokens)
            else None
        )
    ),
    "cohorts by the day of the label": _set(cohort_day=lambda row: row.at // DAY),
    "cohorts of 150 days": _set(COHORT_DAYS=150),
    "spread of a sixteenth of a doubling": _set(SPREAD_MIN=16.0),
    "small amounts up to 2 EUR": _set(SMALL_CENTS=201),
    "the last payment but one": _meaning(m.Op.SINCE_LAST, _last_but_one),
    "runs that nothing ends": _set(_run=_unended_run),
    "runs that begin with the end of the last": _set(_run=_run_with_its_end),
    "runs that began with their latest event": _meaning(m.Op.SINCE_RUN, _since_end_of_run),
    "friendly fraud is fraud": _tally(m.FRAUD, lambda row: row.label in {"fraud", "friendly"}),
    "night until seven": _tally(m.NIGHT, lambda row: row.at // HOUR % 24 < 7),
    "captures are answers": _tally(
        m.ANSWERED,
        lambda row: row.kind in {OutcomeKind.AUTHORISED, OutcomeKind.DECLINED, OutcomeKind.CAPTURED},
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_in_the_meaning_turns_parity_red(
    fault: Patch, by_kernel: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    assert red(by_kernel)


def _labels_an_event_early(events: Events) -> Events:
    """Each label before the event it came after."""
    order = np.argsort(np.arange(len(events.at)) - 1.5 * (events.stream == Stream.LABEL), kind="stable")
    moved = Events._make(np.ascontiguousarray(column[..., order]) for column in events)
    return moved._replace(at=events.at)


def _others_of_the_moment_unseen(events: Events) -> Events:
    """Attempts of one millisecond do not see each other."""
    later = events.at.copy()
    later[events.stream == Stream.ATTEMPT] += 1
    return events._replace(at=np.maximum.accumulate(later))


@pytest.mark.parametrize("moved", [_labels_an_event_early, _others_of_the_moment_unseen])
def test_a_fault_in_the_order_turns_parity_red(
    moved: Callable[[Events], Events], by_kernel: list[np.ndarray]
) -> None:
    assert red(by_kernel, moved)


def test_a_single_value_that_differs_in_its_last_bit_is_found(by_kernel: list[np.ndarray]) -> None:
    expected = by_kernel[0].copy()
    known = np.argwhere(~np.isnan(expected) & (expected > 1))[len(expected) // 2]
    expected[tuple(known)] = np.nextafter(expected[tuple(known)], np.inf)
    with pytest.raises(AssertionError, match="1 values differ"):
        assert_same_bits(by_kernel[0], expected, BUSY)
