"""The central test: the compiled kernel and the plain-Python oracle agree to the last bit on any log."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import CATALOGUE, ENTITIES, Catalogue, Family
from features.catalogue import measures as m
from features.catalogue.measures import Op, Tally
from features.columns.events import Events, Stream
from features.state.state import FeatureState
from models.messages.label import LabelValue
from models.messages.outcome import OutcomeKind
from tests.checks import random_parity
from tests.support.event_logs import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Event,
    attempt,
    columns,
    cuts,
    label,
    logs,
    outcome,
    random_log,
    with_tokens,
)
from tests.support.examples import examples, slow
from tests.support.oracle import vectors
from tests.support.parity import assert_same_bits, kernel_vectors
from tests.support.sample_catalogues import BUSY, CATALOGUES, NARROW, own

MONTHS = (0.8, 0.1, 0.1)
THIRDS = (0.3, 0.4, 0.3)


def compare(catalogue: Catalogue, log: list[Event], ends: list[int] | None = None, last: int = 10**9) -> None:
    """Compares all attempts, or the last of a log too long for the oracle."""
    events = columns(log)
    attempts = int((events.stream == Stream.ATTEMPT).sum())
    wanted = range(max(attempts - last, 0), attempts)
    found = kernel_vectors(FeatureState.empty(catalogue), events, ends)
    assert_same_bits(found[wanted.start :], vectors(catalogue, events, wanted), catalogue)


@given(st.data())
@examples(30)
@pytest.mark.parametrize("catalogue", CATALOGUES.values(), ids=CATALOGUES.keys())
def test_any_log_in_any_batches_gives_the_oracles_vectors(catalogue: Catalogue, data: st.DataObject) -> None:
    log = data.draw(logs(catalogue))
    compare(catalogue, log, data.draw(cuts(log)))


@given(st.data())
@examples(20)
def test_more_distinct_others_than_are_told_apart(data: st.DataObject) -> None:
    log = data.draw(logs(NARROW, size=20))
    numbers = data.draw(st.permutations([*range(50), *range(0, 50, 3)]))
    log += [attempt(log[-1].at + i, 100, card=1, customer=number) for i, number in enumerate(numbers)]
    compare(NARROW, log)


@pytest.mark.parametrize("gap_ms", [2, slow(30), 2 * MINUTE, HOUR, slow(6 * HOUR), 2 * DAY])
@pytest.mark.parametrize("shares", [MONTHS, THIRDS], ids=["attempts", "all-streams"])
def test_more_events_in_windows_than_are_kept_exactly(
    gap_ms: int, shares: tuple[float, float, float]
) -> None:
    log = with_tokens(random_log(BUSY, 1, 6_000, keys=40, gap_ms=gap_ms, shares=shares), card=1)
    streams = [sum(event.stream == stream for event in log) for stream in Stream]
    assert min(streams) > 1_024 or shares is MONTHS
    compare(BUSY, log, [1, 1_000, 1_001, 2_500, 6_000], last=250)


@pytest.mark.parametrize("count", [slow(1_022), 1_023, 1_024, 1_025, slow(1_026)])
@pytest.mark.parametrize("window", [HOUR, DAY, 30 * DAY])
def test_the_step_from_exact_windows_to_buckets(count: int, window: int) -> None:
    """Just as many events in a window as are kept, give or take one, in each of the three streams."""
    gap = window // 1_100
    log = [event for i in range(count) for event in _one_of_each(START + 1 + i * gap)]
    log += [attempt(START + window + step, card=1) for step in (0, 1, 2, gap, gap + 1, window // 60)]
    compare(BUSY, log, last=20)


def _one_of_each(at: int) -> list[Event]:
    settled = outcome(at, OutcomeKind.DECLINED, card=1), label(at, LabelValue.FRAUD, card=1)
    return [attempt(at, at % 977, card=1), *settled]


@pytest.mark.parametrize("gap_ms", [MINUTE, 10 * MINUTE, 3 * HOUR])
def test_a_busy_log_that_calms_down_is_exact_again(gap_ms: int) -> None:
    burst = random_log(BUSY, 1, 4_000, keys=40, gap_ms=20, shares=THIRDS)
    calm = random_log(BUSY, 2, 1_500, keys=40, gap_ms=gap_ms, shares=THIRDS)
    later = [event.at - START + burst[-1].at for event in calm]
    moved = [_at(event, at) for event, at in zip(calm, later, strict=True)]
    again = [_at(event, event.at - START + moved[-1].at) for event in burst]
    compare(BUSY, with_tokens([*burst, *moved, *again], card=1), last=350)
    compare(BUSY, with_tokens([*burst, *moved], card=1), last=300)


def _at(event: Event, at: int) -> Event:
    return replace(event, at=at, occurred_at=event.occurred_at + at - event.at)


@pytest.mark.parametrize("seed", range(2))
def test_days_far_beyond_the_longest_window(seed: int) -> None:
    """Some events on each of 800 days: more active days than any window counts."""
    log = with_tokens(random_log(BUSY, seed, 4_800, keys=5, gap_ms=8 * HOUR, shares=THIRDS), card=1)
    assert log[-1].at - log[0].at > 760 * DAY
    compare(BUSY, log, [3, 2_000, 4_800], last=300)


def test_active_days_with_gaps_of_months() -> None:
    numbers = np.random.default_rng(5)
    days = np.cumsum(numbers.choice([0, 0, 0, 1, 1, 2, 29, 31, 89, 90, 91], 900)).tolist()
    log = [event for day in days for event in _one_of_each(START + day * DAY)]
    compare(BUSY, log, last=400)


@pytest.mark.parametrize("seed", [*range(6), *map(slow, range(6, 20))])
def test_logs_whose_pace_changes(seed: int) -> None:
    """The long form is `tests/checks/random_parity.py`."""
    assert random_parity.difference(seed, sizes=(20, 200, 1_200)) is None


@pytest.mark.parametrize("start", [0, 1, 5 * DAY, 253_402_300_799_999 - 900 * DAY])
@pytest.mark.parametrize("catalogue", [BUSY, CATALOGUE], ids=["busy", "usual"])
def test_engine_time_from_zero_to_the_year_9999(catalogue: Catalogue, start: int) -> None:
    log = random_log(catalogue, 3, 500, keys=2, gap_ms=3 * DAY, shares=THIRDS)
    compare(catalogue, [_at(event, event.at - START + start) for event in log], last=150)


def test_sums_of_largest_amounts_beyond_what_floats_hold_exactly() -> None:
    log = random_log(BUSY, 1, 14_000, keys=9, gap_ms=1_000, shares=(1.0, 0.0, 0.0))
    largest = [replace(event, amount=2**40 - i % 7) for i, event in enumerate(log)]
    compare(BUSY, with_tokens(largest, card=1), last=60)


def test_hundreds_of_windows_and_tallies_in_one_log() -> None:
    windows = tuple(f"{minutes}m" for minutes in range(1, 300))
    tallies = [Tally(f"t{k}", Stream.ATTEMPT, 1 + k, _multiples(k)) for k in range(80)]
    own_sums = [own(tally.name, Op.SUM, tally) for tally in tallies]
    families = [Family("card", measure, ("1h", "30d", "60d", "lifetime")) for measure in own_sums]
    catalogue = Catalogue(ENTITIES[:1], [Family("card", m.AMOUNT_SUM, windows), *families])
    compare(catalogue, random_log(catalogue, 1, 2_000, keys=1, gap_ms=10 * MINUTE), last=60)


def _multiples(k: int) -> Callable[[Events], np.ndarray]:
    return lambda events: events.amount * k % 7


def test_known_frauds_survive_years_of_silence() -> None:
    fraud, legitimate = LabelValue.FRAUD, LabelValue.LEGITIMATE
    log = [label(START, fraud, card=1, merchant=5), label(START, legitimate, card=2), attempt(START, card=2)]
    log += [
        attempt(START + year * 365 * DAY, card=card, merchant=5) for year in (1, 5, 30) for card in (1, 2)
    ]
    compare(CATALOGUE, log)
    expected = vectors(CATALOGUE, columns(log))
    known = [feature.name for feature in CATALOGUE.features].index("card_frauds_learned_lifetime")
    assert [row[known] for row in expected] == [0, 1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("seed", range(3))
def test_a_busy_log_of_all_entities(seed: int) -> None:
    log = random_log(CATALOGUE, seed, 1_200, keys=5 + 40 * seed, gap_ms=20 * MINUTE)
    compare(CATALOGUE, log, last=400)


def test_events_at_the_same_millisecond_are_seen_and_the_window_is_open_at_its_far_end() -> None:
    log = [attempt(at, card=1) for at in (START, START, START + HOUR - 1, START + HOUR)]
    column = [feature.name for feature in NARROW.features].index("card_payment_count_1h")
    assert kernel_vectors(FeatureState.empty(NARROW), log)[:, column].tolist() == [0, 1, 2, 1]


def test_idle_entities_come_back_as_if_never_seen() -> None:
    log = [attempt(START + visit * 365 * DAY, card=1, customer=2, device=3) for visit in range(3)]
    compare(CATALOGUE, log)


def test_entities_idle_for_less_than_their_retention_are_kept_by_every_sweep() -> None:
    rare = [
        attempt(START + 29 * DAY * visit, card=1, network=1, bin=1, address=visit + 1) for visit in range(4)
    ]
    ticks = [attempt(START + HOUR * hour, 7, ip=hour % 3 + 1) for hour in range(24 * 29 * 3 + 1)]
    log = sorted([*rare, *ticks], key=lambda event: event.at)
    compare(CATALOGUE, log)
