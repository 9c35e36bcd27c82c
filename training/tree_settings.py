"""LightGBM settings of the models that ship with Tollgate: the same trees on every machine."""

from typing import Final

SEED: Final = 20_190_101

COMMON: Final = {
    "objective": "binary",
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": SEED,
    "verbosity": -1,
}
SENSIBLE: Final = COMMON | {
    "num_leaves": 31,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.5,
}
