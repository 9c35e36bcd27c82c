"""Payments of a world on fast forward: one after the other, evenly spaced in time, at any rate.

Position n is the n-th payment: `PER_DAY` of them are a day of the world, in order of its time. Its `index`
in the world, hence what is true of it, depends on the seed alone; rate and start only place it in time. An
account is as old as in the world; delays after a payment shrink as days do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from models.arrays import Bools, Int64s
from models.messages import Outcome, Payment, Verdict
from models.units import DAY_MS
from simulation.aftermath import Aftermath
from simulation.chance import Chance, Permutation
from simulation.payments import PaymentColumns
from simulation.traffic.delivery import Deliveries, deliveries
from simulation.traffic.parameters import DAYS, FIRST_DAY, PER_DAY, TrafficParameters
from simulation.traffic.variety import variety
from simulation.world import Society, spelled_ids, spelled_payments

DAYS_PER_BLOCK: Final = 8
BLOCK: Final = DAYS_PER_BLOCK * PER_DAY
"""Payments that are made together: many, for then each is cheap."""


@dataclass(frozen=True)
class PaymentBlock:
    """The payments at `[first, first + BLOCK)`."""

    first: int
    columns: PaymentColumns
    payments: list[Payment]
    deliveries: Deliveries
    chance: Chance


class SimulatedPayments:
    """Payments by position. `rate`: payments a second of event time; `start_ms`: that of position 0.

    >>> simulated = SimulatedPayments(TrafficParameters(7), start_ms=1_780_000_000_000, rate=100.0)
    >>> payment = simulated.payments(20_000, 1)[0]
    >>> payment.occurred_at - 1_780_000_000_000
    200000
    """

    def __init__(self, parameters: TrafficParameters, *, start_ms: int = 0, rate: float = 1000.0) -> None:
        if not rate > 0:
            raise ValueError(f"a rate of {rate} payments a second is not above 0")
        self.parameters, self.start_ms, self.rate = parameters, start_ms, rate
        self._shuffle = Permutation(parameters.seed)
        self._society = lru_cache(maxsize=2)(self._made_society)
        self.block = lru_cache(maxsize=2)(self._made_block)

    @property
    def speed(self) -> float:
        """Milliseconds of event time to one of the world's."""
        return PER_DAY * 1000.0 / self.rate / DAY_MS

    def times(self, positions: Int64s) -> Int64s:
        """Event times (epoch ms) of positions."""
        times: Int64s = self.start_ms + np.floor(positions * (1000.0 / self.rate)).astype(np.int64)
        return times

    def payments(self, first: int, count: int) -> list[Payment]:
        """The payments at `[first, first + count)`."""
        return [p for block, start, stop in self._parts(first, count) for p in block.payments[start:stop]]

    def fraud(self, first: int, count: int) -> Bools:
        """Which of them are fraud."""
        parts = [block.columns.fraud[start:stop] for block, start, stop in self._parts(first, count)]
        return np.concatenate([np.zeros(0, np.bool_), *parts])

    def outcomes(self, first: int, count: int) -> Iterator[tuple[int, Outcome]]:
        """(position, what the issuer answers, and captures and refunds) of payments that are approved.

        The later ones of a payment follow its first; sort by `Outcome.at` for their order in time.
        """
        for block, start, stop in self._parts(first, count):
            columns = block.columns.taken(np.arange(start, stop))
            drawn = self._society(self._world(block.first)).potential_outcomes(columns)
            for row, payment in enumerate(block.payments[start:stop]):
                for scheduled in Aftermath(payment, drawn, row).after(Verdict.APPROVE):
                    if isinstance(scheduled.message, Outcome):
                        delay = int((scheduled.at_ms - payment.occurred_at) * self.speed)
                        at_ms = payment.occurred_at + max(delay, 1)
                        yield block.first + start + row, msgspec.structs.replace(scheduled.message, at=at_ms)

    def _parts(self, first: int, count: int) -> Iterator[tuple[PaymentBlock, int, int]]:
        """Blocks with the rows of them that are asked for."""
        for number in range(first // BLOCK, (first + count - 1) // BLOCK + 1):
            start = number * BLOCK
            yield self.block(number), max(first - start, 0), min(first + count - start, BLOCK)

    def _made_block(self, number: int) -> PaymentBlock:
        first = number * BLOCK
        parameters = self.parameters.of_world(self._world(first))
        society = self._society(parameters.world)
        day = FIRST_DAY + first // PER_DAY % DAYS
        columns = society.steady_days(day, DAYS_PER_BLOCK, PER_DAY)
        self._place_in_time(columns, society.start_ms, np.arange(first, first + BLOCK))
        ids = spelled_ids(columns.index, self._shuffle, parameters.prefix)
        payments = spelled_payments(columns, society.shops, ids, variety(society.chance, columns))
        sent = deliveries(parameters, society.chance, columns.index)
        return PaymentBlock(first, columns, payments, sent, society.chance)

    def _place_in_time(self, columns: PaymentColumns, world_start_ms: int, positions: Int64s) -> None:
        """From the world's time to event time, in place."""
        times = self.times(positions)
        age = columns.occurred_at - columns.created_at
        old = columns.created_at < world_start_ms
        since = np.where(old, columns.created_at + (self.start_ms - world_start_ms), times - age)
        columns.created_at, columns.occurred_at = np.maximum(since, 0), times

    @staticmethod
    def _world(position: int) -> int:
        return position // (DAYS * PER_DAY)

    def _made_society(self, world: int) -> Society:
        return Society(self.parameters.of_world(world).people, steady=True)
