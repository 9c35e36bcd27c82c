"""From raw scores to honest probabilities: Platt's line, isotonic steps, and the prior after down-sampling.

Fitted on payments later than those the trees learned from. What is fitted is a document of
`models.calibration`, which the engine applies with fixed operations.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.calibration import Platt

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

STEPS_MAX: Final = 50
ODDS_MAX: Final = 40.0
SMALLEST: Final = 1e-9
"""Probabilities are kept this far from 0 and 1 where their log-odds are taken."""


def log_odds(probability: Floats) -> Floats:
    """ln(p / (1 - p))."""
    p = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return np.asarray(np.log(p) - np.log1p(-p))


def line(x: Floats, target: Floats, weight: Floats | None = None) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of `target` (0..1) on `x`, by Newton's method with
    steps of at most 1.
    """
    weights = np.ones(len(x)) if weight is None else weight
    design = np.stack([x, np.ones(len(x))])
    found = np.array([1.0, 0.0])
    for _ in range(STEPS_MAX):
        p = 1 / (1 + np.exp(-np.clip(found @ design, -ODDS_MAX, ODDS_MAX)))
        curvature = (design * (weights * p * (1 - p))) @ design.T + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, design @ (weights * (target - p)))
        found = found + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-10:
            break
    return float(found[0]), float(found[1])


def platt(raw: Floats, fraud: Bools, weight: Floats | None = None, prior_shift: float = 0.0) -> Platt:
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
