"""Figures of scored payments: ranking, calibration, and confidence intervals by whole days.

Pure functions of arrays. Imports `models` and numpy, scipy, scikit-learn."""

from training.measures import curves, metrics
from training.measures.calibration_errors import Estimate, shift, slope, top
from training.measures.curves import Reliability, ScoredExamples
from training.measures.day_blocks import DayBlocks
from training.measures.drift import psi
from training.measures.metrics import average_precision, roc_auc
from training.measures.platt_scaling import fit_platt, prior_shift_of
from training.measures.segments import SegmentFigures, amount_bands, segments

__all__ = [
    "DayBlocks",
    "Estimate",
    "Reliability",
    "ScoredExamples",
    "SegmentFigures",
    "amount_bands",
    "average_precision",
    "curves",
    "fit_platt",
    "metrics",
    "prior_shift_of",
    "psi",
    "roc_auc",
    "segments",
    "shift",
    "slope",
    "top",
]
