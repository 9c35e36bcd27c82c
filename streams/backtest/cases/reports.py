"""What outcomes and labels say of payments, as sorted columns: 18 bytes each.

A soft decline is kept by payment, with the attempt it spoke of and when it was appended to the log.

A later report of one kind replaces an earlier one; the first authorisation or capture, decline or refund is
kept with its time. What labels and outcomes speak of is an attempt: all its phases get the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.messages import Label, Outcome, OutcomeKind, Payment
from models.sca import EXPIRY_MS, is_soft_decline
from models.sca import key_of as payment_key
from streams.backtest.cases.case_file import LABEL_CODES
from streams.backtest.cases.recording import Reported

CHUNK: Final = 65_536
LABEL, COMPLETED, FAILED, REFUNDED, SOFT = range(5)
_OF_KIND: Final = {
    OutcomeKind.AUTHORISED: COMPLETED,
    OutcomeKind.CAPTURED: COMPLETED,
    OutcomeKind.DECLINED: FAILED,
    OutcomeKind.AUTHENTICATION_FAILED: FAILED,
    OutcomeKind.VOIDED: FAILED,
    OutcomeKind.REFUNDED: REFUNDED,
}
_ROW: Final = np.dtype([("key", np.uint64), ("at", np.int64), ("kind", np.uint8), ("label", np.uint8)])


def key_of(report: Label | Outcome) -> int:
    """First half of the key that `streams.engine.input.columns.keys` gives the attempt spoken of."""
    account = report.merchant_account
    text = f"{report.attempt}|{len(account)}|{account}|{report.payment_id}"
    return int(xxhash.xxh3_128_intdigest(text.encode()) >> 64)


@dataclass
class Reports:
    """Collects reports in order of the log; then `of` looks payments up."""

    _chunks: list[NDArray[np.void]] = field(default_factory=list)
    _open: list[tuple[int, int, int, int]] = field(default_factory=list)
    _sorted: list[NDArray[np.void]] | None = None

    def add(self, report: Label | Outcome, appended: int) -> None:
        """One report. Kinds that say nothing of how the payment ended are passed over."""
        if isinstance(report, Outcome) and is_soft_decline(report):
            payment = payment_key(report.merchant_account, report.payment_id)
            self._open.append((payment, appended, SOFT, min(report.attempt, 255)))
        if isinstance(report, Label):
            self._open.append((key_of(report), report.known_at, LABEL, LABEL_CODES[report.label]))
        elif report.kind in _OF_KIND:
            self._open.append((key_of(report), report.at, _OF_KIND[report.kind], 0))
        if len(self._open) >= CHUNK:
            self._close_chunk()

    def soft_declined(self, payments: Sequence[Payment], received: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether an earlier attempt of each payment had been soft-declined when it was received (ms)."""
        rows = self._kinds()[SOFT]
        if not len(rows):
            return np.zeros(len(payments), np.bool_)
        keys = np.array([payment_key(p.merchant_account, p.payment_id) for p in payments], np.uint64)
        attempts = np.array([p.attempt for p in payments], np.int64)
        at = np.minimum(np.searchsorted(rows["key"], keys), len(rows) - 1)
        age = received - rows["at"][at]
        known: NDArray[np.bool_] = (rows["key"][at] == keys) & (age >= 0) & (age < EXPIRY_MS)
        return known & np.asarray(attempts > rows["label"][at], np.bool_)

    def of(self, keys: NDArray[np.uint64]) -> Reported:
        """What was reported of the payments with these keys."""
        kinds = self._kinds()
        reported = Reported.nothing(len(keys))
        columns = (reported.known_at, reported.completed_at, reported.failed_at, reported.refunded_at)
        for kind, column in enumerate(columns):
            rows = kinds[kind]
            if not len(rows):
                continue
            at = np.minimum(np.searchsorted(rows["key"], keys), len(rows) - 1)
            found = rows["key"][at] == keys
            column[found] = rows["at"][at[found]]
            if kind == LABEL:
                reported.label[found] = rows["label"][at[found]]
        return reported

    def _kinds(self) -> list[NDArray[np.void]]:
        if self._sorted is None:
            self._sorted = self._by_kind()
        return self._sorted

    def _close_chunk(self) -> None:
        self._chunks.append(np.array(self._open, _ROW))
        self._open = []

    def _by_kind(self) -> list[NDArray[np.void]]:
        self._close_chunk()
        rows = np.concatenate(self._chunks)
        self._chunks = []
        return [_one_each(rows[rows["kind"] == kind], last=kind == LABEL) for kind in range(5)]


def _one_each(rows: NDArray[np.void], last: bool) -> NDArray[np.void]:
    """One row a key, ascending: the last or the first that was added."""
    ordered = rows[::-1] if last else rows
    _, first = np.unique(ordered["key"], return_index=True)
    one: NDArray[np.void] = ordered[first]
    return one
