"""A data set's vectors, as the engine would have logged them: the same messages, admission and kernel.

Invariants
- One row of vectors per row of the file, in its order. A row's vector depends only on rows before it and on
  labels known before it: labels are put between the payments when they were known
  (`streams.sources.files.pending_labels`), before the payments of that time.
- Engine time is the running maximum of event times. A payment is identified by (merchant account, payment id,
  attempt, phase): a repeated row reads the windows without entering them. A repeated label counts
  once.
- A row the engine would refuse keeps its place, without a vector, and changes nothing; it is counted.
Bounded: one batch of `tables.BATCH_ROWS` rows, the labels that wait, and the state.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import compress
from typing import Any, Final

import msgspec
import numpy as np

from features.catalogue import Catalogue
from features.ingest import Ingest
from models.arrays import Bools, Floats, Int64s
from models.messages import Label, LabelValue, Payment, encode
from models.money import check_amount
from streams.engine import refused_payment
from streams.engine.admission import (
    CONFLICT,
    DUPLICATE,
    EVENT,
    NEW,
    REPEATED,
    STALE,
    Admission,
    admission_rows,
)
from streams.engine.input import RefusedRecord, read, read_redacted, suspects
from streams.sources.files import (
    NO_TIME,
    NOT_GIVEN,
    PendingLabels,
    check_columns,
    label_of,
    label_values,
    map_rows,
    tables,
)
from streams.sources.vectors.history_block import HistoryBlock, RowCounts, VectorSource

_LABELS: Final = {str(value): value for value in LabelValue}


class FeatureHistory:
    """Iterates over the vectors of a file. Raises `Misconfigured` at once when map and file do not fit."""

    def __init__(self, source: VectorSource, catalogue: Catalogue, reference: Mapping[str, Any]) -> None:
        check_columns(source.replay_map, tables.column_names(source.path), str(source.path))
        rows = tables.row_count(source.path)
        self.rows_expected = rows if source.limit is None or rows is None else min(rows, source.limit)
        self.counts = RowCounts()
        self._source, self._reference = source, reference
        self._delay_ms = source.label_delay_ms
        self._unlabelled = msgspec.structs.replace(source.replay_map, label=None)
        self._columns = list(source.replay_map.columns())
        self._width = len(catalogue.names)
        self._admission = Admission(source.horizon_ms, source.keys_max)
        self._ingest = Ingest(catalogue)
        self._pending = PendingLabels()
        self._now = NO_TIME
        self._refusals: list[tuple[int, str, str]] = []

    def __iter__(self) -> Iterator[HistoryBlock]:
        for rows in tables.read(self._source.path, self._columns, self._source.limit):
            block = self._block(rows.columns)
            yield self._counted(rows, block)
        labels = self._source.labels
        self.counts.labels_unmatched = int((~labels.matched).sum()) if labels is not None else 0

    def _counted(self, rows: tables.FileRows, block: HistoryBlock) -> HistoryBlock:
        """Counts the batch; its unreadable lines become rows without payment and vector."""
        readable = np.delete(np.arange(len(rows)), rows.places)
        refused = [(int(readable[row]), reason, detail) for row, reason, detail in self._refusals]
        for place, line in zip(rows.places, rows.unreadable, strict=True):
            refused.append((place, "unreadable_line", f"another number of fields: {line[:80]!r}"))
        before = self.counts.rows
        self.counts.refuse([(before + row, reason, detail) for row, reason, detail in refused])
        self.counts.rows += len(rows)
        self._refusals.clear()
        return block if not rows.unreadable else block.among(readable, len(rows))

    def _block(self, columns: Any) -> HistoryBlock:
        mapped = map_rows(columns, self._unlabelled)
        payments, accepted = self._accepted(mapped.payments)
        running = np.maximum.accumulate(np.maximum(mapped.occurred_at, self._now))
        self._now = int(running[-1]) if len(running) else self._now
        known = self._known(columns, payments, mapped.occurred_at)
        due = self._pending.due(running, *self._labels(known, payments, accepted))
        messages, rows = _in_order(payments, accepted, due)
        vectors, times, places = self._vectors(messages, rows)
        done = HistoryBlock(
            [payments[row] for row in places.tolist()], times, vectors, np.zeros(len(places), np.bool_)
        )
        if len(places) == len(payments):
            return done
        return replace(done.among(places, len(payments)), payments=list(payments))

    def _accepted(self, raw: list[Payment]) -> tuple[list[Payment], Bools]:
        """What the engine would read of these payments, and which of them it would not refuse."""
        values = [encode(payment) for payment in raw]
        accepted = np.ones(len(raw), np.bool_)
        payments = list(raw)
        for row, (value, suspect) in enumerate(zip(values, suspects(values).tolist(), strict=True)):
            problem = None
            try:
                payment = read_redacted(value)[0] if suspect else read(value, False)
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
        labels = [(row, label_of(payments[row], value, known_at)) for row, value, known_at in known]
        good = accepted.tolist()
        usable = [(row, label) for row, label in labels if label and (good[row] or _is_readable(label))]
        self.counts.labels += len(usable)
        times = np.array([label.known_at for _, label in usable], np.int64)
        return [row for row, _ in usable], times, [label for _, label in usable]

    def _known(
        self, columns: Any, payments: list[Payment], occurred_at: Int64s
    ) -> list[tuple[int, LabelValue, int]]:
        release = (occurred_at + self._delay_ms).tolist()
        if self._source.labels is not None:
            labels = self._source.labels.take([payment.payment_id for payment in payments])
            return [
                (row, value, release[row] if at_ms == NOT_GIVEN else at_ms) for row, value, at_ms in labels
            ]
        label = self._source.replay_map.label
        if label is None:
            return []
        values = label_values(columns, label)
        return [(row, _LABELS[v], release[row]) for row, v in enumerate(values) if v is not None]

    def _vectors(self, messages: list[Any], rows: list[int]) -> tuple[Floats, Int64s, Int64s]:
        """The vectors of these messages' payments, their engine times, and their rows."""
        if not messages:
            return np.empty((0, self._width)), np.zeros(0, np.int64), np.zeros(0, np.int64)
        places = np.array(rows, np.int64)
        times = [message.occurred_at if row >= 0 else message.known_at
                 for message, row in zip(messages, rows, strict=True)]  # fmt: skip
        admitted = self._admission.admit(admission_rows(messages, times))
        self._count(messages, rows, admitted.status)
        entering = (admitted.status != STALE) & (admitted.status != REPEATED)
        adds = (admitted.status == EVENT) | admitted.first
        with_vector = entering & (places >= 0)
        if not entering.any():
            return np.empty((0, self._width)), admitted.times[with_vector], places[with_vector]
        ingested = self._ingest.run(
            list(compress(messages, entering.tolist())),
            admitted.times[entering],
            adds[entering],
            self._reference,
        )
        return ingested.vectors, admitted.times[with_vector], places[with_vector]

    def _count(self, messages: list[Any], rows: list[int], status: np.ndarray) -> None:
        self.counts.payments += int((status == NEW).sum())
        self.counts.repeated += int(np.isin(status, (DUPLICATE, CONFLICT)).sum())
        for index in np.flatnonzero(status == STALE).tolist():
            refused = refused_payment(messages[index], STALE)
            self._refusals.append((rows[index], refused.reason, f"{refused.detail}: sort the file by time"))


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
