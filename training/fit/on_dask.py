"""The same trees grown on a Dask cluster, where the rows do not fit into one machine.

Each partition is a run of row groups of `dataset.parquet`, which its worker reads itself: the file must be
where every worker finds it under the same path. LightGBM adds up the workers' histograms
(`tree_learner=data`), so the trees differ from one machine's only by where bins are cut and by the order of
sums. Its Dask interface stops nowhere early: how many trees to keep is found afterwards.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import lightgbm
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from training.dataset import ROWS, Dataset
from training.errors import ClusterUnreachable

if TYPE_CHECKING:
    from distributed import Client

WORKERS: Final = 2
REACHED_S: Final = 20
PARTS_A_WORKER: Final = 2
IGNORED: Final = ("num_threads", "deterministic", "force_row_wise", "verbosity")
"""Parameters of one machine that the cluster decides itself."""


@contextmanager
def cluster(address: str = "", workers: int = WORKERS, processes: bool = True) -> Iterator["Client"]:
    """A client of the scheduler at `address`; without one, of `workers` (processes or threads) of its own.
    Raises `ClusterUnreachable`.
    """
    from distributed import Client, LocalCluster

    if address:
        try:
            reached = Client(address, timeout=REACHED_S)
        except (OSError, ValueError) as error:  # timeouts are OSError, another scheme ValueError
            raise ClusterUnreachable(
                f"no Dask scheduler answers at {address}: {error}. Start one (`dask scheduler`), and compare "
                "address and port: tcp://HOST:8786"
            ) from error
        with reached as client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=processes, dashboard_address=None
        ) as local,
        Client(local) as client,
    ):
        yield client


def grow(
    client: "Client",
    dataset: Dataset,
    rows: NDArray[np.int64],
    names: Sequence[str],
    parameters: Mapping[str, Any],
    trees: int,
) -> lightgbm.Booster:
    """Trees from these rows of a data set."""
    from dask import array, delayed

    parts = _parts(dataset, rows, PARTS_A_WORKER * len(client.scheduler_info()["workers"]))
    read = delayed(_read, pure=False)

    def columns(wanted: Sequence[str]) -> Any:
        """A Dask array of these columns, read where it is needed: what is sent are a bit a row."""
        blocks = [
            array.from_delayed(
                read(str(dataset.folder.resolve()), groups, _bits(at), tuple(wanted)),
                (len(at), len(wanted)),
                np.float64,
            )
            for groups, at in parts
        ]
        return array.concatenate(blocks)

    matrix, label, weight = columns(names), columns(["label"])[:, 0], columns(["weight"])[:, 0]
    wanted = {
        name: value for name, value in parameters.items() if name not in IGNORED and name != "objective"
    }
    model = lightgbm.DaskLGBMClassifier(
        client=client, n_estimators=trees, verbosity=-1, objective="binary", importance_type="gain", **wanted
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Parameter n_jobs will be ignored")  # it sets it itself
        model.fit(matrix, label, sample_weight=weight)
    return _renamed(model.to_local().booster_, names)


def _parts(
    dataset: Dataset, rows: NDArray[np.int64], wanted: int
) -> list[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Runs of row groups of about equal size, with the rows wanted of each, counted from its start."""
    metadata = pq.read_metadata(dataset.folder / ROWS)
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    starts = np.append(0, np.cumsum(sizes))
    within = np.searchsorted(rows, starts)
    share = np.minimum(within[:-1] * wanted // max(1, len(rows)), wanted - 1)
    parts = []
    for part in np.unique(share).tolist():
        groups = np.flatnonzero(share == part)
        low, high = within[groups[0]], within[groups[-1] + 1]
        if high > low:
            parts.append((tuple(groups.tolist()), rows[low:high] - starts[groups[0]]))
    return parts


def _bits(rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Rows as bits."""
    wanted = np.zeros(int(rows[-1]) + 1, np.bool_)
    wanted[rows] = True
    return np.packbits(wanted)


def _read(
    folder: str, groups: Sequence[int], bits: NDArray[np.uint8], names: Sequence[str]
) -> NDArray[np.float64]:
    """Runs on a worker: these rows of these row groups."""
    at = np.flatnonzero(np.unpackbits(bits))
    with pq.ParquetFile(Path(folder) / ROWS) as file:
        table = file.read_row_groups(list(groups), list(names))
    return np.column_stack([table[name].to_numpy()[at].astype(np.float64) for name in names])


def _renamed(booster: lightgbm.Booster, names: Sequence[str]) -> lightgbm.Booster:
    """Workers see arrays, which have no names."""
    lines = booster.model_to_string(importance_type="gain").split("\n")
    given = {f"Column_{at}": name for at, name in enumerate(names)}
    for at, line in enumerate(lines):
        if line.startswith("feature_names="):
            lines[at] = "feature_names=" + " ".join(names)
        elif line.split("=")[0] in given:
            name, _, gained = line.partition("=")
            lines[at] = f"{given[name]}={gained}"
    return lightgbm.Booster(model_str="\n".join(lines))
