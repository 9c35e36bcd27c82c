"""The labels that stood for recorded payments, one after another: enough to say which one stood on any day.

A payment may be labelled several times: a fraud notice on day 5, a chargeback on day 30, a review after it. A
backtest as of day 10 must see the notice, and a weak label never replaces a strong one. Which label stands is
decided by `models.labels`; kept are those that stand on some day.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from models.arrays import Codes, Int64s
from models.labels import succession
from models.messages import LabelValue

LABELS: Final = (None, LabelValue.FRAUD, LabelValue.FRIENDLY, LabelValue.LEGITIMATE, LabelValue.UNKNOWN)
"""Label by code; 0 is none."""
LABEL_CODES: Final = {label: code for code, label in enumerate(LABELS)}

LABELS_TYPE: Final = pa.list_(pa.struct([("known_at", pa.int64()), ("label", pa.uint8())]))
"""Of the column `labels`: what stood for one payment, in order of time."""


@dataclass(frozen=True)
class LabelHistory:
    """The labels of n payments, ascending by payment and then by time."""

    payments: int
    """n."""
    row: Int64s
    """Which payment each label is of, 0 to n - 1."""
    known_at: Int64s
    """Since when it stood, UTC epoch ms."""
    label: Codes
    """A code of `LABEL_CODES`."""

    @classmethod
    def none(cls, payments: int) -> "LabelHistory":
        """No label for any of n payments."""
        nothing = np.zeros(0, np.int64)
        return cls(payments, nothing, nothing, nothing.astype(np.uint8))

    @classmethod
    def of(
        cls, payments: int, row: Int64s, known_at: Int64s, label: Codes, strength: Int64s
    ) -> "LabelHistory":
        """From all labels of n payments in order of the log; `strength` by `models.labels.strengths`."""
        kept = succession(row, strength, known_at)
        return cls(payments, row[kept], known_at[kept], label[kept])

    @classmethod
    def from_arrow(cls, column: Any) -> "LabelHistory":
        """The labels in a column of type `LABELS_TYPE`."""
        labels = column.flatten()
        counts = column.value_lengths().to_numpy(zero_copy_only=False)
        row = np.repeat(np.arange(len(column)), counts)
        return cls(len(column), row, labels.field("known_at").to_numpy(), labels.field("label").to_numpy())

    def to_arrow(self) -> Any:
        """A column of type `LABELS_TYPE`, one list a payment."""
        offsets = np.searchsorted(self.row, np.arange(self.payments + 1)).astype(np.int32)
        fields = [pa.array(self.known_at), pa.array(self.label)]
        labels = pa.StructArray.from_arrays(fields, fields=list(LABELS_TYPE.value_type))
        return pa.ListArray.from_arrays(pa.array(offsets), labels, type=LABELS_TYPE)

    def standing_at(self, as_of_ms: int) -> Codes:
        """The code of the label that stands for each payment on a day; 0 where none was known."""
        known = np.flatnonzero(self.known_at <= as_of_ms)
        standing = np.zeros(self.payments, np.uint8)
        standing[self.row[known]] = self.label[known]  # of a payment's labels the last one assigned is kept
        return standing
