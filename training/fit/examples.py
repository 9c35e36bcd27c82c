"""The payments of a data set that a training run looks at, in memory: only features that say something."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats
from training.dataset import Dataset
from training.fit.boosting import TrainingRows
from training.fit.informative_features import informative_columns
from training.measures import ScoredExamples, amount_bands

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Examples:
    """`matrix` (n, k) of the features `names`; the other columns as in `training.dataset.dataset.Dataset`."""

    names: tuple[str, ...]
    matrix: Floats
    fraud: NDArray[np.bool_]
    weight: Floats
    occurred_at: Indices
    amount: Indices
    segments: dict[str, NDArray[Any]]

    @classmethod
    def of(cls, dataset: Dataset, learned: Indices, wanted: Sequence[str] | None = None) -> "Examples":
        """Of a data set, with the features that tell something in rows `learned`. Raises `NotTrainable`."""
        wanted = dataset.manifest.features if wanted is None else wanted
        names = tuple(wanted[at] for at in informative_columns(len(wanted), dataset.vectors(learned, wanted)))
        segments = dataset.segments | {"amount": amount_bands(dataset.amount)}
        return cls(
            names, dataset.matrix(names), dataset.label == 1, dataset.weight, dataset.occurred_at,
            dataset.amount, segments,
        )  # fmt: skip

    def rows(self, rows: Indices) -> TrainingRows:
        """To learn from."""
        return TrainingRows(self.matrix[rows], self.fraud[rows], self.weight[rows])

    def scored(self, rows: Indices, score: Floats) -> ScoredExamples:
        """To draw and to measure."""
        return ScoredExamples(score, self.fraud[rows], self.weight[rows])
