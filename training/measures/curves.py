"""Curves of scored payments, weighted: precision and recall, gain, observed against predicted, cost.

Payments with equal scores stand or fall together: a curve has points between different scores only.
"""

from typing import Final, NamedTuple

import numpy as np

from models.arrays import Bools, Floats

POINTS_MAX: Final = 500
"""Points kept of a curve, evenly by rank: more than a picture shows."""

BINS: Final = 12


class ScoredExamples(NamedTuple):
    """n payments: probability of fraud (or any score), whether it was, weight."""

    score: Floats
    fraud: Bools
    weight: Floats


class CumulativeWeights(NamedTuple):
    """Weights of payments, and of frauds among them, that score at least each score that occurs, falling."""

    flagged: Floats
    frauds: Floats


def cumulative_weights(scored: ScoredExamples) -> CumulativeWeights:
    """The sums at every score that occurs."""
    order = np.argsort(-scored.score, kind="stable")
    score, fraud, weight = scored.score[order], scored.fraud[order], scored.weight[order]
    last = np.append(np.diff(score) != 0, True) if len(score) else np.zeros(0, np.bool_)
    return CumulativeWeights(np.cumsum(weight)[last], np.cumsum(weight * fraud)[last])


def precision_recall(scored: ScoredExamples) -> tuple[Floats, Floats]:
    """Recall, and precision at it."""
    found = cumulative_weights(scored)
    return _thinned(found.frauds / _total(found.frauds)), _thinned(found.frauds / found.flagged)


def gain(scored: ScoredExamples) -> tuple[Floats, Floats]:
    """Share of payments flagged, and share of frauds among them."""
    found = cumulative_weights(scored)
    flagged, frauds = found.flagged / _total(found.flagged), found.frauds / _total(found.frauds)
    return np.append(0.0, _thinned(flagged)), np.append(0.0, _thinned(frauds))


def cost_by_threshold(scored: ScoredExamples, passed: Floats, declined: Floats) -> tuple[Floats, Floats]:
    """Thresholds, and the cost of declining from each on, EUR per 1,000 payments. `passed`, `declined`: what
    each payment costs (cents) when it is let through and when it is declined.
    """
    order = np.argsort(-scored.score, kind="stable")
    score, weight = scored.score[order], scored.weight[order]
    last = np.append(np.diff(score) != 0, True)
    change = np.cumsum(((declined - passed)[order]) * weight)[last]
    cents = float((passed * scored.weight).sum()) + change
    euro = cents / 100 / max(float(scored.weight.sum()), 1e-9) * 1_000
    return _thinned(score[last]), _thinned(euro)


class Reliability(NamedTuple):
    """By bin of the predicted probability: its mean, the share that was fraud, standard error, payments."""

    predicted: Floats
    observed: Floats
    error: Floats
    payments: Floats


def reliability(scored: ScoredExamples) -> Reliability:
    """Bins hold equal shares of what was predicted to be fraud, so that the few high ones are seen."""
    order = np.argsort(scored.score, kind="stable")
    score, fraud, weight = scored.score[order], scored.fraud[order], scored.weight[order]
    expected = np.cumsum(score * weight)
    total = expected[-1] if len(expected) and expected[-1] > 0 else 1.0
    bins = np.minimum((expected / total * BINS).astype(np.int64), BINS - 1)
    payments: Floats = np.bincount(bins, weight, BINS).astype(np.float64)
    there = payments > 0
    means = [np.bincount(bins, each * weight, BINS)[there] / payments[there] for each in (score, fraud)]
    spread = np.sqrt(np.maximum(means[1] * (1 - means[1]), 1e-12) / payments[there])
    return Reliability(means[0], means[1], spread, payments[there])


def _total(running: Floats) -> float:
    return float(running[-1]) if len(running) and running[-1] > 0 else 1.0


def _thinned(values: Floats) -> Floats:
    if len(values) <= POINTS_MAX:
        return values
    at = np.unique(np.geomspace(1, len(values), POINTS_MAX).astype(np.int64)) - 1
    kept: Floats = values[at]
    return kept
