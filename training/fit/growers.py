"""Where trees are grown: on this machine, or on a Dask cluster. Both give the same kind of booster."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

import lightgbm
import msgspec
import numpy as np
from numpy.typing import NDArray

from training.dataset import Dataset
from training.fit.boosting import BoostSettings, grow_trees
from training.fit.examples import Examples
from training.measures import average_precision

if TYPE_CHECKING:
    from distributed import Client

EVERY: Final = 5
"""Trees between two looks at the average precision, where nothing stops early."""

Indices = NDArray[np.int64]


class Grower(Protocol):
    """Grows trees on rows of a data set."""

    def grow(
        self, rows: Indices, settings: BoostSettings, stop_on: Indices | None = None
    ) -> lightgbm.Booster:
        """With `stop_on`, as many trees as are best there; else all that the settings say."""
        ...


@dataclass(frozen=True)
class LocalGrower:
    """On this machine; one thread gives the same bytes every time."""

    examples: Examples
    monotone: Mapping[str, int]
    threads: int = 1

    def grow(
        self, rows: Indices, settings: BoostSettings, stop_on: Indices | None = None
    ) -> lightgbm.Booster:
        """See `Grower`."""
        watched = None if stop_on is None else self.examples.rows(stop_on)
        return grow_trees(
            self.examples.rows(rows), self.examples.names, settings, stop_on=watched,
            monotone=self.monotone, threads=self.threads,
        )  # fmt: skip


@dataclass(frozen=True)
class DaskGrower:
    """On the workers of a Dask cluster."""

    client: "Client"
    dataset: Dataset
    examples: Examples
    monotone: Mapping[str, int]

    def grow(
        self, rows: Indices, settings: BoostSettings, stop_on: Indices | None = None
    ) -> lightgbm.Booster:
        """See `Grower`. All trees are grown; those after the best number are cut off."""
        from training.fit.on_dask import grow

        names = self.examples.names
        constraints = [self.monotone.get(name, 0) for name in names]
        parameters = settings.parameters()
        parameters |= {"monotone_constraints": constraints} if any(constraints) else {}
        booster = grow(self.client, self.dataset, rows, names, parameters, settings.trees)
        if stop_on is None:
            return booster
        best = _best_number(booster, self.examples, stop_on)
        return lightgbm.Booster(model_str=booster.model_to_string(num_iteration=best))


def _best_number(booster: lightgbm.Booster, examples: Examples, rows: Indices) -> int:
    """How many trees have the highest average precision in these rows."""
    matrix, fraud, weight = examples.rows(rows)
    score, best, best_number = np.zeros(len(fraud)), -1.0, 1
    for start in range(0, booster.num_trees(), EVERY):
        score += booster.predict(
            matrix, raw_score=True, start_iteration=start, num_iteration=EVERY, num_threads=1
        )
        found = average_precision(score, fraud, weight)
        if found > best:
            best, best_number = found, min(start + EVERY, booster.num_trees())
    return best_number


def with_trees(settings: BoostSettings, booster: lightgbm.Booster) -> BoostSettings:
    """The same settings with as many trees as were best."""
    best = booster.best_iteration if booster.best_iteration > 0 else booster.num_trees()
    return msgspec.structs.replace(settings, trees=best)


def unconstrained(grower: "LocalGrower") -> "LocalGrower":
    """The same without monotone constraints: how a reference grows."""
    return replace(grower, monotone={})
