"""A file of labels as evidence: each belongs to the first row of its payment id, in the order of the file.

A label without `known_at` is known a delay after its payment. One that names no payment of the history is
kept with its id: the data set parks it.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from streams.sources.files import NOT_GIVEN, VALUES, label_rows
from training.dataset import EVIDENCE, UNKNOWN_PAYMENT, column

SOURCE: Final = "unspecified"


def of_file(path: Path, delay_ms: int | None, attempts: pa.Table) -> pa.Table:
    """The labels of a file about these attempts, as rows of `EVIDENCE`. Raises `Misconfigured`."""
    parts = list(label_rows(path, delay_ms))
    ids = [one for part, _, _ in parts for one in part]
    none = np.zeros(0, np.int64)  # a file may hold no label
    codes, known_at = (np.concatenate([none, *(part[at] for part in parts)]) for at in (1, 2))
    first: dict[str, int] = {}
    for row, payment_id in enumerate(attempts["payment_id"].to_pylist()):
        first.setdefault(payment_id, row)
    rows = np.array([first.get(one, UNKNOWN_PAYMENT) for one in ids], np.int64)
    made = column(attempts, "occurred_at")[np.maximum(rows, 0)] if attempts.num_rows else np.zeros(len(rows))
    later = np.where(rows >= 0, made + (delay_ms or 0), -1)
    accounts = attempts["merchant_account"].take(pa.array(np.maximum(rows, 0), mask=rows < 0))
    return pa.table(
        [
            pa.array(rows), accounts, pa.array(ids, pa.string()), pa.array(np.ones(len(rows), np.int64)),
            pa.array([VALUES[code].value for code in codes.tolist()], pa.string()),
            pa.array(np.where(known_at == NOT_GIVEN, later, known_at).astype(np.int64)),
            pa.array([SOURCE] * len(rows), pa.string()), pa.array(np.ones(len(rows), np.bool_)),
            pa.array(np.ones(len(rows))),
        ],
        schema=EVIDENCE,
    )  # fmt: skip
