"""A data set as the log it would have been: payments in file order, labels between them when they became
known.

Invariants
- A label comes before the first payment of its time or later, and after its own payment. Time here is the
running
  maximum of the payments' times, as the engine's own time is.
- The stream is a function of file and map. With a limit it is a prefix of the whole stream, since labels
still
  unknown after the last payment are only sent at the end of the file: so an interrupted replay can be resumed
  by counting what is on the log.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import numpy as np

from models.messages import encode
from streams.sources.files import tables
from streams.sources.files.mapping import NO_TIME, MappedRows, map_rows
from streams.sources.files.pending_labels import PendingLabels
from streams.sources.files.replay_map import ReplayMap, check_columns


class MessageKind(IntEnum):
    """What one message of the stream is."""

    PAYMENT = 0
    LABEL = 1
    UNREADABLE = 2


@dataclass
class MessageBatch:
    """Messages in order. Unreadable lines have no key."""

    kinds: list[MessageKind] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.values)

    def add(self, kind: MessageKind, keys: list[str], values: list[bytes]) -> None:
        """Append messages of one kind."""
        self.kinds.extend([kind] * len(values))
        self.keys.extend(keys)
        self.values.extend(values)


class DataSetLog:
    """The stream of one file. Raises `Misconfigured` at once when the map does not fit the file."""

    def __init__(self, path: Path, replay_map: ReplayMap, limit: int | None = None) -> None:
        check_columns(replay_map, tables.column_names(path), str(path))
        rows = tables.row_count(path)
        self.payments = rows if limit is None or rows is None else min(rows, limit)
        self._path, self._map, self._limit = path, replay_map, limit
        self._now = NO_TIME
        self._pending = PendingLabels()

    def __iter__(self) -> Iterator[MessageBatch]:
        seen = 0
        for rows in tables.read(self._path, list(self._map.columns()), self._limit):
            seen += rows.columns.num_rows + len(rows.unreadable)
            messages = self._merged(map_rows(rows.columns, self._map))
            messages.add(MessageKind.UNREADABLE, [""] * len(rows.unreadable), rows.unreadable)
            yield messages
        if self._limit is None or seen < self._limit or seen == self.payments == tables.row_count(self._path):
            yield self._rest()

    def _merged(self, mapped: MappedRows) -> MessageBatch:
        count = len(mapped.payments)
        keys = [str(payment.payment_id) for payment in mapped.payments]
        values = [encode(payment) for payment in mapped.payments]
        running = np.maximum.accumulate(np.maximum(mapped.occurred_at, self._now))
        self._now = int(running[-1]) if count else self._now
        rows = [row for row, label in enumerate(mapped.labels) if label is not None]
        labels = [(keys[row], encode(mapped.labels[row])) for row in rows]
        messages, done = MessageBatch(), 0
        for place, (key, value) in self._pending.due(running, rows, mapped.release[rows], labels):
            if place > done:
                messages.add(MessageKind.PAYMENT, keys[done:place], values[done:place])
                done = place
            messages.add(MessageKind.LABEL, [key], [value])
        messages.add(MessageKind.PAYMENT, keys[done:], values[done:])
        return messages

    def _rest(self) -> MessageBatch:
        messages = MessageBatch()
        for key, value in self._pending.rest():
            messages.add(MessageKind.LABEL, [key], [value])
        return messages
