"""What an engine would have read of simulated traffic: payments, labels and outcomes in order of time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.arrays import Bools, Int64s
from models.messages import Label, Outcome, Payment
from simulation.traffic import SimulatedPayments, Traffic, TrafficParameters

Message = Payment | Outcome | Label

START_MS: Final = 1_700_000_000_000


@dataclass(frozen=True)
class SimulatedHistory:
    """Messages of one simulation."""

    messages: list[Message]
    """In order of time."""

    times: Int64s
    """When each happened (epoch ms)."""

    fraud: Bools
    """Of the payments."""


def simulated_history(seed: int, count: int, rate: float, *, outcomes: bool = True) -> SimulatedHistory:
    """`count` payments at `rate` a second of event time, with labels, and with outcomes if wanted.

    What comes after the last payment is left out.
    """
    simulated = SimulatedPayments(TrafficParameters(seed), start_ms=START_MS, rate=rate)
    payments = simulated.payments(0, count)
    later = [*_labels(simulated, count)]
    if outcomes:
        later += [(outcome.at, outcome) for _, outcome in simulated.outcomes(0, count)]
    later = [(time_ms, message) for time_ms, message in later if time_ms <= payments[-1].occurred_at]
    messages: list[Message] = [*payments, *(message for _, message in later)]
    times = np.array([p.occurred_at for p in payments] + [time_ms for time_ms, _ in later], np.int64)
    order = np.argsort(times, kind="stable")
    return SimulatedHistory(
        [messages[row] for row in order.tolist()], times[order], simulated.fraud(0, count)
    )


def _labels(simulated: SimulatedPayments, count: int) -> Iterator[tuple[int, Message]]:
    for _, label in Traffic(simulated).labels(0, count):
        yield label.known_at, label
