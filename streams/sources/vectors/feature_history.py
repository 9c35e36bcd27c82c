"""A data set's vectors, as the engine would have logged them: the same messages, admission and kernel.

Invariants
- One row of vectors per row of the file, in its order. A row's vector depends only on rows before it and on
  labels known before it: labels are put between the payments when they were released (`streams.sources
  .release`), before the payments of that time.
- Engine time is the running maximum of event times. What is decided once is known by (merchant account,
  payment id, attempt, phase): a repeated row reads the windows without entering them. A repeated label counts
  once.
- A row the engine would refuse keeps its place, without a vector, and changes nothing; it is counted.
Bounded: one batch of `tables.BATCH_ROWS` rows, the labels that wait, and the state.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import compress
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from features.catalogue import Catalogue
from features.ingest import Ingest
from models.arrays import Bools, Floats, Int64s
from models.messages import Label, LabelValue, Payment, encode
from models.money import check_amount
from streams.engine import refusal
from streams.engine.admission import (
    CONFLICT,
    DUPLICATE,
    EVENT,
    HORIZON_MS,
    KEYS_MAX,
    NEW,
    REPEATED,
    STALE,
    Admission,
    admission_rows,
)
from streams.engine.input import RefusedRecord, read, suspects
from streams.errors import Misconfigured
from streams.sources.files import (
    NO_TIME,
    NOT_GIVEN,
    LabelFile,
    PendingLabels,
    ReplayMap,
    check_columns,
    label_of,
    label_values,
    map_rows,
    tables,
)

EXAMPLES_MAX: Final = 5
_LABELS: Final = {str(value): value for value in LabelValue}


@dataclass(frozen=True)
class HistoryBlock:
    """Some rows: their payments (None: an unreadable line), engine times (ms), vectors (NaN unknown), and
    which rows have no vector. A refused payment may hold anything.
    """

    payments: list[Payment | None]
    times: Int64s
    vectors: Floats
    refused: Bools

    @property
    def payment_ids(self) -> list[str | None]:
        """Payment ids as they stand in the file."""
        ids = [None if payment is None else payment.payment_id for payment in self.payments]
        return [None if one is None else str(one) for one in ids]

    def between(self, at: Int64s, rows: int) -> "HistoryBlock":
        """These rows at their places among `rows` rows; the others are refused."""
        payments: list[Payment | None] = [None] * rows
        for row, payment in zip(at.tolist(), self.payments, strict=True):
            payments[row] = payment
        spread = HistoryBlock(
            payments,
            np.zeros(rows, np.int64),
            np.full((rows, self.vectors.shape[1]), np.nan),
            np.ones(rows, np.bool_),
        )
        spread.times[at], spread.vectors[at], spread.refused[at] = self.times, self.vectors, self.refused
        return spread


@dataclass
class RowCounts:
    """What became of the rows. `examples` are the first refused rows, in words."""

    rows: int = 0
    payments: int = 0
    repeated: int = 0
    labels: int = 0
    labels_unmatched: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def refuse(self, refusals: list[tuple[int, str, str]]) -> None:
        """Counts rows without a vector: (row, reason, detail) of one batch."""
        for row, reason, detail in sorted(refusals):
            self.refused[reason] += 1
            if len(self.examples) < EXAMPLES_MAX:
                self.examples.append(f"row {row}: {reason}: {detail}")


@dataclass(frozen=True)
class VectorSource:
    """What to compute from. `delay_ms` replaces the map's delay; `labels` replace the map's labels.

    `horizon_ms`, `keys_max`: for how long and how many payments are remembered, as the engine's settings say.
    """

    path: Path
    replay_map: ReplayMap
    delay_ms: int | None = None
    labels: LabelFile | None = None
    limit: int | None = None
    horizon_ms: int = HORIZON_MS
    keys_max: int = KEYS_MAX


class FeatureHistory:
    """Iterates over the vectors of a file. Raises `Misconfigured` at once when map and file do not fit."""

    def __init__(self, source: VectorSource, catalogue: Catalogue, reference: Mapping[str, Any]) -> None:
        check_columns(source.replay_map, tables.column_names(source.path), str(source.path))
        rows = tables.row_count(source.path)
        self.rows_expected = rows if source.limit is None or rows is None else min(rows, source.limit)
        self.counts = RowCounts()
        self._source, self._reference = source, reference
        self._delay_ms = _delay(source)
        self._unlabelled = msgspec.structs.replace(source.replay_map, label=None)
        self._columns = list(source.replay_map.columns())
        self._width = len(catalogue.names)
        self._admission = Admission(source.horizon_ms, source.keys_max)
        self._ingest = Ingest(catalogue)
        self._releases = PendingLabels()
        self._now = NO_TIME
        self._refusals: list[tuple[int, str, str]] = []

    def __iter__(self) -> Iterator[HistoryBlock]:
        for rows in tables.read(self._source.path, self._columns, self._source.limit):
            block = self._block(rows.columns)
            yield self._closed(rows, block)
        labels = self._source.labels
        self.counts.labels_unmatched = int((~labels.matched).sum()) if labels is not None else 0

    def _closed(self, rows: tables.FileRows, block: HistoryBlock) -> HistoryBlock:
        """Counts the batch; its unreadable lines become rows without payment and vector."""
        readable = np.delete(np.arange(len(rows)), rows.places)
        refused = [(int(readable[row]), reason, detail) for row, reason, detail in self._refusals]
        for place, line in zip(rows.places, rows.unreadable, strict=True):
            refused.append((place, "unreadable_line", f"another number of fields: {line[:80]!r}"))
        before = self.counts.rows
        self.counts.refuse([(before + row, reason, detail) for row, reason, detail in refused])
        self.counts.rows += len(rows)
        self._refusals.clear()
        return block if not rows.unreadable else block.between(readable, len(rows))

    def _block(self, columns: Any) -> HistoryBlock:
        mapped = map_rows(columns, self._unlabelled)
        payments, accepted = self._accepted(mapped.payments)
        running = np.maximum.accumulate(np.maximum(mapped.occurred_at, self._now))
        self._now = int(running[-1]) if len(running) else self._now
        known = self._known(columns, payments, mapped.occurred_at)
        due = self._releases.due(running, *self._labels(known, payments, accepted))
        messages, rows = _in_order(payments, accepted, due)
        vectors, times, at = self._vectors(messages, rows)
        done = HistoryBlock(
            [payments[row] for row in at.tolist()], times, vectors, np.zeros(len(at), np.bool_)
        )
        if len(at) == len(payments):
            return done
        return replace(done.between(at, len(payments)), payments=list(payments))

    def _accepted(self, raw: list[Payment]) -> tuple[list[Payment], Bools]:
        """What the engine would read of these payments, and which of them it would not refuse."""
        values = [encode(payment) for payment in raw]
        accepted = np.ones(len(raw), np.bool_)
        payments = list(raw)
        for row, (value, suspect) in enumerate(zip(values, suspects(values).tolist(), strict=True)):
            problem = None
            try:
                payment = read(value, suspect)
                assert isinstance(payment, Payment)
                payments[row] = payment
                problem = check_amount(
                    payment.amount, payment.currency, self._source.replay_map.waive_amount_limits
                )
            except RefusedRecord as refused:
                problem = refused.reason, refused.detail
            if problem is not None:
                accepted[row] = False
                self._refusals.append((row, *problem))
        return payments, accepted

    def _labels(
        self, known: list[tuple[int, LabelValue, int]], payments: list[Payment], accepted: Bools
    ) -> tuple[list[int], Int64s, list[Label]]:
        """(rows, when known, labels); a refused payment may still have a label that the engine would read."""
        labels = [(row, label_of(payments[row], value, at)) for row, value, at in known]
        good = accepted.tolist()
        found = [(row, label) for row, label in labels if label and (good[row] or _is_readable(label))]
        self.counts.labels += len(found)
        times = np.array([label.known_at for _, label in found], np.int64)
        return [row for row, _ in found], times, [label for _, label in found]

    def _known(
        self, columns: Any, payments: list[Payment], occurred_at: Int64s
    ) -> list[tuple[int, LabelValue, int]]:
        release = (occurred_at + self._delay_ms).tolist()
        if self._source.labels is not None:
            found = self._source.labels.of([payment.payment_id for payment in payments])
            return [(row, value, release[row] if at == NOT_GIVEN else at) for row, value, at in found]
        label = self._source.replay_map.label
        if label is None:
            return []
        values = label_values(columns, label)
        return [(row, _LABELS[v], release[row]) for row, v in enumerate(values) if v is not None]

    def _vectors(self, messages: list[Any], rows: list[int]) -> tuple[Floats, Int64s, Int64s]:
        """The vectors of these messages' payments, their engine times, and their rows."""
        if not messages:
            return np.empty((0, self._width)), np.zeros(0, np.int64), np.zeros(0, np.int64)
        at = np.array(rows, np.int64)
        times = [message.occurred_at if row >= 0 else message.known_at
                 for message, row in zip(messages, rows, strict=True)]  # fmt: skip
        admitted = self._admission.admit(admission_rows(messages, times))
        self._count(messages, rows, admitted.status)
        entering = (admitted.status != STALE) & (admitted.status != REPEATED)
        adds = (admitted.status == EVENT) | admitted.first
        with_vector = entering & (at >= 0)
        if not entering.any():
            return np.empty((0, self._width)), admitted.times[with_vector], at[with_vector]
        ingested = self._ingest.run(
            list(compress(messages, entering.tolist())),
            admitted.times[entering],
            adds[entering],
            self._reference,
        )
        return ingested.vectors, admitted.times[with_vector], at[with_vector]

    def _count(self, messages: list[Any], rows: list[int], status: np.ndarray) -> None:
        self.counts.payments += int((status == NEW).sum())
        self.counts.repeated += int(np.isin(status, (DUPLICATE, CONFLICT)).sum())
        for at in np.flatnonzero(status == STALE).tolist():
            reason, detail = refusal(messages[at], STALE)
            self._refusals.append((rows[at], reason, f"{detail}: sort the file by time"))


def _delay(source: VectorSource) -> int:
    """Milliseconds from a payment to its label where nothing else says when it was known."""
    if source.delay_ms is not None:
        if source.labels is None and source.replay_map.label is None:
            raise Misconfigured("--delay is of no use: the map has no `label` and no --labels are given")
        return source.delay_ms
    label = source.replay_map.label
    return label.delay_ms if label is not None and source.labels is None else 0


def _is_readable(label: Label) -> bool:
    """Whether the engine would read this label: it was made of a payment that may have been refused."""
    value = encode(label)
    try:
        read(value, bool(suspects([value])[0]))
    except RefusedRecord:
        return False
    return True


def _in_order(
    payments: list[Payment], accepted: Bools, due: list[tuple[int, Label]]
) -> tuple[list[Any], list[int]]:
    """Accepted payments with the labels between them, and each message's row (-1: a label)."""
    messages: list[Any] = []
    rows: list[int] = []
    labels = iter([*due, (len(payments) + 1, None)])
    place, label = next(labels)
    for row, (payment, good) in enumerate(zip(payments, accepted.tolist(), strict=True)):
        while place <= row:
            messages.append(label)
            rows.append(-1)
            place, label = next(labels)
        if good:
            messages.append(payment)
            rows.append(row)
    return messages, rows
