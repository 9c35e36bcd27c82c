"""Histories written by hand: attempts with what became of them, and the labels they got."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from training.dataset.history import ATTEMPTS, EVIDENCE, NEVER, PARKED

DAY = 86_400_000
FIRST = 20_000 * DAY
"""Engine time of day 0."""


@dataclass(frozen=True)
class Attempt:
    """One attempt; days are counted from `FIRST`. Captured half an hour later where nothing else is said."""

    day: float = 0.0
    passed: bool = True
    captured: bool = True
    stopped_day: float | None = None
    refunded_day: float | None = None
    propensity: float = 1.0
    holdout: bool = False
    amount: int = 10_00


@dataclass(frozen=True)
class Said:
    """One label about attempt `row`; `days` after the payment's day."""

    row: int
    label: str = "fraud"
    days: float = 5.0
    source: str = "chargeback"
    final: bool = False
    weight: float = 1.0


@dataclass(frozen=True)
class Hand:
    """A history whose features are `row` (the attempt's number) and `day`; vectors come in blocks."""

    attempts: pa.Table
    evidence: pa.Table
    parked: pa.Table
    block: int = 7
    names: Sequence[str] = ("row", "day")
    extra_names: Sequence[str] = ()
    catalogue_hash: str = "abc"
    inputs: Mapping[str, str] = field(default_factory=dict)

    def vectors(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        days = (self.attempts["occurred_at"].to_numpy() - FIRST) / DAY
        for start in range(0, len(rows), self.block):
            at = rows[start : start + self.block]
            yield np.stack([at.astype(np.float64), days[at]], axis=1)


def history(attempts: Sequence[Attempt], said: Sequence[Said] = (), block: int = 7) -> Hand:
    """In order of time, as they are given."""
    rows = [_row(number, attempt) for number, attempt in enumerate(attempts)]
    evidence = [_evidence(attempts, each) for each in said]
    table = pa.Table.from_pylist(rows, schema=ATTEMPTS)
    return Hand(table, pa.Table.from_pylist(evidence, schema=EVIDENCE), PARKED.empty_table(), block)


def millis(day: float | None) -> int:
    return NEVER if day is None else FIRST + round(day * DAY)


def _row(number: int, attempt: Attempt) -> dict[str, Any]:
    at = millis(attempt.day)
    return {
        "merchant_account": "acme", "payment_id": f"p{number}", "attempt": 1, "occurred_at": at,
        "amount": attempt.amount, "currency": "EUR", "method": "card", "merchant_id": f"m{number % 3}",
        "merchant_country": "DE", "channel": "ecommerce", "passed": attempt.passed,
        "propensity": attempt.propensity, "holdout": attempt.holdout,
        "captured_at": at + 1_800_000 if attempt.captured else NEVER,
        "stopped_at": millis(attempt.stopped_day), "refunded_at": millis(attempt.refunded_day),
    }  # fmt: skip


def _evidence(attempts: Sequence[Attempt], said: Said) -> dict[str, Any]:
    day = attempts[said.row].day if said.row >= 0 else 0
    return {
        "row": said.row, "merchant_account": "acme", "payment_id": f"p{said.row}", "attempt": 1,
        "label": said.label, "known_at": millis(day + said.days), "source": said.source,
        "final": said.final, "weight": said.weight,
    }  # fmt: skip
