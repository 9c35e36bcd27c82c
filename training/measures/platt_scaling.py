"""From raw scores to calibrated probabilities: Platt's line, isotonic steps, and the prior after
down-sampling.

Fitted on payments later than those the trees learned from. What is fitted is a document of
`models.scoring.calibration`, which the engine applies with fixed operations.
"""

from typing import Final

import numpy as np

from models.arrays import Bools, Floats
from models.scoring import Platt

STEPS_MAX: Final = 50
ENOUGH: Final = 1e-10
ODDS_MAX: Final = 40.0
SMALLEST: Final = 1e-9
"""Probabilities are kept this far from 0 and 1 where their log-odds are taken."""


def log_odds(probability: Floats) -> Floats:
    """ln(p / (1 - p))."""
    p = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return np.asarray(np.log(p) - np.log1p(-p))


def line(x: Floats, target: Floats, weight: Floats | None = None) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of `target` (0..1) on `x`.

    Newton's method on `x` brought to mean 0 and deviation 1, where slope and intercept hardly depend on each
    other; a step that makes matters worse is halved.
    """
    weights = np.ones(len(x)) if weight is None else weight
    middle = float(np.average(x, weights=weights))
    spread = float(np.sqrt(np.average((x - middle) ** 2, weights=weights))) or 1.0
    design = np.stack([(x - middle) / spread, np.ones(len(x))])
    found, loss = np.zeros(2), _loss(np.zeros(2), design, target, weights)
    for _ in range(STEPS_MAX):
        p = 1 / (1 + np.exp(-np.clip(found @ design, -ODDS_MAX, ODDS_MAX)))
        curvature = (design * (weights * p * (1 - p))) @ design.T + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, design @ (weights * (target - p)))
        after = _loss(found + step, design, target, weights)
        while not after <= loss and np.abs(step).max() > ENOUGH:
            step = step / 2
            after = _loss(found + step, design, target, weights)
        if not after <= loss:
            break
        found, loss = found + step, after
        if np.abs(step).max() < ENOUGH:
            break
    slope = float(found[0]) / spread
    return slope, float(found[1]) - slope * middle


def _loss(coefficients: Floats, design: Floats, target: Floats, weight: Floats) -> float:
    """The log loss of log-odds `coefficients @ design`."""
    odds = coefficients @ design
    return float((weight * (np.logaddexp(0, odds) - target * odds)).sum())


def fit_platt(raw: Floats, fraud: Bools, weight: Floats | None = None, prior_shift: float = 0.0) -> Platt:
    """Platt's fit of log-odds = a x raw + b with his smoothed targets (Platt 1999); a is never below 0.

    `prior_shift` is added to the log-odds: what down-sampling took from them (`prior_shift_of`).
    """
    weights = np.ones(len(raw)) if weight is None else weight
    frauds, others = float(weights[fraud].sum()), float(weights[~fraud].sum())
    target = np.where(fraud, (frauds + 1) / (frauds + 2), 1 / (others + 2))
    a, b = line(raw, target, weight)
    return Platt(a=max(0.0, a), b=b + prior_shift)


def prior_shift_of(kept: float) -> float:
    """What to add to log-odds learned where only a share `kept` of the legitimate payments was kept
    (Elkan 2001): ln(kept).

    >>> round(prior_shift_of(0.1), 3)
    -2.303
    """
    if not 0 < kept <= 1:
        raise ValueError(f"the share of legitimate payments kept is {kept}, not within (0, 1]")
    return float(np.log(kept))
