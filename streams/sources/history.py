"""A data set as the log it would have been: payments in file order, labels between them when they became
known.

Invariants - A label lies before the first payment of its time or later, and after its own payment. Time here
is the running maximum of the payments' times, as the engine's own time is. - The stream is a function of file
and map. With a limit it is a prefix of the whole stream, since labels still unknown after the last payment
are only sent at the end of the file: so a broken-off replay can be resumed by counting what lies on the log.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

import numpy as np

from models.messages import encode
from streams.sources import tables
from streams.sources.mapping import NO_TIME, Mapped, map_rows
from streams.sources.replay_map import ReplayMap, check_columns


class Kind(IntEnum):
    """What one message of the stream is."""

    PAYMENT = 0
    LABEL = 1
    UNREADABLE = 2


@dataclass
class Messages:
    """Messages in order. Unreadable lines have no key."""

    kinds: list[Kind] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.values)

    def add(self, kind: Kind, keys: list[str], values: list[bytes]) -> None:
        """Append messages of one kind."""
        self.kinds.extend([kind] * len(values))
        self.keys.extend(keys)
        self.values.extend(values)


@dataclass
class _Pending:
    """Labels not yet known, in order of release; at most as many as payments fall into the delay."""

    release: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    keys: list[str] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)


class History:
    """The stream of one file. Raises `Misconfigured` at once when the map does not fit the file."""

    def __init__(self, path: Path, replay_map: ReplayMap, limit: int | None = None) -> None:
        check_columns(replay_map, tables.column_names(path), str(path))
        rows = tables.row_count(path)
        self.payments = rows if limit is None or rows is None else min(rows, limit)
        self._path, self._map, self._limit = path, replay_map, limit
        self._now = NO_TIME
        self._pending = _Pending()

    def __iter__(self) -> Iterator[Messages]:
        seen = 0
        for rows in tables.read(self._path, list(self._map.columns()), self._limit):
            seen += rows.columns.num_rows + len(rows.unreadable)
            messages = self._merged(map_rows(rows.columns, self._map))
            messages.add(Kind.UNREADABLE, [""] * len(rows.unreadable), rows.unreadable)
            yield messages
        if self._limit is None or seen < self._limit or seen == self.payments == tables.row_count(self._path):
            yield self._rest()

    def _merged(self, mapped: Mapped) -> Messages:
        count = len(mapped.payments)
        keys = [str(payment.payment_id) for payment in mapped.payments]
        values = [encode(payment) for payment in mapped.payments]
        running = np.maximum.accumulate(np.maximum(mapped.occurred_at, self._now))
        self._now = int(running[-1]) if count else self._now
        before = self._places(mapped, keys, running)
        messages, done = Messages(), 0
        for place, key, value in before:
            if place > done:
                messages.add(Kind.PAYMENT, keys[done:place], values[done:place])
                done = place
            messages.add(Kind.LABEL, [key], [value])
        messages.add(Kind.PAYMENT, keys[done:], values[done:])
        return messages

    def _places(self, mapped: Mapped, keys: list[str], running: np.ndarray) -> list[tuple[int, str, bytes]]:
        """Labels known within these rows: (row they come before, key, bytes). The others stay pending."""
        old, rows = self._pending, [row for row, label in enumerate(mapped.labels) if label is not None]
        release = np.concatenate((old.release, mapped.release[rows]))
        label_keys = old.keys + [keys[row] for row in rows]
        label_values = old.values + [encode(mapped.labels[row]) for row in rows]
        after_own = np.concatenate((np.zeros(len(old.keys), np.int64), np.array(rows, np.int64) + 1))
        place = np.maximum(np.searchsorted(running, release, side="left"), after_own)
        order = np.lexsort((release, place))
        due = order[place[order] < len(running)].tolist()
        late = order[place[order] >= len(running)]
        late = late[np.argsort(release[late], kind="stable")]
        self._pending = _Pending(
            release[late],
            [label_keys[at] for at in late.tolist()],
            [label_values[at] for at in late.tolist()],
        )
        return [(int(place[at]), label_keys[at], label_values[at]) for at in due]

    def _rest(self) -> Messages:
        messages = Messages()
        messages.add(Kind.LABEL, self._pending.keys, self._pending.values)
        self._pending = _Pending()
        return messages
