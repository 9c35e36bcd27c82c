"""Which calibration a model gets: the one that predicts days it was not fitted on best.

Candidates, each fitted on payments later than those the trees learned from, unsampled and matured:

    prior      nothing but what sampling and the weight of frauds took from the log-odds
    platt      a line on the log-odds (two numbers)
    isotonic   rises with the score and is else free: needs many frauds, finds what a line cannot

Compared by log loss over two folds of alternate days; of equally good ones the simpler is taken.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from models.arrays import Bools, Floats
from models.scoring import POINTS_MAX, Calibration, Isotonic, Platt, micro_probabilities
from models.units import DAY_MS, MICRO
from training.measures import fit_platt

CalibrationKind = Literal["prior", "platt", "isotonic"]
SIMPLER_FIRST: Final[tuple[CalibrationKind, ...]] = ("prior", "platt", "isotonic")
WORTH: Final = 1e-3
"""Share of the log loss by which a less simple one must be better."""


class CalibrationSample(NamedTuple):
    """Payments to calibrate on: raw scores, whether each was fraud, weights, engine times (ms)."""

    raw: Floats
    fraud: Bools
    weight: Floats
    occurred_at: NDArray[np.int64]

    def where(self, rows: Bools) -> "CalibrationSample":
        """These rows alone."""
        return CalibrationSample(self.raw[rows], self.fraud[rows], self.weight[rows], self.occurred_at[rows])


class CalibrationChoice(NamedTuple):
    """What was taken, and the log loss of each candidate on days it was not fitted on."""

    kind: CalibrationKind
    calibration: Calibration
    log_loss: dict[str, float]


def choose(sample: CalibrationSample, prior_shift: float) -> CalibrationChoice:
    """The calibration for these payments. `prior_shift`: to be added for what sampling and weights did."""
    fits: dict[CalibrationKind, Callable[[CalibrationSample], Calibration]] = {
        "prior": lambda _: Platt(1.0, prior_shift),
        "platt": lambda part: fit_platt(part.raw, part.fraud, part.weight),
        "isotonic": isotonic,
    }
    odd = (sample.occurred_at // DAY_MS) % 2 == 1
    folds = [(sample.where(odd), sample.where(~odd)), (sample.where(~odd), sample.where(odd))]
    usable = [(fitted, left) for fitted, left in folds if fitted.fraud.any() and len(left.raw)]
    losses = {
        kind: sum(_log_loss(fit(fitted), left) for fitted, left in usable) for kind, fit in fits.items()
    }
    kind = _best(losses) if usable else "prior"
    weight = max(float(sample.weight.sum()), 1e-9)
    return CalibrationChoice(kind, fits[kind](sample), {name: loss / weight for name, loss in losses.items()})


def isotonic(sample: CalibrationSample) -> Isotonic:
    """Pools adjacent violators (Zadrozny and Elkan 2002) and joins the pools by straight lines, each at its
    mean score. A pool's probability is drawn to the base rate by one payment, so that none is 0 or 1.
    """
    order = np.argsort(sample.raw, kind="stable")
    raw, fraud, weight = sample.raw[order], sample.fraud[order].astype(np.float64), sample.weight[order]
    level = IsotonicRegression().fit(raw, fraud, sample_weight=weight).predict(raw)
    pool = np.append(0, np.cumsum(np.diff(level) > 0))
    size = np.bincount(pool, weight)
    middle = np.bincount(pool, raw * weight) / size
    base = float(np.average(fraud, weights=weight))
    share = np.maximum.accumulate((np.bincount(pool, fraud * weight) + base) / (size + 1))
    rises = np.append(True, np.diff(middle) > 0)
    kept = np.flatnonzero(rises)[:: max(1, int(np.ceil(rises.sum() / POINTS_MAX)))]
    micro = np.rint(share[kept] * MICRO).astype(np.int64)
    return Isotonic(tuple(middle[kept].tolist()), tuple(micro.tolist()))


def _best(losses: dict[CalibrationKind, float]) -> CalibrationKind:
    best = SIMPLER_FIRST[0]
    for kind in SIMPLER_FIRST[1:]:
        if losses[kind] < losses[best] * (1 - WORTH):
            best = kind
    return best


def _log_loss(calibration: Calibration, sample: CalibrationSample) -> float:
    """Weighted sum; what is predicted as impossible counts as half a micro-unit."""
    micro = micro_probabilities(sample.raw, calibration)
    p = np.clip(micro / MICRO, 0.5 / MICRO, 1 - 0.5 / MICRO)
    return float((-np.where(sample.fraud, np.log(p), np.log1p(-p)) * sample.weight).sum())
