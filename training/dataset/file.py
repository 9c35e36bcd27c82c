"""`dataset.parquet`: facts, label and weight of each payment, then one float64 column per feature.

Invariant: the bytes depend on the rows alone. Row groups are cut at fixed numbers of rows however the rows
come in, and nothing is written that changes from run to run; under its own name the file is whole.
"""

from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

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


class DatasetFile:
    """Written as a context: closed without an exception the file takes its place, otherwise it is removed."""

    def __init__(self, path: Path, names: list[str]) -> None:
        self._path, self._beside = path, path.with_name(f".{path.name}.part")
        self._schema = pa.schema([*FACTS, *((name, pa.float64()) for name in names)])
        self._writer = pq.ParquetWriter(
            self._beside, self._schema, compression="zstd", compression_level=1, use_dictionary=_REPEATING,
            write_statistics=False, store_schema=False,
        )  # fmt: skip
        self._open: list[Any] = []
        self._rows = 0

    def write(self, facts: pa.Table, matrix: NDArray[np.float64]) -> None:
        """Adds rows: `facts` has the columns of `FACTS`, `matrix` a column per feature."""
        columns = [facts[name].combine_chunks() for name in FACT_NAMES]
        columns += [pa.array(column) for column in np.ascontiguousarray(matrix.T)]
        self._open.append(pa.Table.from_arrays(columns, schema=self._schema))
        self._rows += len(matrix)
        while self._rows >= ROW_GROUP_ROWS:
            self._close_group(ROW_GROUP_ROWS)

    def _close_group(self, rows: int) -> None:
        table = pa.concat_tables(self._open)
        self._writer.write_table(table.slice(0, rows).combine_chunks(), row_group_size=rows)
        self._open, self._rows = [table.slice(rows)], self._rows - rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        if kind is None and self._rows:
            self._close_group(self._rows)
        self._writer.close()
        if kind is None:
            self._beside.replace(self._path)
        else:
            self._beside.unlink(missing_ok=True)
