"""What a data set is made from: payment attempts with their vectors, and the labels they were given.

A history comes from an engine's archives or from a file (`learning`). Which label stands and its weight is
decided here, for a given day (`training.dataset.labels`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

NEVER: Final = 2**63 - 1
"""Stands for a time at which nothing happened."""

UNKNOWN_PAYMENT: Final = -1
"""`row` of evidence about a payment that the history does not hold."""

PARKED_PAYMENT: Final = -2
"""`row` of evidence about a payment that is there but could not be used (no vector, refused)."""

ATTEMPTS: Final = pa.schema([
    ("merchant_account", pa.string()),
    ("payment_id", pa.string()),
    ("attempt", pa.int64()),
    ("occurred_at", pa.int64()),
    ("amount", pa.int64()),
    ("currency", pa.string()),
    ("method", pa.string()),
    ("merchant_id", pa.string()),
    ("merchant_country", pa.string()),
    ("channel", pa.string()),
    ("passed", pa.bool_()),
    ("propensity", pa.float64()),
    ("holdout", pa.bool_()),
    ("captured_at", pa.int64()),
    ("stopped_at", pa.int64()),
    ("refunded_at", pa.int64()),
])  # fmt: skip
"""One row an attempt, in order of engine time (`occurred_at`, UTC ms); `amount` in EUR cents. `passed`: our
verdict let it through at once (or there was no verdict). `propensity`: how likely it was to be approved, 1
where no draw ran; `holdout`: it was approved by the draw. `stopped_at`: declined by the issuer,
authentication failed, or voided. Times that did not come are `NEVER`."""

EVIDENCE: Final = pa.schema([
    ("row", pa.int64()),
    ("merchant_account", pa.string()),
    ("payment_id", pa.string()),
    ("attempt", pa.int64()),
    ("label", pa.string()),
    ("known_at", pa.int64()),
    ("source", pa.string()),
    ("final", pa.bool_()),
    ("weight", pa.float64()),
])  # fmt: skip
"""One row a label, in order of the log; `row` is the attempt's place in `ATTEMPTS`, or one of those above."""

PARKED: Final = pa.schema([
    ("kind", pa.string()),
    ("reason", pa.string()),
    ("merchant_account", pa.string()),
    ("payment_id", pa.string()),
    ("attempt", pa.int64()),
    ("label", pa.string()),
    ("known_at", pa.int64()),
    ("source", pa.string()),
    ("detail", pa.string()),
])  # fmt: skip
"""What took no part and why: `kind` is `label` or `payment`."""


class PaymentHistory(Protocol):
    """Attempts with vectors. `names`: the catalogue's features, then `extra_names` that were joined from
    elsewhere. `inputs`: sha256 (or another fingerprint) of everything read, by name.
    """

    @property
    def attempts(self) -> pa.Table: ...

    @property
    def evidence(self) -> pa.Table: ...

    @property
    def parked(self) -> pa.Table: ...

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def extra_names(self) -> Sequence[str]: ...

    @property
    def catalogue_hash(self) -> str: ...

    @property
    def inputs(self) -> Mapping[str, str]: ...

    def vectors(self, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
        """The vectors of these attempts (ascending), in blocks that follow each other."""
        ...


def column(table: pa.Table, name: str) -> NDArray[Any]:
    """A column as numpy; texts as objects, None where there is none."""
    values: NDArray[Any] = table[name].to_numpy(zero_copy_only=False)
    return values


def parked_rows(kind: str, reason: str, detail: str, rows: pa.Table) -> pa.Table:
    """These rows of `ATTEMPTS` or `EVIDENCE` as rows of `PARKED`."""
    constants = {"kind": kind, "reason": reason, "detail": detail}
    columns = []
    for field in PARKED:
        if field.name in constants:
            columns.append(pa.array([constants[field.name]] * rows.num_rows, field.type))
        elif field.name in rows.column_names:
            columns.append(rows[field.name].cast(field.type))
        else:
            columns.append(pa.nulls(rows.num_rows, field.type))
    return pa.table(columns, schema=PARKED)
