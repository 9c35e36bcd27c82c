"""A data set: vectors with labels as known on a day, in a folder of `dataset.parquet`, `manifest.json` and
`parked.parquet`.

Invariants
- As-of correct: nothing that was learned after `as_of` changes a row. Vectors are so by construction: they
  were logged, or computed, before their payment's outcome.
- The same inputs and settings give the same bytes.
- Nothing is lost: what took no part is in `parked.parquet` with its reason, and is counted.
- The manifest is written last; `load` refuses a folder whose rows are not those it speaks of.
"""

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from storage import StagedFile
from training.dataset.file import FACT_NAMES, TEXTS, DatasetFile
from training.dataset.history import PaymentHistory, column
from training.dataset.labels import FRAUD, LEGITIMATE, DatasetLabels, labels_at, maturity_curve
from training.dataset.manifest import NAME as MANIFEST
from training.dataset.manifest import DatasetManifest, HoldoutCounts, SamplingCounts, sha256_of
from training.dataset.sampling import HoldoutWeights, holdout_weights, stays
from training.dataset.settings import DatasetSettings
from training.errors import DatasetDamaged, DatasetError

ROWS: Final = "dataset.parquet"
PARKED: Final = "parked.parquet"
Progress = Callable[[int, int], None]
"""Called with the rows written and the rows there will be."""


@dataclass(frozen=True)
class Dataset:
    """A data set on disk, its rows in time order. Columns are read when asked for."""

    folder: Path
    manifest: DatasetManifest

    @classmethod
    def load(cls, folder: Path) -> "Dataset":
        """Raises `DatasetError` where there is none, `DatasetDamaged` where it is not what was made."""
        manifest = DatasetManifest.read(folder)
        path = folder / ROWS
        if not path.is_file():
            raise DatasetDamaged(f"{path} is missing: rebuild the data set")
        if (found := sha256_of(path)) != manifest.sha256:
            raise DatasetDamaged(
                f"{path} was changed since it was made: its sha256 is {found[:16]}..., the manifest says "
                f"{manifest.sha256[:16]}...; rebuild the data set"
            )
        return cls(folder, manifest)

    @property
    def names(self) -> tuple[str, ...]:
        """Features, in the catalogue's order; joined ones last."""
        return self.manifest.features + self.manifest.extra_features

    @cached_property
    def facts(self) -> pa.Table:
        """Everything but the features."""
        return pq.read_table(self.folder / ROWS, columns=list(FACT_NAMES))

    @cached_property
    def label(self) -> NDArray[np.int8]:
        """1 fraud, 0 legitimate, -1 none."""
        return column(self.facts, "label")

    @cached_property
    def weight(self) -> NDArray[np.float64]:
        """Weight of each row as an example; 0 without a label."""
        return column(self.facts, "weight")

    @cached_property
    def occurred_at(self) -> NDArray[np.int64]:
        """Engine time, UTC ms, ascending."""
        return column(self.facts, "occurred_at")

    @cached_property
    def amount(self) -> NDArray[np.int64]:
        """EUR cents."""
        return column(self.facts, "amount")

    @cached_property
    def known_at(self) -> NDArray[np.int64]:
        """When the label was known, UTC ms; -1 where there is none, or it is by silence."""
        return column(self.facts, "known_at")

    @cached_property
    def segments(self) -> dict[str, NDArray[Any]]:
        """Words to split by; None where unknown."""
        return {name: column(self.facts, name) for name in TEXTS}

    def __len__(self) -> int:
        return int(pq.read_metadata(self.folder / ROWS).num_rows)

    def matrix(self, names: Sequence[str]) -> NDArray[np.float64]:
        """These features, shape (n, k). Raises `DatasetError` for one the data set lacks."""
        out = np.empty((len(self), len(names)))
        start = 0
        for block in self.vectors(np.arange(len(out)), names):
            out[start : start + len(block)] = block
            start += len(block)
        return out

    def vectors(self, rows: NDArray[np.int64], names: Sequence[str]) -> Iterator[NDArray[np.float64]]:
        """These features of these rows (ascending), a row group at a time. Raises `DatasetError`."""
        self._check(names)
        with pq.ParquetFile(self.folder / ROWS) as file:
            start = 0
            for group in range(file.metadata.num_row_groups):
                end = start + file.metadata.row_group(group).num_rows
                low, high = np.searchsorted(rows, (start, end))
                if high > low:
                    read, at = file.read_row_group(group, list(names)), rows[low:high] - start
                    yield np.column_stack([column(read, name)[at] for name in names])
                start = end

    def _check(self, names: Sequence[str]) -> None:
        missing = [name for name in names if name not in set(self.names)]
        if missing:
            near = ", ".join(difflib.get_close_matches(missing[0], self.names, 3))
            raise DatasetError(
                f"the data set in {self.folder} lacks {len(missing)} of {len(names)} features: "
                f"{', '.join(missing[:5])}{f' (closest: {near})' if near else ''}; it has those of catalogue "
                f"{self.manifest.catalogue_hash}"
            )


def build_dataset(
    history: PaymentHistory, settings: DatasetSettings, out: Path, progress: Progress = lambda *_: None
) -> Dataset:
    """Makes the data set of these payments in the folder `out`. Raises `DatasetError`."""
    attempts = history.attempts
    within = _within(attempts, settings)
    labels = labels_at(attempts, history.evidence, settings)
    weights = holdout_weights(attempts, settings.holdout_weight_max)
    marked = _RowSelection(within, stays(attempts, labels.label, settings), weights)
    out.mkdir(parents=True, exist_ok=True)
    (out / MANIFEST).unlink(missing_ok=True)
    rows = np.flatnonzero(within & marked.kept)
    _write_rows(history, _facts(attempts, labels, weights), rows, out / ROWS, progress)
    parked = pa.concat_tables([history.parked, labels.parked])
    _write_parked(parked, out / PARKED)
    manifest = _manifest(history, settings, marked, labels, parked, sha256_of(out / ROWS))
    manifest.write(out)
    return Dataset(out, manifest)


class _RowSelection(NamedTuple):
    """Of all attempts: those of the time asked for, those that sampling leaves, their weights."""

    within: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    weights: HoldoutWeights


def _within(attempts: pa.Table, settings: DatasetSettings) -> NDArray[np.bool_]:
    times = column(attempts, "occurred_at")
    if not len(times):
        raise DatasetError("there are no payments with vectors: has the engine's archive been written yet?")
    within: NDArray[np.bool_] = (times >= settings.start) & (times < settings.end)
    if not within.any():
        first, last = (np.datetime64(int(times[at]), "ms") for at in (0, -1))
        raise DatasetError(
            f"no payment is between --from and --to: there are payments from {first} to {last} (UTC)"
        )
    return within


def _facts(attempts: pa.Table, labels: DatasetLabels, weights: HoldoutWeights) -> pa.Table:
    own = {
        "label": pa.array(labels.label),
        "weight": pa.array(labels.weight * weights.factor),
        "known_at": pa.array(labels.known_at),
        "source": pa.array(labels.source, pa.string()),
    }
    return pa.table({name: own[name] if name in own else attempts[name] for name in FACT_NAMES})


def _write_rows(
    history: PaymentHistory, facts: pa.Table, rows: NDArray[np.int64], path: Path, progress: Progress
) -> None:
    done = 0
    with DatasetFile(path, list(history.names)) as file:
        for matrix in history.vectors(rows):
            file.add(facts.take(rows[done : done + len(matrix)]), matrix)
            done += len(matrix)
            progress(done, len(rows))
    assert done == len(rows), (done, len(rows))


def _write_parked(parked: pa.Table, path: Path) -> None:
    with StagedFile(path, durable=True) as file:
        pq.write_table(parked.combine_chunks(), file.partial, compression="zstd", store_schema=False)


def _manifest(
    history: PaymentHistory,
    settings: DatasetSettings,
    marked: "_RowSelection",
    labels: DatasetLabels,
    parked: pa.Table,
    sha256: str,
) -> DatasetManifest:
    within, kept, weights = marked.within, marked.kept, marked.weights
    label, shown = labels.label[within], labels.label[within & kept]
    let_through = column(history.attempts, "holdout") & within & (labels.label >= LEGITIMATE)
    return DatasetManifest(
        as_of=settings.as_of, start=settings.start, end=settings.end,
        catalogue_hash=history.catalogue_hash,
        features=tuple(name for name in history.names if name not in history.extra_names),
        extra_features=tuple(history.extra_names),
        rows={name: int((shown == code).sum()) for name, code in _CODES.items()},
        sources=_counts(pa.array(labels.source[within & kept], pa.string())),
        prior=_prior(label, (labels.weight * weights.factor)[within]),
        maturity=maturity_curve(labels.weight_of_silence),
        sampling=SamplingCounts(settings.negatives, settings.whole_from, int((within & ~kept).sum())),
        holdout=HoldoutCounts(
            int(let_through.sum()), int((let_through & weights.cut).sum()), settings.holdout_weight_max
        ),
        evidence={"waiting": labels.waiting, "replaced": labels.replaced, "by_silence": labels.by_silence},
        parked=_counts(parked["reason"]),
        settings=settings, inputs=dict(sorted(history.inputs.items())), sha256=sha256,
    )  # fmt: skip


_CODES: Final = {"fraud": FRAUD, "legitimate": LEGITIMATE, "none": -1}


def _counts(values: Any) -> dict[str, int]:
    """How often each word comes, by word."""
    found = pc.value_counts(values.drop_null()).to_pylist()
    return {each["values"]: each["counts"] for each in sorted(found, key=lambda each: str(each["values"]))}


def _prior(label: NDArray[np.int8], weight: NDArray[np.float64]) -> float | None:
    """Weighted share of fraud among the labelled."""
    whole = float(weight[label >= LEGITIMATE].sum())
    return round(float(weight[label == FRAUD].sum()) / whole, 9) if whole > 0 else None


def parked(folder: Path) -> Iterator[dict[str, Any]]:
    """What took no part in the data set of a folder, and why."""
    yield from pq.read_table(folder / PARKED).to_pylist()
