"""What outcomes and labels report of payments, as sorted columns: 20 bytes each.

All labels are kept with their strength; of authorisations and captures, of declines and of refunds the first
of the log is, with its time. A label or outcome is of an attempt: all its phases get the same. A soft decline
is kept by payment, with its attempt and when it was appended to the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.arrays import Int64s
from models.labels import strength
from models.messages import Label, Outcome, OutcomeKind, Payment
from models.sca import EXPIRY_MS, is_soft_decline
from models.sca import key_of as payment_key
from streams.backtest.cases.case_file import NEVER
from streams.backtest.cases.case_rows import ReportColumns
from streams.backtest.cases.label_history import LABEL_CODES, LabelHistory

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
_ROW: Final = np.dtype(
    [("key", np.uint64), ("time", np.int64), ("kind", np.uint8), ("value", np.uint8), ("strength", np.int16)]
)
"""`value`: the label's code, or the attempt of a soft decline."""


def key_of(report: Label | Outcome) -> int:
    """First half of the key that `streams.engine.admission.request_keys` gives the reported attempt."""
    account = report.merchant_account
    text = f"{report.attempt}|{len(account)}|{account}|{report.payment_id}"
    return int(xxhash.xxh3_128_intdigest(text.encode()) >> 64)


@dataclass
class ReportIndex:
    """Collects reports in order of the log; then payments are looked up."""

    _chunks: list[NDArray[np.void]] = field(default_factory=list)
    _open: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    _sorted: list[NDArray[np.void]] | None = None

    def add(self, report: Label | Outcome, appended: int) -> None:
        """One report. Kinds that do not show how the payment ended are ignored."""
        if isinstance(report, Outcome) and is_soft_decline(report):
            payment = payment_key(report.merchant_account, report.payment_id)
            self._open.append((payment, appended, SOFT, min(report.attempt, 255), 0))
        if isinstance(report, Label):
            strong = strength(report.source, report.final)
            self._open.append((key_of(report), report.known_at, LABEL, LABEL_CODES[report.label], strong))
        elif report.kind in _OF_KIND:
            self._open.append((key_of(report), report.at, _OF_KIND[report.kind], 0, 0))
        if len(self._open) >= CHUNK:
            self._close_chunk()

    def soft_declined(self, payments: Sequence[Payment], received: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether an earlier attempt of each payment had been soft-declined when it was received (ms)."""
        rows = self._kinds()[SOFT]
        if not len(rows):
            return np.zeros(len(payments), np.bool_)
        keys = np.array([payment_key(p.merchant_account, p.payment_id) for p in payments], np.uint64)
        attempts = np.array([p.attempt for p in payments], np.int64)
        row = np.minimum(np.searchsorted(rows["key"], keys), len(rows) - 1)
        age = received - rows["time"][row]
        known: NDArray[np.bool_] = (rows["key"][row] == keys) & (age >= 0) & (age < EXPIRY_MS)
        return known & np.asarray(attempts > rows["value"][row], np.bool_)

    def lookup(self, keys: NDArray[np.uint64]) -> ReportColumns:
        """What was reported of the payments with these keys."""
        kinds = self._kinds()
        first = [_first_times(kinds[kind], keys) for kind in (COMPLETED, FAILED, REFUNDED)]
        return ReportColumns(_labels(kinds[LABEL], keys), *first)

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
        by_kind = [rows[rows["kind"] == kind] for kind in range(5)]
        return [_by_key(each) if kind == LABEL else _first_of_key(each) for kind, each in enumerate(by_kind)]


def _by_key(rows: NDArray[np.void]) -> NDArray[np.void]:
    """All rows, ascending by key; those of one key in the order they were added."""
    return rows[np.argsort(rows["key"], kind="stable")]


def _first_of_key(rows: NDArray[np.void]) -> NDArray[np.void]:
    """The first row that was added of each key, ascending by key."""
    return rows[np.unique(rows["key"], return_index=True)[1]]


def _first_times(rows: NDArray[np.void], keys: NDArray[np.uint64]) -> Int64s:
    """The time in the row of each key, `NEVER` where there is none."""
    times = np.full(len(keys), NEVER, np.int64)
    if len(rows):
        nearest = np.minimum(np.searchsorted(rows["key"], keys), len(rows) - 1)
        there = rows["key"][nearest] == keys
        times[there] = rows["time"][nearest[there]]
    return times


def _labels(rows: NDArray[np.void], keys: NDArray[np.uint64]) -> LabelHistory:
    """The labels of each key; `rows` as `_by_key` gives them."""
    start, end = (np.searchsorted(rows["key"], keys, side=side) for side in ("left", "right"))
    counts = end - start
    payment = np.repeat(np.arange(len(keys)), counts)
    within = np.arange(len(payment)) - np.repeat(np.cumsum(counts) - counts, counts)
    labels = rows[np.repeat(start, counts) + within]
    strong = labels["strength"].astype(np.int64)
    return LabelHistory.of(len(keys), payment, labels["time"], labels["value"], strong)
