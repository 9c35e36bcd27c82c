"""What vectors of history are made from, block by block, and how many rows became what."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from models.arrays import Bools, Floats, Int64s
from models.messages import Payment
from streams.engine.admission import HORIZON_MS, KEYS_MAX
from streams.errors import Misconfigured
from streams.sources.files import LabelFile, ReplayMap

EXAMPLES_MAX: Final = 5


@dataclass(frozen=True)
class HistoryBlock:
    """Some rows of a file with their vectors."""

    payments: list[Payment | None]
    """None for an unreadable line. A refused payment may hold anything."""
    times: Int64s
    """Engine times, ms."""
    vectors: Floats
    """One row a payment; NaN unknown."""
    refused: Bools
    """Rows without a vector."""

    @property
    def payment_ids(self) -> list[str | None]:
        """Payment ids as they stand in the file."""
        ids = [None if payment is None else payment.payment_id for payment in self.payments]
        return [None if payment_id is None else str(payment_id) for payment_id in ids]

    def among(self, places: Int64s, rows: int) -> "HistoryBlock":
        """These rows at their places among `rows` rows; the others are refused."""
        payments: list[Payment | None] = [None] * rows
        for row, payment in zip(places.tolist(), self.payments, strict=True):
            payments[row] = payment
        spread = HistoryBlock(
            payments,
            np.zeros(rows, np.int64),
            np.full((rows, self.vectors.shape[1]), np.nan),
            np.ones(rows, np.bool_),
        )
        spread.times[places], spread.vectors[places], spread.refused[places] = (
            self.times,
            self.vectors,
            self.refused,
        )
        return spread


@dataclass
class RowCounts:
    """How many rows became what."""

    rows: int = 0
    payments: int = 0
    repeated: int = 0
    labels: int = 0
    labels_unmatched: int = 0
    """Labels of a file that belong to none of its payments."""
    refused: Counter[str] = field(default_factory=Counter)
    """By reason."""
    examples: list[str] = field(default_factory=list)
    """The first refused rows, in words."""

    def refuse(self, refusals: list[tuple[int, str, str]]) -> None:
        """Counts rows without a vector: (row, reason, detail) of one batch."""
        for row, reason, detail in sorted(refusals):
            self.refused[reason] += 1
            if len(self.examples) < EXAMPLES_MAX:
                self.examples.append(f"row {row}: {reason}: {detail}")


@dataclass(frozen=True)
class VectorSource:
    """A file to compute vectors from."""

    path: Path
    replay_map: ReplayMap
    delay_ms: int | None = None
    """From a payment to its label; replaces the map's delay."""
    labels: LabelFile | None = None
    """Replace the map's labels."""
    limit: int | None = None
    """Rows to read."""
    horizon_ms: int = HORIZON_MS
    """How long payments are remembered, as the engine's setting."""
    keys_max: int = KEYS_MAX
    """How many payments are remembered, as the engine's setting."""

    @property
    def label_delay_ms(self) -> int:
        """From a payment to its label, where the time it was known is not given. Raises `Misconfigured` for a
        delay without labels.
        """
        label = self.replay_map.label
        if self.delay_ms is not None:
            if self.labels is None and label is None:
                raise Misconfigured("--delay has no effect: the map has no `label` and no --labels are given")
            return self.delay_ms
        return label.delay_ms if label is not None and self.labels is None else 0
