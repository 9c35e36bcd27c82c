"""A world of payments whose ids tell their truth, and in which a verdict has consequences.

Invariant: every payment is a pure function of (parameters, index), and its id is the parameters and the
index, so truth and aftermath need the id alone. Which payments are asked for together changes nothing.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from models.arrays import UInt64s
from models.messages import Payment, Verdict
from models.units import DAY_MS
from simulation.aftermath import Aftermath, PotentialOutcomes, ScheduledMessage
from simulation.chance import Permutation, unspell
from simulation.payments import DAYS_MAX, PaymentColumns, WorldParameters, checked_seed, parsed_world_id
from simulation.world.society import Society
from simulation.world.spelling import spelled_ids, spelled_payments
from simulation.world.truth import PaymentTruth, truth_at


class World:
    """`per_day` payments on an average day at the beginning, `days` days from `start_ms` (a midnight, UTC).

    `fraud` is the share of fraudulent attempts, kept to a ten-thousandth since the id carries it.

    >>> world = World(7, 1_735_689_600_000, per_day=200, days=3)
    >>> payment = world.day(2)[5]
    >>> truth_of(payment.payment_id) == world.truth(payment.payment_id)
    True
    """

    def __init__(
        self, seed: int, start_ms: int, *, per_day: int = 1_000, days: int = 90, fraud: float = 0.011
    ) -> None:
        if start_ms % DAY_MS:
            raise ValueError(
                f"a world begins at midnight UTC: {start_ms - start_ms % DAY_MS}, not {start_ms}"
            )
        if not 1 <= days <= DAYS_MAX:
            raise ValueError(f"{days} days are not within 1..{DAYS_MAX}")
        self.parameters = WorldParameters(
            checked_seed(seed), start_ms // DAY_MS, per_day, round(fraud * 10_000)
        )
        self.days, self.start_ms = days, start_ms
        self.society = Society(self.parameters)
        self._shuffle = Permutation(seed)

    def day(self, number: int) -> list[Payment]:
        """All payments of day `number`, from 0, in order of time."""
        return self.spelled(self.columns(number))

    def blocks(self, number: int, size: int = 16_384) -> Iterator[list[Payment]]:
        """The same payments, spelled out `size` at a time."""
        paid = self.columns(number)
        for start in range(0, len(paid), size):
            yield self.spelled(paid.taken(np.arange(start, min(start + size, len(paid)))))

    def columns(self, number: int) -> PaymentColumns:
        """The payments of a day as columns: about 200 bytes a payment."""
        if not 0 <= number < self.days:
            raise ValueError(f"day {number} is not within 0..{self.days - 1}")
        return self.society.day(number)

    def spelled(self, paid: PaymentColumns) -> list[Payment]:
        """These payments as messages."""
        ids = spelled_ids(paid.index, self._shuffle, self.parameters.prefix)
        return spelled_payments(paid, self.society.shops, ids)

    def truth(self, payment_id: str) -> PaymentTruth:
        """What is true of the payment with this id. Raises ValueError for an id of no payment here."""
        return self.truths([payment_id])[0]

    def truths(self, payment_ids: Sequence[str]) -> list[PaymentTruth]:
        """The same for many, hundreds of times quicker."""
        index = self.indexes(payment_ids)
        outcomes = self.potential_outcomes(self.paid(index))
        return [truth_at(number, outcomes, row) for row, number in enumerate(index.tolist())]

    def aftermath(self, payment: Payment, verdict: Verdict) -> list[ScheduledMessage]:
        """Everything that will happen to this payment after this verdict, in order of time."""
        return self.aftermaths([payment], [verdict])[0]

    def aftermaths(
        self, payments: Sequence[Payment], verdicts: Sequence[Verdict]
    ) -> list[list[ScheduledMessage]]:
        """The same for many, hundreds of times quicker."""
        outcomes = self.potential_outcomes(self.paid(self.indexes([p.payment_id for p in payments])))
        return [
            Aftermath(payment, outcomes, row).after(verdict)
            for row, (payment, verdict) in enumerate(zip(payments, verdicts, strict=True))
        ]

    def potential_outcomes(self, paid: PaymentColumns) -> PotentialOutcomes:
        """What would become of these payments."""
        return self.society.potential_outcomes(paid)

    def paid(self, index: UInt64s) -> PaymentColumns:
        """The payments with these indexes, in their order. Raises ValueError where there is none."""
        return self.society.paid(index)

    def indexes(self, payment_ids: Sequence[str]) -> UInt64s:
        """The indexes behind ids. Raises ValueError for an id of another world."""
        return np.array([self._index(payment_id) for payment_id in payment_ids], np.uint64)

    def _index(self, payment_id: str) -> int:
        parameters, word = parsed_world_id(payment_id)
        if parameters != self.parameters:
            raise ValueError(
                f"{payment_id!r} is of another world: its ids begin with {self.parameters.prefix!r}"
            )
        return self._shuffle.invert(unspell(word))


def truth_of(payment_id: str) -> PaymentTruth:
    """The truth behind a world's payment, from its id alone. Raises ValueError for other ids."""
    parameters, _ = parsed_world_id(payment_id)
    return _of(parameters).truth(payment_id)


@lru_cache(maxsize=4)
def _of(parameters: WorldParameters) -> World:
    fraud = parameters.fraud / 10_000
    return World(parameters.seed, parameters.start_ms, per_day=parameters.per_day, days=DAYS_MAX, fraud=fraud)
