"""How hard the simulated world is: what perfect knowledge reaches, the payment alone, all features.

    python -m learning.world_figures [--seed 1 --seed 2] [--per-day 2000] [--days 160]

A positive is a captured payment that was reported with a fraud code; a negative one that never was. Declined
and voided payments have no label. The perfect scorer knows scenario, payer and shop, and yet neither which
frauds are reported nor which honest customers will deny their own payment. Each model is LightGBM with the
same settings; it learns labels as they were known at its date and is judged on the same last weeks. Vectors
come from the engine's own kernel (`streams.sources.vectors.feature_history`).
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import lightgbm
import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import average_precision_score, roc_auc_score

from features.catalogue import ATTRIBUTES, CATALOGUE
from models.arrays import Bools, Floats, Int64s
from models.units import DAY_MS
from simulation.world import World
from streams.sources.files import LabelFile, load
from streams.sources.traffic import write_world
from streams.sources.vectors import FeatureHistory, VectorSource, reference_tables

START_MS: Final = 1_735_689_600_000
TEST_DAYS: Final = 35
"""The last days of the world: what everything is judged on."""

GAP_DAYS: Final = 14
"""Between the last payment that is learned from and the day on which labels are looked at."""

TRAIN_DAYS: Final = 60
OLD_DAYS: Final = 60
"""How many days earlier the old model's weeks are."""

ALERTS: Final = 0.01
ROUNDS: Final = 300
SETTINGS: Final = {
    "objective": "binary", "num_leaves": 15, "learning_rate": 0.03, "min_data_in_leaf": 30, "lambda_l2": 5.0,
    "feature_fraction": 0.4, "bagging_fraction": 0.8, "bagging_freq": 1, "num_threads": 1, "seed": 1,
    "deterministic": True, "force_row_wise": True, "verbosity": -1,
}  # fmt: skip
ROW_ONLY: Final = [at for at, name in enumerate(CATALOGUE.names) if name in {a.name for a in ATTRIBUTES}]


@dataclass(frozen=True)
class WorldHistory:
    """n payments of a world. `day`: of the payment; `known_day`: on which it was known to be fraud, or far in
    the future; `usable`: has a label in the end.
    """

    vectors: Floats
    day: Int64s
    known_day: Int64s
    usable: Bools
    probability: Floats
    fraud: Bools

    @property
    def reported(self) -> Bools:
        """Which became known as fraud."""
        return self.known_day < NEVER_DAY


NEVER_DAY: Final = 1 << 40


@dataclass(frozen=True)
class ScorerFigures:
    """One scorer on the test weeks."""

    name: str
    auc: float
    ap: float
    recall: float


def simulated_history(world: World, folder: Path) -> WorldHistory:
    """The payments of a world with their vectors, through files as everybody reads them."""
    files = [folder / f"{name}.parquet" for name in ("payments", "labels", "truth")]
    write_world(world, files[0], files[1], files[2])
    labels = LabelFile.read(files[1], None)
    blocks = FeatureHistory(
        VectorSource(files[0], load("world"), labels=labels), CATALOGUE, reference_tables()
    )
    vectors = np.concatenate([block.vectors.astype(np.float32) for block in blocks])
    paid, truth = (pq.read_table(file).to_pydict() for file in (files[0], files[2]))
    known, usable = _known(pq.read_table(files[1]).to_pydict())
    return WorldHistory(
        vectors,
        (np.array(paid["occurred_at"]) - world.start_ms) // DAY_MS,
        np.array([(known[one] - world.start_ms) // DAY_MS if one in known else NEVER_DAY
                  for one in paid["payment_id"]]),
        np.array([one in usable for one in paid["payment_id"]]),
        np.array(truth["probability"]), np.array(truth["fraud"]),
    )  # fmt: skip


def _known(labels: dict[str, list[Any]]) -> tuple[dict[str, int], set[str]]:
    """When each fraud was first known, and which payments have a label that says fraud or legitimate."""
    rows = list(zip(labels["payment_id"], labels["label"], labels["known_at"], strict=True))
    latest_first = sorted((row for row in rows if row[1] == "fraud"), key=lambda row: -row[2])
    first_known = {payment_id: known_at for payment_id, _, known_at in latest_first}
    return first_known, {payment_id for payment_id, label, _ in rows if label in ("fraud", "legitimate")}


def scores(history: WorldHistory, days: int) -> Iterator[ScorerFigures]:
    """The perfect scorer, the payment alone, all features, and all features learned long before."""
    test_from = days - TEST_DAYS
    test = history.usable & (history.day >= test_from)
    yield _score("perfect knowledge", history, test, history.probability[test])
    everything = list(range(history.vectors.shape[1]))
    for name, columns, as_of in (
        ("the payment alone", ROW_ONLY, test_from),
        ("all features", everything, test_from),
        (f"all features, {OLD_DAYS} days older", everything, test_from - OLD_DAYS),
    ):
        booster = _trained(history, columns, as_of)
        yield _score(name, history, test, booster.predict(history.vectors[test][:, columns]))


def _trained(history: WorldHistory, columns: Sequence[int], as_of: int) -> Any:
    """A model of the weeks before `as_of`, by what was known then."""
    until = as_of - GAP_DAYS
    rows = history.usable & (history.day >= until - TRAIN_DAYS) & (history.day < until)
    labels = (history.known_day[rows] < as_of).astype(np.float64)
    data = lightgbm.Dataset(history.vectors[rows][:, columns], labels)
    return lightgbm.train(SETTINGS, data, ROUNDS)


def _score(name: str, history: WorldHistory, test: Bools, scored: Floats) -> ScorerFigures:
    fraud = history.reported[test]
    alerts = np.argsort(-scored, kind="stable")[: round(ALERTS * len(scored))]
    return ScorerFigures(
        name, float(roc_auc_score(fraud, scored)), float(average_precision_score(fraud, scored)),
        float(fraud[alerts].sum() / fraud.sum()),
    )  # fmt: skip


@click.command()
@click.option("--seed", "seeds", type=int, multiple=True, default=(1, 2), show_default=True)
@click.option("--per-day", type=int, default=2000, show_default=True)
@click.option(
    "--days", type=click.IntRange(TEST_DAYS + OLD_DAYS + GAP_DAYS + 30), default=180, show_default=True
)
def main(seeds: tuple[int, ...], per_day: int, days: int) -> None:
    """Print how hard worlds of these seeds are."""
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            history = simulated_history(World(seed, START_MS, per_day=per_day, days=days), Path(folder))
        test = history.day >= days - TEST_DAYS
        click.echo(
            f"seed {seed}, {per_day} a day, {days} days: {history.fraud.mean():.2%} of {len(history.day):,} "
            f"payments are fraud; test weeks: {int((test & history.usable).sum()):,} labelled, "
            f"{int((test & history.usable & history.reported).sum())} reported as fraud"
        )
        click.echo(f"{'':<34}{'ROC AUC':>9}{'AP':>8}{'recall at 1 % alerts':>23}")
        for one in scores(history, days):
            click.echo(f"{one.name:<34}{one.auc:9.3f}{one.ap:8.3f}{one.recall:23.3f}")


if __name__ == "__main__":
    main()
