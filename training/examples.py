"""The payments of a data set that a training run looks at, in memory: only features that say something."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from training.boosting import Rows
from training.curves import Scored
from training.dataset import Dataset
from training.errors import NotTrainable
from training.segments import amount_bands

COLUMNS: Final = 32
"""Features read at once while looking for those that say something."""

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Examples:
    """`matrix` (n, k) of the features `names`; the other columns as in `training.dataset.Dataset`."""

    names: tuple[str, ...]
    matrix: Floats
    fraud: NDArray[np.bool_]
    weight: Floats
    occurred_at: Indices
    amount: Indices
    segments: dict[str, NDArray[Any]]

    @classmethod
    def of(cls, dataset: Dataset, learned: Indices, wanted: Sequence[str] | None = None) -> "Examples":
        """Of a data set, with the features that vary in the rows `learned`. Raises `NotTrainable`."""
        names = telling(dataset, learned, dataset.manifest.features if wanted is None else wanted)
        segments = dataset.segments | {"amount": amount_bands(dataset.amount)}
        return cls(
            names, dataset.matrix(names), dataset.label == 1, dataset.weight, dataset.occurred_at,
            dataset.amount, segments,
        )  # fmt: skip

    def rows(self, at: Indices) -> Rows:
        """To learn from."""
        return Rows(self.matrix[at], self.fraud[at], self.weight[at])

    def scored(self, at: Indices, score: Floats) -> Scored:
        """To draw and to measure."""
        return Scored(score, self.fraud[at], self.weight[at])


def telling(dataset: Dataset, rows: Indices, names: Sequence[str]) -> tuple[str, ...]:
    """The features with two values or more (unknown is one) in these rows. Raises `NotTrainable`."""
    found: list[str] = []
    for start in range(0, len(names), COLUMNS):
        some = names[start : start + COLUMNS]
        columns = dataset.matrix(some)[rows].T
        found += [name for name, column in zip(some, columns, strict=True) if _varies(column)]
    if not found:
        raise NotTrainable(
            f"none of the {len(names)} features varies among the {len(rows):,} payments to learn from: are "
            "these the vectors of these payments?"
        )
    return tuple(found)


def _varies(column: Floats) -> bool:
    first = column[0]
    same = np.isnan(column) if np.isnan(first) else column == first
    return not bool(same.all())
