"""One segment of a batch: its messages as rows, and what becomes of each.

A segment is the part of a batch between two controls that cut it. Every part of the engine that needs some of
its rows takes them by `LogSegment.select`, so messages, positions and statuses cannot get out of step.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import cast

import numpy as np

from features.columns import PartyHashes
from models.arrays import Bools, Floats, Int64s, UInt64s
from models.messages import DeadLetterReason, Label, Outcome, Payment
from models.sca import CardCounters
from streams.engine.admission import CONFLICT, DUPLICATE, EVENT, NEW, STALE, AdmissionResult
from streams.engine.input import RefusedRecord


@dataclass(frozen=True)
class LogSegment:
    """n payments, outcomes and labels in log order."""

    messages: list[Payment | Outcome | Label]
    positions: Int64s
    """Index of each record in the batch."""
    is_payment: Bools
    admitted: AdmissionResult

    @property
    def payments(self) -> list[Payment]:
        """The messages of a segment that holds payments only."""
        return cast(list[Payment], self.messages)

    @property
    def is_new(self) -> Bools:
        """Payments to be decided."""
        return self._has(NEW)

    @property
    def is_duplicate(self) -> Bools:
        """Payments that get their decision once more."""
        return self._has(DUPLICATE)

    @property
    def enters_features(self) -> Bools:
        """What changes the feature state: new payments, and outcomes and labels not seen before."""
        return self._has(NEW, EVENT)

    @property
    def is_answered(self) -> Bools:
        """Payments that get a decision."""
        return self._has(NEW, DUPLICATE)

    @property
    def is_refused(self) -> Bools:
        """Payments that become dead letters, see `refused_payment`."""
        return self._has(CONFLICT, STALE)

    @cached_property
    def holds_new_only(self) -> bool:
        """All are payments to be decided, as in most batches."""
        return not self.admitted.status.any()

    def _has(self, *statuses: int) -> Bools:
        if self.holds_new_only:
            return (np.ones if NEW in statuses else np.zeros)(len(self.messages), np.bool_)
        rows: Bools = self.admitted.status == statuses[0]
        for status in statuses[1:]:
            rows = rows | (self.admitted.status == status)
        return rows

    def select(self, rows: Bools) -> "LogSegment":
        """These rows only."""
        if np.count_nonzero(rows) == len(rows):
            return self
        return LogSegment(
            list(compress(self.messages, rows.tolist())),
            self.positions[rows],
            self.is_payment[rows],
            self.admitted.select(rows),
        )


@dataclass(frozen=True)
class NewPayments:
    """n payments to be decided, with all that is known of them."""

    payments: list[Payment]
    times: Int64s
    """Engine times, ms."""
    amounts: Int64s
    """EUR cents, 0 where there is no rate."""
    unrated: Bools
    """Where there is no exchange rate."""
    matrix: Floats
    """Feature vectors, shape (n, features)."""
    warming: Bools
    """Where features have not been counted for as long as their windows are."""
    positions: Int64s
    """Places in the batch: list changes say theirs (`models.lists.memory`)."""
    keys: UInt64s
    """First halves of the request keys: samples are drawn by them."""
    cards: UInt64s
    """Hashes of the cards."""
    customers: UInt64s
    """Hashes of the customers, 0 for guests."""
    counters: CardCounters
    """Article 16's counters before each payment."""
    forced: Bools
    """Where a soft decline forces the challenge."""
    parties: PartyHashes
    """Who takes part, as the reference tables know them."""


def refused_payment(payment: Payment, status: int) -> RefusedRecord:
    """Why a payment of status `CONFLICT` or `STALE` is not decided."""
    key = f"{payment.merchant_account}/{payment.payment_id} attempt {payment.attempt} {payment.phase}"
    if status == CONFLICT:
        return RefusedRecord(
            DeadLetterReason.CONFLICT,
            f"{key} was decided before with another body; a changed payment is a new attempt",
        )
    assert status == STALE
    return RefusedRecord(
        DeadLetterReason.STALE, f"{key} happened before the horizon within which duplicates can be told"
    )
