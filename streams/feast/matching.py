"""Which payment a logged vector is of: vectors name payments, payments say who took part.

Invariants
- An engine logs vectors in the order of its payments. So the payments at and before the one that was matched
  last are no longer needed, and reading may resume after it at a restart.
- Bounded: at most `WAITING_MAX` payments wait for their vectors; when full, nothing more is read until
  vectors came, and where the next vector's payment is not among those that wait, the oldest give way.
"""

from collections import deque
from dataclasses import dataclass, field

from models.messages import Payment

WAITING_MAX = 50_000
Key = tuple[str, str, int, str]


def key_of(payment: Payment) -> Key:
    """What identifies one decision."""
    return payment.merchant_account, payment.payment_id, payment.attempt, payment.phase.value


@dataclass
class WaitingPayments:
    """Payments read and not yet matched, by place on the log."""

    position: int = 0
    """Offset from which payments are needed after a restart."""
    limit: int = WAITING_MAX
    _order: deque[tuple[int, Key]] = field(default_factory=deque)
    _payments: dict[Key, tuple[int, Payment]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._order)

    @property
    def is_full(self) -> bool:
        return len(self._order) >= self.limit

    def add(self, offset: int, payment: Payment) -> None:
        """A payment at this offset; of a repeated one the first counts, as for the engine."""
        key = key_of(payment)
        self._order.append((offset, key))
        self._payments.setdefault(key, (offset, payment))

    def take(self, key: Key) -> Payment | None:
        """The payment of a vector, or None while it has not been read. Older ones are forgotten."""
        found = self._payments.get(key)
        if found is None:
            return None
        offset, payment = found
        self._forget(offset)
        return payment

    def give_way(self) -> None:
        """Forgets the older half: their vectors are not coming, or never had any."""
        if self._order:
            self._forget(self._order[len(self._order) // 2][0])

    def _forget(self, offset: int) -> None:
        while self._order and self._order[0][0] <= offset:
            first, key = self._order.popleft()
            if self._payments.get(key, (first,))[0] <= offset:
                self._payments.pop(key, None)
        self.position = max(self.position, offset + 1)
