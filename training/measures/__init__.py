"""Figures of scored payments: how well frauds are found, how honest the probabilities are."""

from training.measures import curves, metrics
from training.measures.calibrating import platt, prior_shift_of
from training.measures.curves import Reliability, Scored
from training.measures.day_blocks import DayBlocks
from training.measures.drift import psi
from training.measures.honesty import Figure, shift, slope, top
from training.measures.metrics import average_precision, roc_auc
from training.measures.segments import Segment, amount_bands, segments

__all__ = [
    "DayBlocks",
    "Figure",
    "Reliability",
    "Scored",
    "Segment",
    "amount_bands",
    "average_precision",
    "curves",
    "metrics",
    "platt",
    "prior_shift_of",
    "psi",
    "roc_auc",
    "segments",
    "shift",
    "slope",
    "top",
]
