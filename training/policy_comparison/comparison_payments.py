"""A data set's weeks for comparing policies: vectors by the engine's kernel, a model of the early weeks.

The vectors come from `tollgate features`, so from the kernel the engine runs. In order of time: the first
60 % of the days to learn from, the next 15 % to calibrate on and to tune thresholds with, the rest to compare
on. Between the parts are `GAP_DAYS` unused days, so that every label was known when it was learned
from.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.scoring import micro_probabilities
from models.units import DAY_MS
from training.measures import fit_platt
from training.tree_settings import SENSIBLE

GAP_DAYS: Final = 7
"""The delay of labels in both sets' maps."""

LEARN_SHARE, CALIBRATE_SHARE = 0.60, 0.15
OTHERS_EVERY: Final = 4
"""Of the legitimate payments one in so many is learned from; calibration sees all and puts it right."""

SCOUTED: Final = 60_000
"""Payments on which the telling features are found."""

SCOUTS: Final = 30
TREES: Final = 120
FEATURES_MAX: Final = 48
AMOUNT: Final = "amount_eur_cents"


class SetColumns(NamedTuple):
    """Where a published set keeps what `tollgate features` does not pass on."""

    at: str
    unit: str
    fraud: str


SETS: Final = {
    "sparkov": SetColumns("unix_time", "s", "is_fraud"),
    "handbook": SetColumns("TX_DATETIME", "ms", "TX_FRAUD"),
}


@dataclass(frozen=True)
class ComparisonPayments:
    """Payments to compare policies on, in order of time, shape (n,); `features` by name."""

    day: NDArray[np.int64]
    times: NDArray[np.int64]
    amount: NDArray[np.int64]
    fraud: NDArray[np.bool_]
    probability_micro: NDArray[np.int64]
    features: dict[str, NDArray[np.float64]]

    def where(self, rows: NDArray[np.bool_]) -> "ComparisonPayments":
        """These payments alone."""
        features = {name: column[rows] for name, column in self.features.items()}
        day, times, amount = self.day[rows], self.times[rows], self.amount[rows]
        return ComparisonPayments(
            day, times, amount, self.fraud[rows], self.probability_micro[rows], features
        )


def compute_vectors(payments: Path, name: str, out: Path) -> None:
    """Has `tollgate features` write the set's vectors, unless they are there."""
    if out.exists():
        return
    command = [sys.executable, "-m", "streams.cli", "features", str(payments), "--map", name]
    subprocess.run([*command, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)


def parts(days: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which payments to learn from, to calibrate on and to compare on, by their days in order of time.

    >>> learn, calibrate, compare = parts(np.arange(100))
    >>> [int(part.sum()) for part in (learn, calibrate, compare)], int(np.flatnonzero(compare)[0])
    ([60, 8, 18], 82)
    """
    first, length = int(days.min()), int(days.max()) - int(days.min()) + 1
    ends = first + int(length * LEARN_SHARE), first + int(length * (LEARN_SHARE + CALIBRATE_SHARE))
    calibrate = (days >= ends[0] + GAP_DAYS) & (days < ends[1])
    return days < ends[0], calibrate, days >= ends[1] + GAP_DAYS


def weeks(
    payments: Path, name: str, vectors: Path, wanted: Sequence[str]
) -> tuple[ComparisonPayments, ComparisonPayments, str]:
    """The calibrating and the comparing weeks with their probabilities, and what was done, in words."""
    from pyarrow import parquet

    at, unit, label = SETS[name]
    table = parquet.read_table(payments, columns=[at, label])
    times = table[at].to_numpy().astype(f"datetime64[{unit}]").astype("datetime64[ms]").astype(np.int64)
    fraud, days = table[label].to_numpy() == 1, times // DAY_MS
    learn, calibrate, compare = parts(days)
    rows = np.flatnonzero(learn & (fraud | (np.arange(len(fraud)) % OTHERS_EVERY == 0)))
    telling = _telling(vectors, rows, fraud)
    matrix = _matrix(vectors, telling)
    booster = lightgbm.train(SENSIBLE, _dataset(matrix[rows], fraud[rows], telling), TREES)
    raw = np.asarray(booster.predict(matrix, raw_score=True, num_threads=1))
    micro = micro_probabilities(raw, fit_platt(raw[calibrate], fraud[calibrate]))
    names = [AMOUNT, *wanted]
    features = dict(zip(names, np.ascontiguousarray(_matrix(vectors, names).T), strict=True))
    everything = ComparisonPayments(days, times, features[AMOUNT].astype(np.int64), fraud, micro, features)
    done = (
        f"{len(fraud):,} payments; learned from {len(rows):,} ({int(fraud[rows].sum()):,} frauds, one in "
        f"{OTHERS_EVERY} others), {len(telling)} features, {TREES} trees, one thread"
    )
    return everything.where(calibrate), everything.where(compare), done


def _dataset(matrix: NDArray[Any], fraud: NDArray[np.bool_], names: Sequence[str]) -> lightgbm.Dataset:
    return lightgbm.Dataset(matrix, fraud, feature_name=list(names), free_raw_data=True)


def _telling(vectors: Path, rows: NDArray[np.int64], fraud: NDArray[np.bool_]) -> list[str]:
    """The features that a few trees on some of the rows gain most from."""
    from pyarrow import parquet

    names = [name for name in parquet.read_schema(vectors).names if name != "payment_id"]
    some = rows[:: max(1, len(rows) // SCOUTED)]
    matrix = np.empty((len(some), len(names)), np.float32)
    for start in range(0, len(names), 20):
        matrix[:, start : start + 20] = _matrix(vectors, names[start : start + 20])[some]
    booster = lightgbm.train(SENSIBLE, _dataset(matrix, fraud[some], names), SCOUTS)
    gain = booster.feature_importance("gain")
    best = np.argsort(-gain, kind="stable")[:FEATURES_MAX]
    return [names[at] for at in sorted(best.tolist()) if gain[at] > 0]


def _matrix(vectors: Path, names: Sequence[str]) -> NDArray[np.float64]:
    """These features of all payments, row by row; unknown is NaN."""
    from pyarrow import parquet

    table = parquet.read_table(vectors, columns=list(names))
    matrix = np.empty((table.num_rows, len(names)))
    for at, name in enumerate(names):
        matrix[:, at] = table[name].to_numpy()
    return matrix
