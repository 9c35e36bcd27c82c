"""How well a model's probabilities tell fraud from the rest, from counts by bins of probability.

A bin holds payments whose truth is known. Figures are exact for thresholds at the bins' lower edges:

    recall at an edge      frauds at or above it / all frauds
    precision at an edge   frauds at or above it / payments at or above it
    area under the ROC     chance that a fraud scores above a good payment; ties within a bin count half
"""

from collections.abc import Sequence

from msgspec import Struct


class ScoreBin(Struct, frozen=True):
    """Payments with probabilities from one edge up to the next."""

    from_probability: float
    """Inclusive."""
    payments: int
    frauds: int
    expected: float
    """Sum of their probabilities."""

    @property
    def mean_probability(self) -> float | None:
        """What the model says; None without payments."""
        return self.expected / self.payments if self.payments else None

    @property
    def fraud_rate(self) -> float | None:
        """What came true; None without payments."""
        return self.frauds / self.payments if self.payments else None


class CurvePoint(Struct, frozen=True):
    """What a threshold at `from_probability` would catch."""

    from_probability: float
    flagged: int
    """Payments at or above it."""
    precision: float | None
    recall: float | None


def curve(bins: Sequence[ScoreBin]) -> list[CurvePoint]:
    """From the highest threshold down; `bins` in rising order.

    >>> points = curve([ScoreBin(0.0, 90, 1, 1.0), ScoreBin(0.5, 10, 4, 6.0)])
    >>> [(point.flagged, point.precision, point.recall) for point in points]
    [(10, 0.4, 0.8), (100, 0.05, 1.0)]
    """
    frauds, flagged, caught, points = sum(each.frauds for each in bins), 0, 0, []
    for each in reversed(bins):
        flagged, caught = flagged + each.payments, caught + each.frauds
        precision = caught / flagged if flagged else None
        points.append(
            CurvePoint(each.from_probability, flagged, precision, caught / frauds if frauds else None)
        )
    return points


def area_under_roc(bins: Sequence[ScoreBin]) -> float | None:
    """None without frauds or without good payments.

    >>> area_under_roc([ScoreBin(0.0, 9, 0, 0.1), ScoreBin(0.5, 1, 1, 0.9)])
    1.0
    >>> area_under_roc([ScoreBin(0.0, 10, 5, 5.0)])
    0.5
    """
    frauds = sum(each.frauds for each in bins)
    good = sum(each.payments for each in bins) - frauds
    if not frauds or not good:
        return None
    below, doubled = 0, 0
    for each in bins:
        mine = each.payments - each.frauds
        doubled += each.frauds * (2 * below + mine)
        below += mine
    return doubled / (2 * frauds * good)


def observed_over_expected(bins: Sequence[ScoreBin]) -> float | None:
    """Above 1: there is more fraud than the model says. None where it expects none.

    >>> observed_over_expected([ScoreBin(0.0, 10, 1, 0.5)])
    2.0
    """
    expected = sum(each.expected for each in bins)
    return sum(each.frauds for each in bins) / expected if expected else None
