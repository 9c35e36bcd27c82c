"""Fewer negatives to learn from, and more of those that only the random draw let through.

Invariants
- Who stays depends on a keyed hash of the payment alone: not on order, range or what else is in the data set.
- Every fraud stays, and so does every row from `whole_from` on. The rate is recorded, and probabilities that
  are learned from the sample are put right by it (`training.measures.platt_scaling.prior_shift_of`).
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from models.cohort_draw import draw_seed, in_share
from models.units import MICRO
from training.dataset.history import column
from training.dataset.labels import FRAUD
from training.dataset.settings import DatasetSettings

PURPOSE = "dataset"


def payment_keys(attempts: pa.Table) -> NDArray[np.uint64]:
    """64 bits for each payment; its attempts have the same, so they stay or go together."""
    pairs = zip(attempts["merchant_account"].to_pylist(), attempts["payment_id"].to_pylist(), strict=True)
    digest = xxhash.xxh3_64_intdigest
    return np.array([digest(f"{len(a)}|{a}|{p}".encode()) for a, p in pairs], np.uint64)


def stays(attempts: pa.Table, label: NDArray[np.int8], settings: DatasetSettings) -> NDArray[np.bool_]:
    """Which attempts the data set keeps."""
    if settings.negatives >= 1.0:
        return np.ones(len(label), np.bool_)
    kept: NDArray[np.bool_] = (label == FRAUD) | (column(attempts, "occurred_at") >= settings.whole_from)
    open_rows = np.flatnonzero(~kept)
    seed, share = draw_seed(PURPOSE, settings.salt), round(settings.negatives * MICRO)
    kept[open_rows] = in_share(payment_keys(attempts.take(open_rows)), seed, share)
    return kept


class HoldoutWeights(NamedTuple):
    """Of n attempts: the factor, and where it was cut at the most that is allowed."""

    factor: NDArray[np.float64]
    cut: NDArray[np.bool_]


def holdout_weights(attempts: pa.Table, most: float) -> HoldoutWeights:
    """One over the propensity for payments that the random draw approved (Horvitz and Thompson 1952), so that
    they stand for those like them that were not approved. Cut at `most`: a bias, stated, for less variance.
    """
    propensity = column(attempts, "propensity")
    let_through = column(attempts, "holdout") & (propensity > 0)
    wanted = np.divide(1.0, propensity, out=np.ones(len(propensity)), where=let_through)
    return HoldoutWeights(np.minimum(wanted, most), np.asarray(wanted > most, np.bool_))
