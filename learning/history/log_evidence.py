"""From archived reports to what a data set is made from: when each attempt was captured, stopped or refunded,
and the labels that were given, in order of the log."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from learning.history.log_archive import attempts_of
from models.messages import OutcomeKind
from training.dataset import EVIDENCE, NEVER, PARKED_PAYMENT, UNKNOWN_PAYMENT, column

Key = tuple[str, str, int]
_COLUMN_OF: Final = {
    OutcomeKind.CAPTURED.value: "captured_at",
    OutcomeKind.DECLINED.value: "stopped_at",
    OutcomeKind.AUTHENTICATION_FAILED.value: "stopped_at",
    OutcomeKind.VOIDED.value: "stopped_at",
    OutcomeKind.REFUNDED.value: "refunded_at",
}
_LAST: Final = "stopped_at"
"""Of captures and refunds the first counts, of what stops a payment the last: a void may follow a decline."""


def row_by_attempt(attempts: Sequence[Key], parked: Sequence[Key]) -> dict[Key, int]:
    """The row of each attempt; `PARKED_PAYMENT` for those that could not be used."""
    known = dict.fromkeys(parked, PARKED_PAYMENT)
    known.update((key, row) for row, key in enumerate(attempts))
    return known


def outcome_times(reports: pa.Table, place: Mapping[Key, int], n: int) -> dict[str, NDArray[np.int64]]:
    """Times (ms) at which each of n attempts was captured, stopped and refunded; `NEVER` where not."""
    outcomes = reports.filter(column(reports, "kind") == "outcome")
    times = {name: np.full(n, NEVER, np.int64) for name in dict.fromkeys(_COLUMN_OF.values())}
    rows = zip(outcomes["what"].to_pylist(), outcomes["at"].to_pylist(), attempts_of(outcomes), strict=True)
    for what, at, key in rows:
        row, name = place.get(key, UNKNOWN_PAYMENT), _COLUMN_OF.get(what)
        if row >= 0 and name is not None:
            before = times[name][row]
            later = name == _LAST and before != NEVER
            times[name][row] = max(before, at) if later else min(before, at)
    return times


def label_evidence(reports: pa.Table, place: Mapping[Key, int]) -> pa.Table:
    """The labels among the reports as rows of `training.dataset.history.EVIDENCE`."""
    labels = reports.filter(column(reports, "kind") == "label")
    rows = [place.get(key, UNKNOWN_PAYMENT) for key in attempts_of(labels)]
    renamed: dict[str, Any] = {"row": pa.array(rows, pa.int64()), "label": labels["what"]}
    renamed["known_at"] = labels["at"]
    columns = [
        renamed.get(name, labels[name] if name in labels.column_names else None) for name in EVIDENCE.names
    ]
    return pa.table(columns, schema=EVIDENCE)
