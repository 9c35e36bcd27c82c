"""Vectors of history as one Parquet file: `payment_id`, then one float64 column per feature.

A refused row is null in every feature; what is unknown is NaN, as in the vectors the engine logs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa

from streams.sources.files import ParquetFile
from streams.sources.vectors.feature_history import Block


class FeatureFile:
    """Written as a context: closed without an exception the file takes its place, otherwise it is removed."""

    def __init__(self, path: Path, names: Sequence[str], metadata: Mapping[str, str]) -> None:
        """`metadata` is kept in the file; `schema_hash` names the catalogue, as in the engine's archive."""
        fields = [("payment_id", pa.string()), *((name, pa.float64()) for name in names)]
        self._schema = pa.schema(fields, metadata=dict(metadata))
        self._file = ParquetFile(path, self._schema, use_dictionary=False, write_statistics=False)

    def write(self, block: Block) -> None:
        """Adds rows as one row group."""
        refused = block.refused if block.refused.any() else None
        columns = np.ascontiguousarray(block.vectors.T)
        arrays: list[Any] = [pa.array(block.payment_ids, pa.string())]
        arrays += [pa.array(column, mask=refused) for column in columns]
        self._file.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)
