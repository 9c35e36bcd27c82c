"""Messages in the order they are sent: payments, broken ones, second sendings, labels.

A second sending follows its payment after 1 to 8,192 payments, a label after 4,096 to 12,287. A label tells
the truth: every fraud gets one, and one in twenty of the others. (How labels really come to be known is the
world's aftermath.)

Invariant: what is sent at a position is a pure function of (parameters, position); any stretch can be made
without what goes before it, and where traffic is cut changes neither messages nor their order.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
import numpy as np

from models.arrays import Int64s
from models.messages import DeadLetterReason, Label, LabelValue, Payment, encode, tokens_of
from models.money import LIMITS
from simulation.chance import Purpose
from simulation.traffic.breakage import BREAKAGES
from simulation.traffic.payments import BLOCK, PaymentBlock, SimulatedPayments

SECOND_REACH: Final = 8_192
LABEL_FROM: Final = 4_096
LABEL_REACH: Final = 8_192
LABELLED_ONE_IN: Final = 20
_REACH: Final = LABEL_FROM + LABEL_REACH
"""A payment's last message follows it within so many payments."""


class Sending(IntEnum):
    """What one sent message is."""

    PAYMENT = 0
    DUPLICATE = 1
    MALFORMED = 2
    LABEL = 3
    CONFLICT = 4


class SentMessage(NamedTuple):
    """A message with its place: just before the payment at `due`, or the payment itself."""

    due: int
    origin: int
    """Position of the payment it is about."""

    sending: Sending
    key: str
    value: bytes
    reason: DeadLetterReason | None
    """Why it is refused, if it is."""
    answered: bool = False
    """Whether a refusal answers it."""


@dataclass(frozen=True)
class TrafficBatch:
    """Messages to send in this order."""

    messages: list[SentMessage]

    def __len__(self) -> int:
        return len(self.messages)

    @property
    def values(self) -> list[bytes]:
        """The bodies."""
        return [message.value for message in self.messages]

    @property
    def keys(self) -> list[str]:
        """The Kafka keys: payment ids."""
        return [message.key for message in self.messages]

    @property
    def sendings(self) -> Counter[Sending]:
        """How many there are of each kind."""
        return Counter(message.sending for message in self.messages)

    @property
    def reasons(self) -> Counter[DeadLetterReason]:
        """How many dead letters to expect, by reason."""
        return Counter(message.reason for message in self.messages if message.reason is not None)

    @property
    def refusals(self) -> int:
        """How many refusals to expect."""
        return sum(message.answered for message in self.messages)


class Traffic:
    """Messages about the payments from position `first` on; about earlier ones nothing is sent.

    `labels`: whether labels are sent as well.
    """

    def __init__(self, simulated: SimulatedPayments, *, labels: bool = False, first: int = 0) -> None:
        self._simulated, self._labels, self._first = simulated, labels, first
        self._followers = lru_cache(maxsize=4)(self._made_followers)
        self._block = lru_cache(maxsize=2)(self._made_block)

    def batch(self, first: int, count: int) -> TrafficBatch:
        """The payments at `[first, first + count)` with all that is due among them."""
        messages: list[SentMessage] = []
        for number in range(first // BLOCK, (first + count - 1) // BLOCK + 1):
            block, due = self._block(number)
            start, stop = np.searchsorted(due, [first, first + count]).tolist()
            messages += block[start:stop]
        return TrafficBatch(messages)

    def rest(self, end: int) -> TrafficBatch:
        """The second sendings still due once `end` is reached; labels not yet known stay unsent."""
        numbers = range(max(end - _REACH, 0) // BLOCK, end // BLOCK + 1)
        waiting = [m for number in numbers for m in self._followers(number) if m.origin < end <= m.due]
        return TrafficBatch(sorted(m for m in waiting if m.sending is not Sending.LABEL))

    def _made_block(self, number: int) -> tuple[list[SentMessage], Int64s]:
        """All messages due in a block, in order, and when each is due."""
        first = number * BLOCK
        block = self._simulated.block(number)
        numbers = range(max(first - _REACH, 0) // BLOCK, number + 1)
        followers = [m for n in numbers for m in self._followers(n) if first <= m.due < first + BLOCK]
        own = list(self._own(block))
        merged: list[SentMessage] = []
        start = 0
        for message in sorted(followers, key=lambda m: (m.due, m.origin)):
            merged += own[start : message.due - first]
            merged.append(message)
            start = message.due - first
        merged += own[start:]
        return merged, np.array([message.due for message in merged])

    def _own(self, block: PaymentBlock) -> Iterator[SentMessage]:
        """The payments, some of them broken."""
        breakages = block.deliveries.breakage.tolist()
        for position, (payment, breakage) in enumerate(
            zip(block.payments, breakages, strict=True), block.first
        ):
            key = payment.payment_id
            if breakage < 0:
                yield SentMessage(position, position, Sending.PAYMENT, key, encode(payment), None)
            else:
                _, reason, broken, answered = BREAKAGES[breakage]
                yield SentMessage(
                    position, position, Sending.MALFORMED, key, broken(payment), reason, answered
                )

    def _made_followers(self, number: int) -> list[SentMessage]:
        """What follows the payments of a block, here or in later blocks."""
        block = self._simulated.block(number)
        followers = list(self._second_sendings(block))
        if self._labels:
            followers += self._label_messages(block)
        return [message for message in followers if message.origin >= self._first]

    def _second_sendings(self, block: PaymentBlock) -> Iterator[SentMessage]:
        sent = block.deliveries
        rows = np.flatnonzero(sent.duplicated | sent.conflicting)
        wait = block.chance.below(SECOND_REACH, Purpose.SECOND_SENDING, block.columns.index[rows])
        for row, due in zip(rows.tolist(), (block.first + rows + 1 + wait).tolist(), strict=True):
            payment, origin = block.payments[row], block.first + row
            if sent.conflicting[row]:
                value, reason = encode(_conflicting(payment)), DeadLetterReason.CONFLICT
                yield SentMessage(due, origin, Sending.CONFLICT, payment.payment_id, value, reason, True)
            else:
                yield SentMessage(due, origin, Sending.DUPLICATE, payment.payment_id, encode(payment), None)

    def _label_messages(self, block: PaymentBlock) -> Iterator[SentMessage]:
        for due, origin, label in self._labelled(block):
            yield SentMessage(due, origin, Sending.LABEL, label.payment_id, encode(label), None)

    def labels(self, first: int, count: int) -> Iterator[tuple[int, Label]]:
        """(position at which it is due, label) of the payments at `[first, first + count)`."""
        for number in range(first // BLOCK, (first + count - 1) // BLOCK + 1):
            for due, origin, label in self._labelled(self._simulated.block(number)):
                if first <= origin < first + count:
                    yield due, label

    def _labelled(self, block: PaymentBlock) -> Iterator[tuple[int, int, Label]]:
        """(due, origin, label) of a block's payments."""
        index, fraud = block.columns.index, block.columns.fraud
        chosen = block.chance.below(LABELLED_ONE_IN, Purpose.LABELLED, index) == 0
        rows = np.flatnonzero((fraud | chosen) & (block.deliveries.breakage < 0))
        wait = LABEL_FROM + block.chance.below(LABEL_REACH, Purpose.LABEL_TIME, index[rows])
        due = block.first + rows + wait
        for row, due_at, known_at in zip(
            rows.tolist(), due.tolist(), self._simulated.times(due).tolist(), strict=True
        ):
            value = LabelValue.FRAUD if fraud[row] else LabelValue.LEGITIMATE
            yield due_at, block.first + row, _label(block.payments[row], value, known_at)


def _conflicting(payment: Payment) -> Payment:
    """The same payment for another amount, within the limits."""
    least, _ = LIMITS[payment.currency]
    other = payment.amount - 1 if payment.amount > least else payment.amount + 1
    return msgspec.structs.replace(payment, amount=other)


def _label(payment: Payment, value: LabelValue, known_at: int) -> Label:
    """As a dispute system would send it."""
    return Label(
        payment.merchant_account, payment.payment_id, value, known_at, payment.occurred_at,
        payment.amount, payment.currency, tokens_of(payment), payment.attempt, "simulator", True,
    )  # fmt: skip
