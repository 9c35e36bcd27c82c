"""How well probabilities are calibrated, with standard errors.

Spreads are standard errors by whole days (sandwich estimate with days as clusters: Liang and Zeger 1986),
since payments of one day hang together.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Floats
from models.units import MICRO
from training.measures.day_blocks import DayBlocks
from training.measures.metrics import top_percent, top_rows
from training.measures.platt_scaling import ODDS_MAX, STEPS_MAX, line, log_odds

HALF_MICRO: Final = 0.5 / MICRO
"""Probabilities of exactly 0 and 1 are rounded ones: they are taken as half a micro-unit off."""


class Estimate(NamedTuple):
    """A figure and its standard error."""

    value: float
    spread: float


def slope(micro: NDArray[np.int64], fraud: Bools, weight: Floats, blocks: DayBlocks) -> Estimate:
    """Slope of fraud on the log-odds (Cox 1958): 1 is calibrated, below 1 the probabilities are too
    extreme."""
    odds = _odds(micro)
    value, intercept = line(odds, fraud.astype(np.float64), weight)
    p = _probability(value * odds + intercept)
    design = np.stack([odds, np.ones(len(odds))])
    inverse = np.linalg.inv((design * (weight * p * (1 - p))) @ design.T + 1e-9 * np.eye(2))
    by_day = np.stack([blocks.by_day(column * weight * (fraud - p)) for column in design])
    return Estimate(value, float(np.sqrt((inverse @ by_day @ by_day.T @ inverse)[0, 0] * _few(blocks))))


def shift(micro: NDArray[np.int64], fraud: Bools, weight: Floats, blocks: DayBlocks) -> Estimate:
    """What the log-odds lack for as many frauds as there are; 0 is calibrated, above 0 they are too low.

    The intercept at slope 1, calibration in the large (Van Calster et al. 2019): unlike one that is fitted
    with a slope it is not extrapolated to where there are no payments.
    """
    odds, found = _odds(micro), 0.0
    for _ in range(STEPS_MAX):
        p = _probability(odds + found)
        step = float((weight * (fraud - p)).sum() / max(float((weight * p * (1 - p)).sum()), 1e-12))
        found += float(np.clip(step, -1, 1))
        if abs(step) < 1e-9:
            break
    p = _probability(odds + found)
    by_day = blocks.by_day(weight * (fraud - p))
    information = max(float((weight * p * (1 - p)).sum()), 1e-12)
    return Estimate(found, float(np.sqrt((by_day**2).sum() * _few(blocks))) / information)


def top(micro: NDArray[np.int64], fraud: Bools, weight: Floats, blocks: DayBlocks) -> Estimate:
    """Predicted over observed frauds in the top 1 %; infinite where none was observed."""
    probability = micro / MICRO
    ratio = top_percent(probability, fraud, weight)
    if not np.isfinite(ratio):
        return Estimate(float("inf"), 0.0)
    rows = top_rows(probability, weight)
    observed = blocks.by_day(weight * fraud * rows)
    predicted = blocks.by_day(weight * probability * rows)
    spread = np.sqrt(((predicted - ratio * observed) ** 2).sum() * _few(blocks)) / observed.sum()
    return Estimate(ratio, float(spread))


def _odds(micro: NDArray[np.int64]) -> Floats:
    return log_odds(np.clip(micro / MICRO, HALF_MICRO, 1 - HALF_MICRO))


def _probability(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -ODDS_MAX, ODDS_MAX))))


def _few(blocks: DayBlocks) -> float:
    """For few days the squares of residuals fall short."""
    return blocks.days / (blocks.days - 1)
