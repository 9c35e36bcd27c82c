"""A model as large as the bench asks for: 300 trees of 63 leaves over every feature, all of them used.

It is trained on what the engine would compute for simulated payments, to predict seeded noise: what it says
is worth nothing, what it costs is that of a real model of its size, and every tree grows to full size.
"""

from typing import Any

import lightgbm
import numpy as np

from features.catalogue import CATALOGUE
from features.state import FeatureState
from streams.engine import columns
from streams.sources.simulator import Simulator

TREES = 300
LEAVES = 63
ROWS = 20_000
SEED = 5
ENTITIES = 2_000
START_MS = 1_700_000_000_000
DAY_MS = 86_400_000
PARAMETERS = {
    "objective": "binary",
    "num_leaves": LEAVES,
    "learning_rate": 0.05,
    "min_data_in_leaf": 10,
    "feature_fraction": 0.2,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "seed": SEED,
    "verbose": -1,
}


def vectors(rows: int) -> np.ndarray:
    """Vectors of payments in bursts over a month, of few entities, so that no feature stands still."""
    draws = np.random.default_rng(SEED)
    payments = Simulator(SEED).block(0, rows).payments
    pauses = np.where(
        draws.random(rows) < 0.004, draws.integers(0, DAY_MS, rows), draws.integers(0, 200, rows)
    )
    amounts = np.array([payment.amount for payment in payments], np.int64)
    few = np.maximum(np.ascontiguousarray(columns.entities(payments)) % np.uint64(ENTITIES), 1)
    matrix = np.empty((rows, len(CATALOGUE.names)))
    state = FeatureState.empty(CATALOGUE)
    state.update(START_MS + np.cumsum(pauses), few, amounts, np.ones(rows, np.bool_), matrix)
    return matrix


def train(matrix: np.ndarray) -> lightgbm.Booster:
    """A booster of `TREES` full trees. Deterministic."""
    noise = np.random.default_rng(SEED).random(len(matrix)) < 0.2
    data = lightgbm.Dataset(
        matrix, noise.astype(np.float64), feature_name=list(CATALOGUE.names), params={"verbose": -1}
    )
    return lightgbm.train(PARAMETERS, data, TREES)


def size(booster: lightgbm.Booster) -> dict[str, Any]:
    """Trees, leaves and features used."""
    trees = booster.dump_model()["tree_info"]
    return {
        "trees": len(trees),
        "leaves": float(np.mean([tree["num_leaves"] for tree in trees])),
        "features_used": int(np.count_nonzero(booster.feature_importance())),
        "features": len(CATALOGUE.names),
    }
