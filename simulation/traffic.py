"""The messages of a simulation in the order they are sent: payments, broken ones, second sendings, labels.

A second sending has the same bytes and follows its payment after 1 to 8,192 payments; a label follows its
payment after 4,096 to 12,287. Memory is bounded by that reach: at most 12,288 payments' extras wait.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np

from models.messages import encode
from simulation.breakage import BREAKAGES
from simulation.draws import Draws
from simulation.simulator import Block, Simulator
from simulation.stories import StoryKind

_AGAIN, _KNOWN = 30, 31
AGAIN_REACH: Final = 8192
LABEL_FROM: Final = 4096
LABEL_REACH: Final = 8192


class Sending(IntEnum):
    """What one sent message is."""

    PAYMENT = 0
    DUPLICATE = 1
    MALFORMED = 2
    LABEL = 3


@dataclass(frozen=True, order=True)
class Extra:
    """A message due just before the payment with index `due`; `origin` settles ties."""

    due: int
    origin: int
    sending: Sending
    key: str = field(compare=False)
    value: bytes = field(compare=False)


@dataclass(frozen=True)
class Batch:
    """Messages to send in this order. `reasons` counts the dead letters to expect by reason."""

    sendings: list[Sending]
    keys: list[str]
    values: list[bytes]
    reasons: dict[str, int]

    def __len__(self) -> int:
        return len(self.values)


class Traffic:
    """Cuts a simulation into batches. Where it is cut changes neither the messages nor their order."""

    def __init__(self, simulator: Simulator, labels: bool = False) -> None:
        self._simulator = simulator
        self._labels = labels
        self._draws = Draws(simulator.seed)
        self._waiting: list[Extra] = []

    def batch(self, first: int, count: int) -> Batch:
        """The payments `[first, first + count)` with the extras that fall due among them. Call in order."""
        block = self._simulator.block(first, count)
        values = [encode(payment) for payment in block.payments]
        keys = [payment.payment_id for payment in block.payments]
        sendings = [Sending.PAYMENT] * count
        reasons: dict[str, int] = {}
        for row in np.flatnonzero(block.breakage >= 0).tolist():
            _, reason, broken = BREAKAGES[block.breakage[row]]
            values[row], sendings[row] = broken(block.payments[row]), Sending.MALFORMED
            reasons[reason] = reasons.get(reason, 0) + 1
        self._remember(first, block, values)
        return self._merged(first, count, Batch(sendings, keys, values, reasons))

    def rest(self) -> Batch:
        """The second sendings still due after the last payment; labels not yet known stay unsent."""
        extras = [extra for extra in sorted(self._waiting) if extra.sending is Sending.DUPLICATE]
        self._waiting.clear()
        return Batch([e.sending for e in extras], [e.key for e in extras], [e.value for e in extras], {})

    def _remember(self, first: int, block: Block, values: list[bytes]) -> None:
        at = np.arange(first, first + len(values), dtype=np.uint64)
        rows = np.flatnonzero(block.duplicated)
        after = self._draws.below(AGAIN_REACH, _AGAIN, at[rows])
        for row, wait in zip(rows.tolist(), after.tolist(), strict=True):
            key = block.payments[row].payment_id
            self._wait(Extra(first + row + 1 + wait, first + row, Sending.DUPLICATE, key, values[row]))
        if self._labels:
            self._remember_labels(first, block)

    def _remember_labels(self, first: int, block: Block) -> None:
        count = len(block.payments)
        fraud = block.kinds >= StoryKind.CARD_TESTING
        rows = np.flatnonzero((fraud | self._simulator.labelled(first, count)) & (block.breakage < 0))
        origins = (first + rows).astype(np.uint64)
        due = origins.astype(np.int64) + LABEL_FROM + self._draws.below(LABEL_REACH, _KNOWN, origins)
        known = self._simulator.occurred_at(due.astype(np.uint64))
        for row, at, known_at in zip(rows.tolist(), due.tolist(), known.tolist(), strict=True):
            payment = block.payments[row]
            label = self._simulator.label(payment, StoryKind(int(block.kinds[row])), known_at)
            self._wait(Extra(at, first + row, Sending.LABEL, payment.payment_id, encode(label)))

    def _wait(self, extra: Extra) -> None:
        heapq.heappush(self._waiting, extra)

    def _merged(self, first: int, count: int, own: Batch) -> Batch:
        merged = Batch([], [], [], own.reasons)
        done = 0
        for extra in self._due(first + count):
            until = max(extra.due - first, done)
            _extend(merged, own, done, until)
            _append(merged, extra)
            done = until
        _extend(merged, own, done, count)
        return merged

    def _due(self, end: int) -> Iterator[Extra]:
        """Extras due before the payment `end`: one due at `end` waits, for its payment is not yet there."""
        while self._waiting and self._waiting[0].due < end:
            yield heapq.heappop(self._waiting)


def _extend(batch: Batch, own: Batch, start: int, stop: int) -> None:
    batch.sendings.extend(own.sendings[start:stop])
    batch.keys.extend(own.keys[start:stop])
    batch.values.extend(own.values[start:stop])


def _append(batch: Batch, extra: Extra) -> None:
    batch.sendings.append(extra.sending)
    batch.keys.append(extra.key)
    batch.values.append(extra.value)
