"""How long training takes: a million payments of 200 features, on this machine's cores and on a Dask cluster.

    python -m bench.training [--rows 1000000] [--columns 200] [--trees 200] [--json]

The rows are drawn (seeded): most columns are like the counts and sums of fraud features, a fifth is often
unknown, fraud (1 %) depends on a dozen of them and on chance. Timed is what `tollgate train` does with them:
bins, then trees, on two threads of one process; then the same trees on a local Dask cluster of two workers of
one thread, which read the data set's file themselves. Reading and starting the cluster are said apart.
"""

import os
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa

from bench.place import announce
from training.dataset.dataset import Dataset, build_dataset
from training.dataset.history import ATTEMPTS, EVIDENCE, PARKED
from training.dataset.settings import DatasetSettings

SEED = 20_190_101
THREADS = 2
BLOCK = 50_000
TELLING = 12
LEAVES, RATE, BINS = 31, 0.05, 255
START = 1_700_000_000_000


class Drawn:
    """A history of drawn vectors, a block at a time (see `training.dataset.history.PaymentHistory`)."""

    extra_names = ()
    catalogue_hash = "bench"

    def __init__(self, rows: int, columns: int) -> None:
        draw = np.random.default_rng(SEED)
        self.names = tuple(f"feature_{at:03d}" for at in range(columns))
        self.inputs = {"seed": str(SEED)}
        self._chance = draw.gumbel(size=rows)
        self._columns = columns
        score = np.concatenate([self._telling(at, min(at + BLOCK, rows)) for at in range(0, rows, BLOCK)])
        total = score + 1.5 * self._chance
        fraud = total > np.quantile(total, 0.99)
        self.attempts = _attempts(rows)
        self.evidence = _evidence(fraud)
        self.parked = PARKED.empty_table()

    def block(self, start: int, end: int) -> np.ndarray:
        """The vectors of rows `[start, end)`: the same whenever they are asked for."""
        draw = np.random.default_rng((SEED, start))
        matrix = np.round(draw.gamma(0.7, 4.0, (end - start, self._columns)), 1)
        unknown = draw.random((end - start, self._columns // 5)) < 0.4
        matrix[:, : self._columns // 5][unknown] = np.nan
        return matrix

    def vectors(self, rows: np.ndarray) -> Any:
        for start in range(0, len(rows), BLOCK):
            yield self.block(start, min(start + BLOCK, len(rows)))

    def _telling(self, start: int, end: int) -> np.ndarray:
        matrix = np.nan_to_num(self.block(start, end)[:, :: max(1, self._columns // TELLING)])
        return np.log1p(matrix).sum(axis=1) + (matrix[:, 0] > 6) * (matrix[:, 1] > 3)


def _attempts(rows: int) -> pa.Table:
    never, one = np.full(rows, 2**63 - 1), np.ones(rows)
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), ["bench"]).cast(pa.string())
    own: dict[str, Any] = {
        "payment_id": pa.array(np.arange(rows)).cast(pa.string()), "attempt": pa.array(one.astype(np.int64)),
        "occurred_at": pa.array(START + 1_000 * np.arange(rows)), "amount": pa.array(np.full(rows, 5_000)),
        "passed": pa.array(one.astype(np.bool_)), "propensity": pa.array(one),
        "holdout": pa.array(np.zeros(rows, np.bool_)),
    }  # fmt: skip
    times = dict.fromkeys(("captured_at", "stopped_at", "refunded_at"), pa.array(never))
    columns = own | times
    return pa.table([columns.get(name, text) for name in ATTEMPTS.names], schema=ATTEMPTS)


def _evidence(fraud: np.ndarray) -> pa.Table:
    rows = len(fraud)
    text = pa.array(["bench"] * rows, pa.string())
    own: dict[str, Any] = {
        "row": pa.array(np.arange(rows)), "attempt": pa.array(np.ones(rows, np.int64)),
        "label": pa.array(np.where(fraud, "fraud", "legitimate")),
        "known_at": pa.array(START + 1_000 * np.arange(rows)), "final": pa.array(np.ones(rows, np.bool_)),
        "weight": pa.array(np.ones(rows)),
    }  # fmt: skip
    return pa.table([own.get(name, text) for name in EVIDENCE.names], schema=EVIDENCE)


def parameters() -> dict[str, Any]:
    """What is grown."""
    return {
        "objective": "binary", "num_leaves": LEAVES, "learning_rate": RATE, "max_bin": BINS, "seed": SEED,
        "num_threads": THREADS, "verbosity": -1, "force_row_wise": True, "deterministic": True,
    }  # fmt: skip


def here(dataset: Dataset, trees: int) -> dict[str, Any]:
    """On threads of this process."""
    import lightgbm

    started = time.perf_counter()
    matrix, label = dataset.matrix(dataset.names), dataset.label
    read = time.perf_counter() - started
    started, before = time.perf_counter(), time.process_time()
    columns = lightgbm.Dataset(matrix, label, params=parameters()).construct()
    binned = time.perf_counter() - started
    lightgbm.train(parameters(), columns, trees)
    return {
        "read_s": read, "bins_s": binned, "wall_s": time.perf_counter() - started,
        "cpu_s": time.process_time() - before,
    }  # fmt: skip


def on_dask(dataset: Dataset, trees: int) -> dict[str, Any]:
    """On two workers; CPU is that of the children, reading included."""
    from training.fit.on_dask import cluster, grow

    rows, started = np.arange(len(dataset)), time.perf_counter()
    with cluster(workers=THREADS) as client:
        up = time.perf_counter() - started
        started = time.perf_counter()
        booster = grow(client, dataset, rows, dataset.names, parameters(), trees)
        wall = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime
    return {"start_s": up, "wall_s": wall, "cpu_s": cpu, "trees": booster.num_trees()}


@click.command()
@click.option("--rows", default=1_000_000, show_default=True)
@click.option("--columns", default=200, show_default=True)
@click.option("--trees", default=200, show_default=True)
@click.option("--dask/--no-dask", default=True, show_default=True)
def main(rows: int, columns: int, trees: int, dask: bool) -> None:
    """Measure training; the last line is the figures as one JSON object."""
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as name:
        settings = DatasetSettings(as_of=START + 1_000 * rows, silence="never")
        dataset = build_dataset(Drawn(rows, columns), settings, Path(name))
        found = {
            "rows": rows, "columns": columns, "trees": trees, "leaves": LEAVES, "cores": os.cpu_count(),
            "load_average": os.getloadavg()[0], "here": here(dataset, trees),
        }  # fmt: skip
        if dask:
            found["dask"] = on_dask(dataset, trees)
    announce(found)


if __name__ == "__main__":
    main()
