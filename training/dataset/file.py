"""`dataset.parquet`: facts, label and weight of each payment, then one float64 column per feature.

Invariant: the bytes depend on the rows alone. Row groups are cut at fixed numbers of rows however the rows
come in, and nothing is written that changes from run to run; under its own name the file is whole.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from storage import ParquetFile

ROW_GROUP_ROWS: Final = 32_768
TEXTS: Final = ("currency", "method", "merchant_id", "merchant_country", "channel")
FACTS: Final = [
    ("merchant_account", pa.string()),
    ("payment_id", pa.string()),
    ("attempt", pa.int64()),
    ("occurred_at", pa.int64()),
    ("amount", pa.int64()),
    *((name, pa.string()) for name in TEXTS),
    ("label", pa.int8()),
    ("weight", pa.float64()),
    ("known_at", pa.int64()),
    ("source", pa.string()),
    ("propensity", pa.float64()),
]
FACT_NAMES: Final = tuple(name for name, _ in FACTS)
_REPEATING: Final = ["merchant_account", *TEXTS, "source"]


class DatasetFile(ParquetFile):
    """The file under way, as `storage.ParquetFile`."""

    def __init__(self, path: Path, names: list[str]) -> None:
        self._schema = pa.schema([*FACTS, *((name, pa.float64()) for name in names)])
        super().__init__(
            path, self._schema, group_rows=ROW_GROUP_ROWS, use_dictionary=_REPEATING, write_statistics=False,
            store_schema=False,
        )  # fmt: skip

    def add(self, facts: pa.Table, matrix: NDArray[np.float64]) -> None:
        """Adds rows: `facts` has the columns of `FACTS`, `matrix` a column per feature."""
        columns = [facts[name].combine_chunks() for name in FACT_NAMES]
        columns += [pa.array(column) for column in np.ascontiguousarray(matrix.T)]
        self.write(pa.RecordBatch.from_arrays(columns, schema=self._schema))
