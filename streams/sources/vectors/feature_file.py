"""Vectors of history as one Parquet file: `payment_id`, then one float64 column per feature.

A refused row is null in every feature; what is unknown is NaN, as in the vectors the engine logs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from storage import ParquetFile
from streams.errors import Misconfigured
from streams.sources.vectors.history_block import HistoryBlock


class FeatureFile(ParquetFile):
    """The file under way, as a context; blocks are added one after another."""

    def __init__(self, path: Path, names: Sequence[str], metadata: Mapping[str, str]) -> None:
        """`metadata` is kept in the file; `schema_hash` names the catalogue, as in the engine's archive.

        Raises `Misconfigured` where no file can be written.
        """
        fields = [("payment_id", pa.string()), *((name, pa.float64()) for name in names)]
        self._schema = pa.schema(fields, metadata=dict(metadata))
        try:
            super().__init__(path, self._schema, use_dictionary=False, write_statistics=False)
        except OSError as error:
            raise Misconfigured(f"{path} cannot be written: {error}") from None

    def add(self, block: HistoryBlock) -> None:
        """Adds rows as one row group."""
        refused = block.refused if block.refused.any() else None
        columns = np.ascontiguousarray(block.vectors.T)
        arrays: list[Any] = [pa.array(block.payment_ids, pa.string())]
        arrays += [pa.array(column, mask=refused) for column in columns]
        self.write(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
