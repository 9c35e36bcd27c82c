"""Settings tried on the weeks to choose by: drawn at random (seeded), the given ones first.

Random draws find what matters with fewer trials than a grid, since only a few of the settings do (Bergstra
and Bengio 2012, JMLR 13). Each trial stops early on those weeks. The best by average precision there wins
where it is significantly better than the given settings.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from models.arrays import Floats
from models.units import DAY_MS, MICRO
from training.fit.boosting import SEED, BoostSettings, TrainingRows, raw_scores
from training.fit.examples import Examples, Indices
from training.fit.growers import LocalGrower, with_trees
from training.measures import DayBlocks, average_precision

SPACE: Final[Mapping[str, Sequence[float]]] = {
    "rate": (0.02, 0.03, 0.05, 0.08),
    "leaves": (7, 11, 15, 23, 31, 47),
    "leaf_rows": (20, 50, 100, 200, 400),
    "max_bin": (63, 127, 255, 511, 1023),
    "feature_share": (0.2, 0.35, 0.5, 0.7, 0.9),
    "l2": (1.0, 5.0, 20.0, 50.0),
    "positive_weight": (1.0, 2.0, 5.0),
    "path_smooth": (0.0, 1.0, 10.0),
    "cat_smooth": (10.0, 50.0, 200.0),
    "cat_l2": (10.0, 50.0),
}
RESAMPLES: Final = 200
CONFIDENCE: Final = 0.9
"""Share of draws of days in which other settings than the given must be better."""

WHOLE: Final = frozenset({"leaves", "leaf_rows", "max_bin"})
CATEGORICAL: Final = frozenset({"cat_smooth", "cat_l2"})
"""Act only where a feature is categorical: else they are not drawn."""

RISES: Final = ("_frauds_learned_", "_frauds_over_", "_frauds_since_", "_fraud_rate_")
FALLS: Final = ("_since_fraud_",)


class TuningTrial(NamedTuple):
    """Settings with their number of trees, whether constrained, the average precision they reached, and the
    raw scores that reached it.
    """

    boost: BoostSettings
    monotone: bool
    precision: float
    raw: Floats

    def row(self) -> dict[str, Any]:
        """For a table."""
        shown = {name: getattr(self.boost, name) for name in ("trees", *SPACE) if name not in CATEGORICAL}
        return {"average precision": self.precision, "monotone": "yes" if self.monotone else "no", **shown}


def monotone_of(names: Sequence[str]) -> dict[str, int]:
    """More known fraud never lowers a score: features that may be constrained so, and which way.

    >>> monotone_of(["card_frauds_learned_lifetime", "card_hours_since_fraud_learned", "amount_log2"])
    {'card_frauds_learned_lifetime': 1, 'card_hours_since_fraud_learned': -1}
    """
    rising = {name: 1 for name in names if any(part in name for part in RISES)}
    return rising | {name: -1 for name in names if any(part in name for part in FALLS)}


def candidates(first: BoostSettings, trials: int) -> Iterator[tuple[BoostSettings, bool]]:
    """The given settings, free and constrained, then draws; `trials` in all."""
    draw = np.random.default_rng(SEED)
    for number in range(trials):
        if number < 2:
            yield first, number == 1
            continue
        drawn = {name: draw.choice(np.asarray(values)).item() for name, values in SPACE.items()}
        whole = {name: int(value) if name in WHOLE else value for name, value in drawn.items()}
        kept = {name: value for name, value in whole.items() if name not in CATEGORICAL}
        yield msgspec.structs.replace(first, **kept), bool(draw.random() < 0.5)


def run_trial(
    examples: Examples, learn: Indices, choose: Indices, boost: BoostSettings, constrained: bool, threads: int
) -> TuningTrial:
    """One trial."""
    monotone = monotone_of(examples.names) if constrained else {}
    booster = LocalGrower(examples, monotone, threads).grow(learn, boost, choose)
    watched = examples.rows(choose)
    raw = raw_scores(booster, watched.matrix)
    precision = average_precision(raw, watched.fraud, watched.weight)
    return TuningTrial(with_trees(boost, booster), constrained, precision, raw)


def clearly_best(raw: Sequence[Floats], held: TrainingRows, times: Indices) -> int:
    """Which of several scores of the same payments to take: the first, or the best of those that beat it in
    `CONFIDENCE` of the draws of days. The best of many tries is partly the luckiest: where frauds are few,
    that is most of it.
    """
    weight = np.ones(len(times)) if held.weight is None else held.weight
    blocks = DayBlocks(times // DAY_MS, RESAMPLES, SEED)
    if blocks.days < 2:
        return 0  # one day says nothing of others
    found = [
        blocks.average_precisions(np.rint(one * MICRO).astype(np.int64), held.fraud, weight) for one in raw
    ]
    (_, first), best = found[0], 0
    for at, (reached, draws) in enumerate(found):
        if reached > found[best][0] and blocks.low(draws - first, CONFIDENCE) > 0:
            best = at
    return best
