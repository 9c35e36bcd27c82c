"""The offline vectors: Parquet files in `HOME/feast/offline`, one a data set, from history by the kernel.

Invariant: under its own name a file is whole; computing a data set again replaces its file.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import Catalogue
from storage import ParquetFile
from streams.feast import keyed
from streams.sources.vectors import FeatureHistory, HistoryBlock, RowCounts, VectorSource

BATCH_ROWS = 16_384
Progress = Callable[[int, int | None], None]


def write(
    source: VectorSource,
    out: Path,
    catalogue: Catalogue,
    tables: Mapping[str, Any],
    progress: Progress = lambda *_: None,
) -> RowCounts:
    """Computes the vectors of a data set, with who took part, into `out`. Refused rows are left out."""
    history = FeatureHistory(source, catalogue, tables)
    out.parent.mkdir(parents=True, exist_ok=True)
    with ParquetFile(out, keyed.schema(catalogue)) as file:
        first = 0
        for block in history:
            file.write(keyed.table(_accepted(block, first), catalogue, tables))
            first += len(block.refused)
            progress(history.counts.rows, history.rows_expected)
    return history.counts


def read(folder: Path) -> Iterator[pa.RecordBatch]:
    """All offline vectors, in bounded batches."""
    for path in sorted(folder.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(BATCH_ROWS)


def _accepted(block: HistoryBlock, first: int) -> keyed.KeyedVectors:
    """The block's rows that have a vector; `first` is the number of its first row."""
    rows = np.flatnonzero(~block.refused)
    payments = [payment for row in rows.tolist() if (payment := block.payments[row]) is not None]
    return keyed.KeyedVectors(payments, block.times[rows], rows + first, block.vectors[rows])
