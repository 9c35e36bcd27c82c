"""The issuer in a crash test: answers the simulated payments, some twice, and knows a few frauds at once.

    python -m tests.crash.issuer --bootstrap HOST:PORT --engine NAME --seed N --count N --seconds S

A process of its own, so that a broker that is killed meanwhile delays it and nothing else; it ends with the
run that started it. The same seed gives the same payments as `tollgate simulate`, so the answers need no
reading of the log.
"""

import os
import time
from collections.abc import Iterator

import click
from confluent_kafka import Producer

from models.messages import Label, LabelValue, Outcome, Payment, encode, tokens_of
from simulation.traffic import SimulatedPayments, TrafficParameters
from streams.kafka.topics import Topics

BLOCK = 200
DELIVERED_S = 300
DUPLICATES, MALFORMED = 0.02, 0.01
"""As the simulation's: they are part of a payment's id."""


def answers(simulated: SimulatedPayments, first: int, count: int) -> list[Outcome | Label]:
    """What the issuer answers to every other payment, and labels of a few, in order of time."""
    outcomes = [outcome for position, outcome in simulated.outcomes(first, count) if position % 2]
    labels = labels_of(simulated.payments(first, count), first)
    return sorted([*outcomes, *labels], key=lambda a: a.known_at if isinstance(a, Label) else a.at)


def labels_of(payments: list[Payment], first: int) -> Iterator[Label]:
    """Of one payment in 29, at once; right or wrong does not matter here."""
    for position, payment in enumerate(payments, first):
        if position % 29 == 5:
            yield Label(
                payment.merchant_account, payment.payment_id,
                LabelValue.FRAUD if position % 2 else LabelValue.LEGITIMATE, payment.occurred_at + 100,
                payment.occurred_at, payment.amount, payment.currency, tokens_of(payment), payment.attempt,
            )  # fmt: skip


def records(answered: list[Outcome | Label]) -> list[tuple[str, bytes]]:
    """(role, record); every seventh comes twice."""
    made = [("labels" if isinstance(answer, Label) else "outcomes", encode(answer)) for answer in answered]
    return [record for row, record in enumerate(made) for _ in range(2 if row % 7 == 0 else 1)]


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--engine", required=True)
@click.option("--seed", type=int, required=True)
@click.option("--count", type=int, required=True)
@click.option("--seconds", type=float, required=True)
def main(bootstrap: str, engine: str, seed: int, count: int, seconds: float) -> None:
    """Send the answers at the pace of the payments."""
    started_by = os.getppid()
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5})
    parameters = TrafficParameters.of_shares(seed, DUPLICATES, 0.0, MALFORMED)
    start_ms, topics = int(time.time() * 1000), Topics(engine)
    simulated = SimulatedPayments(parameters, start_ms=start_ms, rate=count / seconds)
    began = time.monotonic()
    for first in range(0, count, BLOCK):
        for role, value in records(answers(simulated, first, min(BLOCK, count - first))):
            producer.produce(topics[role], value)
        producer.poll(0)
        while (early := began + seconds * (first + BLOCK) / count - time.monotonic()) > 0:
            time.sleep(min(early, 1.0))
            _end_with(started_by)
    until = time.monotonic() + DELIVERED_S
    while (left := producer.flush(1)) and time.monotonic() < until:
        _end_with(started_by)
    if left:
        raise SystemExit(f"{left} answers were not delivered")


def _end_with(parent: int) -> None:
    """The run that started this may have been killed."""
    if os.getppid() != parent:
        raise SystemExit("the run that wanted answers is over")


if __name__ == "__main__":
    main()
