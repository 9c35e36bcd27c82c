"""Recorded payments in Parquet: one row for each new decision, in order of `sequence`.

Columns are those of `case_columns`, when and how the payment was decided, what it turned out to be, and when
that was known. Times are UTC epoch ms; `NEVER` stands for what did not happen. Amounts are EUR cents.

Invariant: `sequence` ascends through a folder's files, in the order of their names, and is the same number
as in the vectors' files: the two are read together.
"""

from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from storage import ParquetFile
from streams.backtest.cases.case_columns import FIELDS
from streams.backtest.cases.label_history import LABELS_TYPE

NEVER: Final = 2**63 - 1
NO_VERDICT: Final = 255
ROW_GROUP_ROWS: Final = 65_536
FORMAT: Final = "2"
"""1 kept one label a payment, the last on the log."""

DECIDED: Final = [
    ("sequence", pa.int64()),
    ("engine_time", pa.int64()),
    ("received_at", pa.int64()),
    ("key", pa.uint64()),
    ("reference_amount", pa.int64()),
    ("unrated", pa.bool_()),
    ("verdict", pa.uint8()),
    ("probability_micro", pa.int64()),
    ("propensity_micro", pa.int64()),
    ("holdout", pa.bool_()),
    ("labels", LABELS_TYPE),
    ("completed_at", pa.int64()),
    ("failed_at", pa.int64()),
    ("refunded_at", pa.int64()),
]
"""`received_at`: when the payment was appended to the log. `verdict` is a code of
`models.policy.policy.VERDICTS`, `NO_VERDICT` where no engine decided (a data set); -1 is no probability and
no propensity. `holdout`: approved by the random draw. `labels`: every label that stood for a while, with the
time it was known. `completed_at`: the issuer authorised it, or it was
captured; `failed_at`: issuer's decline, failed authentication, void."""

SCHEMA: Final = pa.schema([*DECIDED, *FIELDS], metadata={"format": FORMAT})


class CaseFile(ParquetFile):
    """The file under way, as a context."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        dictionaries = [field.name for field in SCHEMA if pa.types.is_dictionary(field.type)]
        super().__init__(path, SCHEMA, group_rows=ROW_GROUP_ROWS, use_dictionary=dictionaries)

    def add(self, rows: dict[str, Any]) -> None:
        """Adds rows: every column of `SCHEMA`."""
        self.write(pa.RecordBatch.from_arrays([_column(rows, field) for field in SCHEMA], schema=SCHEMA))


def _column(rows: dict[str, Any], field: Any) -> Any:
    values = rows[field.name]
    return values.cast(field.type) if isinstance(values, pa.Array) else pa.array(values, field.type)
