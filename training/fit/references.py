"""What a model must beat to be worth its trouble: logistic regression, and LightGBM as it comes.

Logistic regression sees what people would give it: unknown as the median with a column that says so, amounts
and counts on a logarithmic scale, all on one scale (scikit-learn's pipeline). It learns from all frauds and
at most `OTHERS_MAX` others, which weigh the more.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from models.arrays import Floats
from training.fit.boosting import Matrix, TrainingRows

OURS: Final = "this model"
LOGISTIC: Final = "logistic regression"
DEFAULTS: Final = "LightGBM defaults"
PERFECT: Final = "perfect"
OTHERS_MAX: Final = 60_000
ITERATIONS_MAX: Final = 300
STRENGTH: Final = 0.1
"""Inverse of the ridge."""


def logistic_regression(learn: TrainingRows) -> Any:
    """A fitted pipeline; `log_odds` reads it."""
    at, weight = _fewer(learn)
    pipeline = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        FunctionTransformer(_logarithmic),
        StandardScaler(),
        LogisticRegression(C=STRENGTH, max_iter=ITERATIONS_MAX, tol=1e-3),
    )
    return pipeline.fit(learn.matrix[at], learn.fraud[at], logisticregression__sample_weight=weight)


def log_odds(pipeline: Any, matrix: Matrix) -> Floats:
    """Log-odds of fraud by a fitted pipeline."""
    return np.asarray(pipeline.decision_function(matrix), np.float64)


def _fewer(learn: TrainingRows) -> tuple[NDArray[np.int64], Floats]:
    """Rows to learn from, and their weights."""
    weight = np.ones(len(learn.fraud)) if learn.weight is None else learn.weight
    others = np.flatnonzero(~learn.fraud)
    step = max(1, -(-len(others) // OTHERS_MAX))
    at = np.sort(np.concatenate([np.flatnonzero(learn.fraud), others[::step]]))
    return at, weight[at] * np.where(learn.fraud[at], 1.0, step)


def _logarithmic(matrix: Floats) -> Floats:
    return np.asarray(np.sign(matrix) * np.log1p(np.abs(matrix)))
