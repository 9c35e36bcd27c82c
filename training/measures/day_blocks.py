"""Bootstrap over whole days: how far a figure moves when other days had come.

Payments of one day hang together (an attack, a holiday), so days are drawn with replacement, not payments
(Efron and Tibshirani 1993, chapter 8). Two models are compared on the same draws. With few days the
percentiles are too close together; they are taken further out, as a t interval would (Hesterberg 2015, "What
teachers should know about the bootstrap", expanded percentiles).

A figure that is a sum over payments needs only the sums by day; average precision needs, for each score that
a fraud has, the sums between it and the next by day: both are one matrix product for all draws together.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats

CELLS_MAX: Final = 4_000_000
"""Numbers held at once for average precision: 32 MB an array."""


class DayBlocks:
    """`resamples` draws of the days of some payments; `day` (n) is any number that names the day."""

    def __init__(self, day: NDArray[np.int64], resamples: int, seed: int) -> None:
        names, self.of_day = np.unique(day, return_inverse=True)
        self.days = len(names)
        drawn = np.random.default_rng(seed).integers(0, self.days, (resamples, self.days))
        cells = drawn + self.days * np.arange(resamples)[:, None]
        counts = np.bincount(cells.ravel(), minlength=resamples * self.days)
        self.counts: Floats = counts.reshape(resamples, self.days).astype(np.float64)

    def by_day(self, values: Floats) -> Floats:
        """Sums of `values` (n) by day, shape (days)."""
        return np.bincount(self.of_day, values, self.days).astype(np.float64)

    def sums(self, values: Floats) -> Floats:
        """The sum of `values` (n) in each draw."""
        return self.counts @ self.by_day(values)

    def average_precisions(
        self, score: NDArray[np.int64], fraud: NDArray[np.bool_], weight: Floats
    ) -> tuple[float, Floats]:
        """Average precision of `score`, as it is and in each draw; equal scores are one threshold. A draw
        without fraud has 0.
        """
        cells = np.ones((1, self.days)), self.counts
        alarms, frauds = self._between(score, fraud, weight)
        once, draws = (_average_precisions(alarms, frauds, counts) for counts in cells)
        return float(once[0]), draws

    def _between(
        self, score: NDArray[np.int64], fraud: NDArray[np.bool_], weight: Floats
    ) -> tuple[Floats, Floats]:
        """Weights of all payments and of frauds by threshold (highest first) and day."""
        thresholds = np.unique(score[fraud])
        at = np.searchsorted(thresholds, score, side="right") - 1
        rows = at >= 0
        cell = (len(thresholds) - 1 - at[rows]) * self.days + self.of_day[rows]
        shape = len(thresholds), self.days
        weights = weight[rows], (weight * fraud)[rows]
        alarms, frauds = (np.bincount(cell, w, math.prod(shape)).astype(np.float64) for w in weights)
        return alarms.reshape(shape), frauds.reshape(shape)

    def low(self, draws: Floats, confidence: float) -> float:
        """Lower end of the one-sided interval of a figure that was `draws` in the draws."""
        return float(np.quantile(draws, 1 - self.expanded(confidence)))

    def t(self, confidence: float) -> float:
        """How many standard errors a one-sided interval reaches with so many days."""
        from scipy.special import stdtrit

        return float(stdtrit(self.days - 1, confidence))

    def expanded(self, confidence: float) -> float:
        """The percentile to take with so few days, e.g. 0.972 instead of 0.95 with eight."""
        from scipy.special import ndtr

        return float(ndtr(math.sqrt(self.days / (self.days - 1)) * self.t(confidence)))


def _average_precisions(alarms: Floats, frauds: Floats, counts: Floats) -> Floats:
    """Average precision for each row of `counts` (draws, days)."""
    step = max(1, CELLS_MAX // max(1, len(alarms)))
    out = np.empty(len(counts))
    for start in range(0, len(counts), step):
        drawn = counts[start : start + step].T
        caught = frauds @ drawn
        alarmed, found = np.cumsum(alarms @ drawn, axis=0), np.cumsum(caught, axis=0)
        precision = np.divide(found, alarmed, out=np.zeros_like(found), where=alarmed > 0)
        total = caught.sum(axis=0)
        weighted = (caught * precision).sum(axis=0)
        out[start : start + step] = np.divide(weighted, total, out=np.zeros_like(total), where=total > 0)
    return out
