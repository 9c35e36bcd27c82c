"""Boosted trees by LightGBM: settings, and a fit that gives the same bytes for the same rows.

One thread, seeded, `deterministic`: LightGBM's sums of floats depend on how rows are dealt out to threads.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import lightgbm
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.arrays import Bools, Floats

Matrix = NDArray[np.float64] | NDArray[np.float32]

SEED: Final = 20_190_101


class BoostSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What is chosen about the trees. The defaults suit rare positives and a few hundred features.

    `rate` is the learning rate, `trees` how many there are at most (early stopping may leave fewer),
    `leaf_rows` the least payments in a leaf, `feature_share` the features a tree looks at, `row_share` the
    payments, `l2` the ridge on a leaf's value, `positive_weight` how much a fraud weighs more than its weight
    (probabilities are corrected by calibration), `cat_smooth` and `cat_l2` act on categorical features only.
    """

    rate: float = 0.03
    trees: int = 400
    leaves: int = 15
    leaf_rows: int = 50
    max_bin: int = 255
    feature_share: float = 0.5
    row_share: float = 1.0
    l2: float = 1.0
    positive_weight: float = 1.0
    path_smooth: float = 0.0
    cat_smooth: float = 10.0
    cat_l2: float = 10.0
    seed: int = SEED

    def parameters(self) -> dict[str, Any]:
        """LightGBM's own names for them."""
        return {
            "objective": "binary",
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
            "seed": self.seed,
            "learning_rate": self.rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.leaf_rows,
            "min_sum_hessian_in_leaf": 1e-3,
            "max_bin": self.max_bin,
            "feature_fraction": self.feature_share,
            "bagging_fraction": self.row_share,
            "bagging_freq": 1 if self.row_share < 1 else 0,
            "lambda_l2": self.l2,
            "scale_pos_weight": self.positive_weight,
            "path_smooth": self.path_smooth,
            "cat_smooth": self.cat_smooth,
            "cat_l2": self.cat_l2,
        }


LIGHTGBM_DEFAULTS: Final = BoostSettings(
    rate=0.1, trees=100, leaves=31, leaf_rows=20, feature_share=1.0, l2=0.0
)
"""LightGBM's own defaults: a reference, not a proposal."""


class TrainingRows(NamedTuple):
    """Payments to learn from or to stop by: vectors (n, k), whether each was fraud, weights (n)."""

    matrix: Matrix
    fraud: Bools
    weight: Floats | None = None


def grow_trees(
    learn: TrainingRows,
    names: Sequence[str],
    settings: BoostSettings,
    *,
    stop_on: TrainingRows | None = None,
    patience: int = 50,
    monotone: Mapping[str, int] | None = None,
    threads: int = 1,
) -> lightgbm.Booster:
    """Trees on `learn`. With `stop_on`, as many as are best by average precision there, then by log loss;
    `patience` is how many trees in vain end the search. `monotone` says of a feature that more of it never
    lowers (1) or never raises (-1) the score. Other than one thread is quicker and not repeatable.
    """
    parameters = settings.parameters() | {"num_threads": threads, "deterministic": threads == 1}
    if monotone:
        parameters["monotone_constraints"] = [monotone.get(name, 0) for name in names]
    columns = _columns(learn, names, parameters)
    if stop_on is None:
        return lightgbm.train(parameters, columns, settings.trees)
    held = lightgbm.Dataset(stop_on.matrix, stop_on.fraud, weight=stop_on.weight, reference=columns)
    return lightgbm.train(
        parameters | {"metric": ["average_precision", "binary_logloss"], "first_metric_only": True},
        columns,
        settings.trees,
        valid_sets=[held],
        callbacks=[lightgbm.early_stopping(patience, first_metric_only=True, verbose=False)],
    )


def _columns(rows: TrainingRows, names: Sequence[str], parameters: Mapping[str, Any]) -> lightgbm.Dataset:
    return lightgbm.Dataset(
        rows.matrix, rows.fraud, weight=rows.weight, feature_name=list(names), params=dict(parameters),
        free_raw_data=True,
    )  # fmt: skip


def raw_scores(booster: lightgbm.Booster, matrix: Matrix) -> Floats:
    """Log-odds before calibration, on one thread, by the best number of trees."""
    return np.asarray(booster.predict(matrix, raw_score=True, num_threads=1))
