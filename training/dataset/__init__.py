"""A data set: vectors with labels as known on a day, its manifest, sampling and split."""

from training.dataset.dataset import ROWS, Dataset, Progress, build
from training.dataset.history import (
    ATTEMPTS,
    EVIDENCE,
    NEVER,
    PARKED,
    PARKED_PAYMENT,
    UNKNOWN_PAYMENT,
    History,
    column,
    parked_rows,
)
from training.dataset.labels import FRAUD, NONE, LabelHistory, labels_at, maturity_curve
from training.dataset.manifest import Manifest, sha256_of
from training.dataset.settings import DatasetSettings
from training.dataset.split import Split, SplitSettings, matured_until, split, times

__all__ = [
    "ATTEMPTS",
    "EVIDENCE",
    "FRAUD",
    "NEVER",
    "NONE",
    "PARKED",
    "PARKED_PAYMENT",
    "ROWS",
    "UNKNOWN_PAYMENT",
    "Dataset",
    "DatasetSettings",
    "History",
    "LabelHistory",
    "Manifest",
    "Progress",
    "Split",
    "SplitSettings",
    "build",
    "column",
    "labels_at",
    "matured_until",
    "maturity_curve",
    "parked_rows",
    "sha256_of",
    "split",
    "times",
]
