"""A data set: vectors with labels as known on a day, its manifest, sampling and split.

Invariants: nothing learned after `as_of` changes a row, and the same inputs and settings give the same bytes.
Imports `models`, `storage`, numpy, pyarrow.
"""

from training.dataset.dataset import ROWS, Dataset, Progress, build_dataset
from training.dataset.history import (
    ATTEMPTS,
    EVIDENCE,
    NEVER,
    PARKED,
    PARKED_PAYMENT,
    UNKNOWN_PAYMENT,
    PaymentHistory,
    column,
    parked_rows,
)
from training.dataset.labels import FRAUD, NONE, AttemptLabels, labels_at, maturity_curve
from training.dataset.manifest import DatasetManifest, sha256_of
from training.dataset.settings import DatasetSettings
from training.dataset.split import DatasetSplit, SplitSettings, matured_until, split, times

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
    "AttemptLabels",
    "Dataset",
    "DatasetManifest",
    "DatasetSettings",
    "DatasetSplit",
    "PaymentHistory",
    "Progress",
    "SplitSettings",
    "build_dataset",
    "column",
    "labels_at",
    "matured_until",
    "maturity_curve",
    "parked_rows",
    "sha256_of",
    "split",
    "times",
]
