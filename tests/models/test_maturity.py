"""The delay curve, learned from frauds some of which are not reported yet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.labels.maturity import Maturity, TooFewFrauds
from models.units import DAY_MS


def test_young_payments_do_not_make_frauds_look_fast() -> None:
    random = np.random.default_rng(7)
    delays = np.minimum(random.geometric(1 / 25, 60_000) - 1, 119)
    ages = random.integers(0, 121, len(delays))
    seen = delays <= ages
    curve = Maturity.learn(delays[seen].tolist(), ages[seen].tolist())
    truth = [float(np.mean(delays <= day)) for day in (5, 20, 60)]
    naive = [float(np.mean(delays[seen] <= day)) for day in (5, 20, 60)]
    assert [curve.share(day) for day in (5, 20, 60)] == pytest.approx(truth, abs=0.02)
    assert naive[1] > truth[1] + 0.05, "or there was nothing to correct"


def test_without_truncation_it_is_the_histogram() -> None:
    delays = [0, 0, 1, 3, 3, 3, 7, 9]
    curve = Maturity.learn(delays, [30] * len(delays))
    for day in range(31):
        assert curve.share(day) == pytest.approx(sum(delay <= day for delay in delays) / len(delays))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1).map(
    lambda pairs: [(min(pair), max(pair)) for pair in pairs]
))  # fmt: skip
def test_it_rises_from_0_to_1_and_the_order_does_not_matter(pairs: list[tuple[int, int]]) -> None:
    delays, horizons = zip(*pairs, strict=True)
    curve = Maturity.learn(delays, horizons)
    assert curve == Maturity.learn(delays[::-1], horizons[::-1])
    assert list(curve.shares) == sorted(curve.shares)
    assert curve.shares[-1] == 1.0
    assert min(curve.shares) >= 0.0


def test_times_after_the_date_are_not_looked_at() -> None:
    as_of = 100 * DAY_MS
    learned = Maturity.of_times(
        [0, 50 * DAY_MS, 90 * DAY_MS], [10 * DAY_MS, 70 * DAY_MS, 101 * DAY_MS], as_of
    )
    assert (learned.frauds, learned.as_of, learned.oldest_days) == (2, as_of, 100)
    assert learned == Maturity.learn([10, 20], [100, 50], as_of)


def test_weight_of_silence_goes_from_one_minus_prior_to_one() -> None:
    curve = Maturity.learn([0, 10, 20, 40], [100, 100, 100, 100])
    weights = [curve.silent_weight(age, 0.02) for age in (-1, 0, 10, 20, 40, 400)]
    assert weights[0] == pytest.approx(0.98)
    assert weights[-1] == weights[-2] == 1.0
    assert weights == sorted(weights)


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(TooFewFrauds, match="no fraud has been reported yet"):
        Maturity.learn([], [])
    with pytest.raises(ValueError, match="reported 5 days after its payment, which is 3 days old"):
        Maturity.learn([5], [3])
    with pytest.raises(ValueError, match=r"prior 1\.0 is not a share"):
        Maturity((1.0,), 1).silent_weight(1, 1.0)
    with pytest.raises(ValueError, match="share 0 is not"):
        Maturity((1.0,), 1).age_days(0)


@pytest.mark.parametrize("shares", [(), (-0.1, 1.0), (0.5, 1.1), (0.5, 0.4, 1.0)])
def test_what_is_no_delay_curve_is_refused(shares: tuple[float, ...]) -> None:
    """A curve comes from a file: weights made of it must be weights."""
    with pytest.raises(ValueError, match="shares of frauds"):
        Maturity(shares, 4)
