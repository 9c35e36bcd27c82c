"""How a payment is sent, and the fraud in it: all from its id alone.

Invariant: a pure function of (parameters, index); where and when it is sent changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from models.arrays import Bools, Int64s, UInt64s
from models.messages import DeadLetterReason
from simulation.chance import Chance, Permutation, Purpose, unspell
from simulation.payments import Scenario, scenarios_of
from simulation.traffic.breakage import BREAKAGES
from simulation.traffic.parameters import TrafficParameters, parsed_id
from simulation.world import Society


class Deliveries(NamedTuple):
    """How n payments are sent."""

    breakage: Int64s
    """Number in `BREAKAGES`, -1 for a payment that is whole."""

    duplicated: Bools
    """Sent twice, with the same body."""

    conflicting: Bools
    """Sent again with another body, which is refused."""


@dataclass(frozen=True)
class Delivery:
    """What is true of one simulated payment and its sending."""

    index: int
    scenario: Scenario
    fraud: bool
    duplicated: bool
    conflicting: bool
    malformed: str | None
    """How it is broken."""

    reason: DeadLetterReason | None
    """Why it is refused, if it is broken."""


def deliveries(parameters: TrafficParameters, chance: Chance, index: UInt64s) -> Deliveries:
    """How the payments with these indexes are sent. A broken one is sent once."""
    broken = chance.below(1000, Purpose.MALFORMED, index) < parameters.malformed
    breakage = np.where(broken, chance.below(len(BREAKAGES), Purpose.BREAKAGE, index), -1)
    duplicated = ~broken & (chance.below(1000, Purpose.DUPLICATE, index) < parameters.duplicates)
    conflicting = chance.below(1000, Purpose.CONFLICT, index) < parameters.conflicts
    return Deliveries(breakage, duplicated, conflicting & ~broken & ~duplicated)


def delivery_of(payment_id: str) -> Delivery:
    """The truth of a simulated payment, from its id alone. Raises ValueError for other ids."""
    return deliveries_of([payment_id])[0]


def deliveries_of(payment_ids: Sequence[str]) -> list[Delivery]:
    """The same for many ids of one simulation, hundreds of times quicker."""
    parsed = [parsed_id(payment_id) for payment_id in payment_ids]
    parameters = list(dict.fromkeys(parameters for parameters, _ in parsed))
    if len(parameters) > 1:
        raise ValueError(f"ids of several simulations: {', '.join(p.prefix for p in parameters)}")
    return _deliveries_of(parameters[0], [word for _, word in parsed]) if parsed else []


def _deliveries_of(parameters: TrafficParameters, words: Sequence[str]) -> list[Delivery]:
    society, shuffle = _society(parameters), Permutation(parameters.seed)
    index = np.array([shuffle.invert(unspell(word)) for word in words], np.uint64)
    sent = deliveries(parameters, society.chance, index)
    columns = (index, scenarios_of(index), society.frauds(index), sent.duplicated, sent.conflicting)
    return [
        Delivery(number, Scenario(scenario), fraud, duplicated, conflicting, *_refusal(breakage))
        for number, scenario, fraud, duplicated, conflicting, breakage in zip(
            *(column.tolist() for column in columns), sent.breakage.tolist(), strict=True
        )
    ]


def _refusal(breakage: int) -> tuple[str | None, DeadLetterReason | None]:
    if breakage < 0:
        return None, None
    return BREAKAGES[breakage].name, BREAKAGES[breakage].reason


@lru_cache(maxsize=8)
def _society(parameters: TrafficParameters) -> Society:
    return Society(parameters.people, steady=True)
