"""The central test: the compiled kernel and the plain-Python oracle agree to the last bit on any log."""

import os
from pathlib import Path

import pytest
from attempt_logs import (
    DAY,
    HOUR,
    MINUTE,
    NARROW,
    START,
    WIDE,
    assert_same_bits,
    attempts,
    cuts,
    kernel_vectors,
    random_log,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Attempt, vectors

from features.catalogue import CATALOGUE, Catalogue
from features.hashing import entity_hash
from features.state import FeatureState

SPARKOV = Path(__file__).parents[3] / "shared" / "data" / "sparkov" / "payments.parquet"


@given(st.data())
@settings(max_examples=150, deadline=None)
@pytest.mark.parametrize("catalogue", [CATALOGUE, WIDE, NARROW], ids=["usual", "wide", "narrow"])
def test_any_log_in_any_batches_gives_the_oracles_vectors(catalogue: Catalogue, data: st.DataObject) -> None:
    log = data.draw(attempts(catalogue))
    state = FeatureState.empty(catalogue)
    assert_same_bits(kernel_vectors(state, log, data.draw(cuts(log))), vectors(catalogue, log))


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_more_distinct_others_than_are_told_apart(data: st.DataObject) -> None:
    log = data.draw(attempts(NARROW, keys=2, size=20))
    numbers = data.draw(st.permutations([*range(50), *range(0, 50, 3)]))
    log += [Attempt(log[-1].at + i, 100, {"card": 1, "customer": number}) for i, number in enumerate(numbers)]
    assert_same_bits(kernel_vectors(FeatureState.empty(NARROW), log), vectors(NARROW, log))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("gap_ms", [1, 3 * MINUTE, 3 * HOUR])
def test_logs_beyond_the_cap_lose_their_oldest_events(seed: int, gap_ms: int) -> None:
    log = random_log(NARROW, seed, 1_500, keys=2, gap_ms=gap_ms)
    assert sum(attempt.entities["card"] == 1 for attempt in log) < 1024
    busy = [Attempt(a.at, a.amount, {**a.entities, "card": 1}, a.adds) for a in log]
    assert sum(attempt.adds for attempt in busy) > 1024
    assert_same_bits(kernel_vectors(FeatureState.empty(NARROW), busy, [700, 1_500]), vectors(NARROW, busy))


@pytest.mark.parametrize("seed", range(3))
def test_a_busy_log_of_all_entities(seed: int) -> None:
    log = random_log(CATALOGUE, seed, 700, keys=5 + 40 * seed, gap_ms=20 * MINUTE)
    assert_same_bits(kernel_vectors(FeatureState.empty(CATALOGUE), log), vectors(CATALOGUE, log))


def test_events_at_the_same_millisecond_are_seen_and_the_window_is_open_at_its_far_end() -> None:
    log = [Attempt(at, 100, {"card": 1}) for at in (START, START, START + HOUR - 1, START + HOUR)]
    counts = kernel_vectors(FeatureState.empty(NARROW), log)[:, NARROW.names.index("card_payment_count_1h")]
    assert counts.tolist() == [0, 1, 2, 1]


def test_idle_entities_come_back_as_if_never_seen() -> None:
    log = [Attempt(START, 100, {"card": 1, "customer": 2}), Attempt(START + 30 * DAY, 100, {"card": 1})]
    assert_same_bits(kernel_vectors(FeatureState.empty(CATALOGUE), log), vectors(CATALOGUE, log))


def test_entities_idle_for_less_than_the_longest_window_are_kept_by_every_sweep() -> None:
    rare = [Attempt(START + 29 * DAY * visit, 100, {"card": 1, "device": visit + 1}) for visit in range(4)]
    ticks = [Attempt(START + HOUR * hour, 7, {"ip": hour % 3 + 1}) for hour in range(24 * 29 * 3 + 1)]
    log = sorted([*rare, *ticks], key=lambda attempt: attempt.at)
    assert_same_bits(kernel_vectors(FeatureState.empty(CATALOGUE), log), vectors(CATALOGUE, log))


def _sparkov(rows: int) -> list[Attempt]:
    if not SPARKOV.exists():
        assert "CI" not in os.environ, f"{SPARKOV} is missing"
        pytest.skip("needs the sparkov set under ../shared/data")
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(SPARKOV).head(rows)
    return [
        Attempt(
            int(row.unix_time) * 1000,
            int(row.amt_cents),
            {
                "card": entity_hash(f"card_{row.cust_id}"),
                "customer": entity_hash(f"customer_{row.cust_id}"),
                "merchant": entity_hash(row.merchant),
            },
        )
        for row in frame.itertuples()
    ]


def test_real_payments_give_the_oracles_vectors() -> None:
    log = _sparkov(20_000)
    state = FeatureState.empty(CATALOGUE)
    assert_same_bits(kernel_vectors(state, log, [1, 7_777, 20_000]), vectors(CATALOGUE, log))
