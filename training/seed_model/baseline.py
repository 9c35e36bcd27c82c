"""The baseline model: LightGBM on simulated traffic, through the very kernel the engine runs.

    python -m training.seed_model.baseline --out models/data/seed_model.json
    python -m training.seed_model.baseline --bench --out FILE

Seeded, one thread, byte for byte the same in the same environment. The traffic comes at several rates, so
that the model does not learn one rate's velocities; of each run the last 15 % measure and the 15 % before
them calibrate (Platt on the raw score). `--bench` makes the model for measuring speed: 300 trees of 63
leaves, all full, every feature used; it is good for nothing else.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import lightgbm
import msgspec
import numpy as np
from numpy.typing import NDArray

from features.catalogue import CATALOGUE
from features.ingest import Ingest
from models.reference import REFERENCE_TABLES
from models.scoring import Platt
from models.seed import seed_tables
from training.fit import artefact_document
from training.measures import fit_platt, roc_auc
from training.seed_model.history import SimulatedHistory, simulated_history
from training.tree_settings import COMMON, SEED, SENSIBLE

RATES: Final = (0.05, 5.0, 100.0, 1000.0)
"""Payments a second of the runs: from two weeks of a small shop to a minute of a large one."""

PAYMENTS: Final = 60_000
"""Payments of each run."""

BATCH: Final = 2_000
ROUNDS_MAX: Final = 12
FEATURES_MAX: Final = 48
"""Features of the seed model: what it gains from, not everything there is."""

SCOUTS: Final = 30
"""Trees that are grown to find them."""

SAYS_SOMETHING: Final = 0.01
"""Share of payments in which a feature must have another than its usual value to be worth a split."""

BENCH: Final = COMMON | {
    "num_leaves": 63,
    "learning_rate": 0.05,
    "min_data_in_leaf": 5,
    "min_sum_hessian_in_leaf": 0.0,
    "feature_fraction": 0.2,
    "feature_fraction_bynode": 0.2,
}


class LabelledVectors(NamedTuple):
    """Vectors (n, catalogue) and whether each payment was fraud."""

    matrix: NDArray[np.float64]
    fraud: NDArray[np.bool_]


class VectorSplit(NamedTuple):
    """In time order: to learn from, to calibrate on, to measure with."""

    learn: LabelledVectors
    calibrate: LabelledVectors
    measure: LabelledVectors


def vectors(history: SimulatedHistory) -> NDArray[np.float64]:
    """What the engine would have seen: each payment's features before it enters the windows."""
    tables = {name: REFERENCE_TABLES[name].load(blob) for name, blob in seed_tables().items()}
    ingest = Ingest(CATALOGUE)
    blocks = []
    for start in range(0, len(history.messages), BATCH):
        messages, times = history.messages[start : start + BATCH], history.times[start : start + BATCH]
        blocks.append(ingest.run(messages, times, np.ones(len(messages), np.bool_), tables).vectors)
    return np.concatenate(blocks)


def dataset(seed: int, count: int) -> VectorSplit:
    """Runs of `count` payments at each rate, each split by time. Every other run is without outcomes: not
    every installation has them."""
    histories = [
        simulated_history(seed + i, count, rate, outcomes=i % 2 == 0) for i, rate in enumerate(RATES)
    ]
    matrices = [vectors(history) for history in histories]
    cuts = [int(0.70 * count), int(0.85 * count), count]
    parts, start = [], 0
    for end in cuts:
        matrix = np.concatenate([matrix[start:end] for matrix in matrices])
        parts.append(
            LabelledVectors(matrix, np.concatenate([history.fraud[start:end] for history in histories]))
        )
        start = end
    return VectorSplit(*parts)


def columns_of(data: LabelledVectors, names: Sequence[str]) -> LabelledVectors:
    """The columns of these names."""
    places = [CATALOGUE.names.index(name) for name in names]
    return LabelledVectors(np.ascontiguousarray(data.matrix[:, places]), data.fraud)


def telling(data: LabelledVectors) -> tuple[str, ...]:
    """The features that a small model gains most from, in the catalogue's order."""
    booster = train(data, CATALOGUE.names, SENSIBLE | {"feature_fraction": 1.0}, SCOUTS)
    gain = booster.feature_importance("gain")
    best = set(np.argsort(-gain, kind="stable")[:FEATURES_MAX].tolist())
    return tuple(name for at, name in enumerate(CATALOGUE.names) if at in best and gain[at] > 0)


def train(
    data: LabelledVectors, names: Sequence[str], parameters: dict[str, Any], trees: int
) -> lightgbm.Booster:
    """Boosted trees on one thread."""
    columns = lightgbm.Dataset(data.matrix, data.fraud, feature_name=list(names))
    return lightgbm.train(parameters, columns, trees)


def baseline(trees: int = 150, payments: int = PAYMENTS) -> bytes:
    """The seed model's artefact."""
    data = dataset(SEED, payments)
    names = telling(data.learn)
    learn, calibrate, measure = (columns_of(part, names) for part in data)
    booster = train(learn, names, SENSIBLE, trees)
    calibration = fit_platt(_raw(booster, calibrate), calibrate.fraud)
    trained = {
        "by": "training.seed_model.baseline",
        "traffic": f"simulated, seed {SEED}, {payments} payments at each of {RATES} a second",
        "fraud_share": round(float(learn.fraud.mean()), 5),
        "measured_roc_auc": round(roc_auc(_raw(booster, measure), measure.fraud), 4),
    }
    return artefact_document(_text(booster), names, CATALOGUE.schema_hash, calibration, trained)


def bench(trees: int = 300, payments: int = PAYMENTS) -> bytes:
    """A model as heavy as a real one: every tree full, every feature used. Half the labels are noise;
    features that this traffic says nothing of, or nothing that others do not say, are drawn."""
    learn = dataset(SEED, payments).learn
    draw = np.random.default_rng(SEED)
    noisy = np.where(draw.random(len(learn.fraud)) < 0.5, draw.random(len(learn.fraud)) < 0.5, learn.fraud)
    for column in learn.matrix.T:
        values, counts = np.unique(column[~np.isnan(column)], return_counts=True)
        if len(values) < 3 or counts.max() > (1 - SAYS_SOMETHING) * len(column):
            column[:] = _drawn(draw, noisy)
    for _ in range(ROUNDS_MAX):
        booster = train(LabelledVectors(learn.matrix, noisy), CATALOGUE.names, BENCH, trees)
        unused = np.flatnonzero(booster.feature_importance() == 0).tolist()
        if not unused:
            about = {"by": "training.seed_model.baseline", "for": "measuring speed only"}
            names, plain = CATALOGUE.names, Platt(a=1.0, b=0.0)
            return artefact_document(_text(booster), names, CATALOGUE.schema_hash, plain, about)
        for at in unused:
            learn.matrix[:, at] = _drawn(draw, noisy)
    raise ValueError(f"the bench model does not use {[CATALOGUE.names[at] for at in unused]}")


def _drawn(draw: np.random.Generator, fraud: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Chance, and a little of what is to be learned."""
    return np.round(8 * draw.random(len(fraud)) + fraud)


def _text(booster: lightgbm.Booster) -> str:
    return str(booster.model_to_string(importance_type="gain"))


def _raw(booster: lightgbm.Booster, data: LabelledVectors) -> NDArray[np.float64]:
    return np.asarray(booster.predict(data.matrix, raw_score=True, num_threads=1))


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write.")
@click.option("--trees", type=click.IntRange(1, 2000), default=None, help="Trees; 150, or 300 with --bench.")
@click.option(
    "--bench", "for_bench", is_flag=True, help="300 full trees of 63 leaves, to measure speed with."
)
def main(out: Path, trees: int | None, for_bench: bool) -> None:
    """Train the baseline model and write its artefact."""
    blob = bench(trees or 300) if for_bench else baseline(trees or 150)
    out.write_bytes(blob)
    trained = msgspec.json.decode(blob)["trained"]
    click.echo(f"{out}: {len(blob):,} bytes, {msgspec.json.encode(trained).decode()}")


if __name__ == "__main__":
    main()
