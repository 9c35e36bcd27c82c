"""Vectors of history as one Parquet file: `payment_id`, then one float64 column per feature.

Invariant: under its own name the file is whole. It is written beside and renamed once all rows are in and
synced; a run that is broken off leaves what was there before. A refused row is null in every feature; what is
unknown is NaN, as in the vectors the engine logs.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streams.errors import Misconfigured
from streams.sources.feature_history import Block


class FeatureFile:
    """Written as a context: closed without an exception the file takes its place, otherwise it is removed."""

    def __init__(self, path: Path, names: Sequence[str], metadata: Mapping[str, str]) -> None:
        """`metadata` is kept in the file; `schema_hash` names the catalogue, as in the engine's archive."""
        self._path, self._beside = path, path.with_name(f".{path.name}.part")
        self._names = list(names)
        fields = [("payment_id", pa.string()), *((name, pa.float64()) for name in names)]
        self._schema = pa.schema(fields, metadata=dict(metadata))
        try:
            self._writer = pq.ParquetWriter(
                self._beside, self._schema, compression="zstd", compression_level=1, use_dictionary=False,
                write_statistics=False,
            )  # fmt: skip
        except OSError as error:
            raise Misconfigured(f"{path} cannot be written: {error}") from None

    def write(self, block: Block) -> None:
        """Adds rows as one row group."""
        refused = block.refused if block.refused.any() else None
        columns = np.ascontiguousarray(block.vectors.T)
        arrays: list[Any] = [pa.array(block.payment_ids, pa.string())]
        arrays += [pa.array(column, mask=refused) for column in columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._writer.close()
        if kind is not None:
            self._beside.unlink(missing_ok=True)
            return
        _sync(self._beside)
        self._beside.replace(self._path)
        _sync(self._path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
