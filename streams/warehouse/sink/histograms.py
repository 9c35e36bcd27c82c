"""The fixed buckets of the histograms in `decisions_minute` and `decisions_hour`.

A bucket is named by its lower bound and holds the integers from there up to, not including, the next one;
the last is open, and what is below the first belongs to the first. Bounds never change: a finer histogram
would be a new column. The same bounds are in the SQL of the materialised views; a test compares the two.
"""

from typing import Any, Final

import numpy as np

SCORE_BOUNDS: Final = tuple(range(0, 101, 5))
"""Rule score in hundredths, 0..100."""

PROBABILITY_BOUNDS: Final = (
    0, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 200_000, 300_000, 400_000,
    500_000, 600_000, 700_000, 800_000, 900_000, 950_000, 990_000,
)  # fmt: skip
"""Calibrated probability of fraud in millionths, 0..1,000,000."""

NOT_SCORED: Final = -1
"""Bucket of decisions without a probability."""

LATENCY_BOUNDS: Final = (
    0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000,
    10_000, 30_000, 60_000, 300_000, 3_600_000,
)  # fmt: skip
"""Decision's append time minus payment's append time, in ms."""


def bucket_numbers(values: np.ndarray[Any, Any], bounds: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """The place in `bounds` of each value's bucket.

    >>> bucket_numbers(np.array([-3, 0, 4, 5, 99, 100]), SCORE_BOUNDS)
    array([ 0,  0,  0,  1, 19, 20])
    """
    return np.maximum(np.searchsorted(np.array(bounds, np.int64), values, side="right") - 1, 0)
