"""The issuer in a crash test: answers the simulated payments, some twice, and knows a few frauds at once.

    python -m tests.crash.issuer --bootstrap HOST:PORT --engine NAME --seed N --count N --seconds S

A process of its own, so that a broker that is killed meanwhile delays it and nothing else. The same seed
gives the same payments as `tollgate simulate`, so the answers need no reading of the log.
"""

import time
from collections.abc import Iterator
from typing import Any

import click
from confluent_kafka import Producer

from models.messages.codec import encode
from models.messages.label import Label, LabelValue
from models.messages.outcome import DeclineGroup, Outcome, OutcomeKind, Tokens
from models.messages.payment import Payment
from simulation.simulator import Simulator
from streams.kafka.topics import Topics

BLOCK = 200
GROUPS = list(DeclineGroup)
DELIVERED_S = 300
DUPLICATES, MALFORMED = 0.02, 0.01
"""As the simulation's: they are part of a payment's id."""


def answers(payment: Payment, index: int) -> Iterator[Outcome | Label]:
    """Two of three payments are answered; one of nine declined; one of eleven captured; some are frauds."""
    customer = payment.customer.id if payment.customer else None
    tokens = Tokens(
        payment.method, payment.merchant.id, customer, payment.device_id, payment.ip, payment.email_token
    )
    shop, id = payment.merchant_account, payment.payment_id
    paid: Any = (payment.occurred_at, payment.amount, payment.currency, tokens, payment.attempt)
    answered_at = payment.occurred_at + 40
    if index % 9 == 1:
        declined: Any = (*paid, GROUPS[index % len(GROUPS)])
        yield Outcome(shop, id, OutcomeKind.DECLINED, answered_at, *declined)
    elif index % 3:
        yield Outcome(shop, id, OutcomeKind.AUTHORISED, answered_at, *paid)
    if index % 11 == 2:
        yield Outcome(shop, id, OutcomeKind.CAPTURED, answered_at + 30, *paid)
    if index % 29 == 5:
        yield Label(
            shop, id, LabelValue.FRAUD if index % 2 else LabelValue.LEGITIMATE, answered_at + 60, *paid
        )


def messages(seed: int, first: int, rate: float, start_ms: int) -> list[tuple[str, bytes]]:
    """(role, record) of one block of payments; every seventh record comes twice."""
    simulator = Simulator(seed, start_ms=start_ms, rate=rate, duplicates=DUPLICATES, malformed=MALFORMED)
    payments = simulator.block(first, BLOCK).payments
    made = [answer for index, p in enumerate(payments, first) for answer in answers(p, index)]
    records = [("labels" if isinstance(one, Label) else "outcomes", encode(one)) for one in made]
    return [record for at, record in enumerate(records) for _ in range(2 if at % 7 == 0 else 1)]


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--engine", required=True)
@click.option("--seed", type=int, required=True)
@click.option("--count", type=int, required=True)
@click.option("--seconds", type=float, required=True)
def main(bootstrap: str, engine: str, seed: int, count: int, seconds: float) -> None:
    """Send the answers at the pace of the payments."""
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 5})
    began, start_ms, topics = time.monotonic(), int(time.time() * 1000), Topics(engine)
    for first in range(0, count, BLOCK):
        time.sleep(max(0.0, began + seconds * first / count - time.monotonic()))
        for role, value in messages(seed, first, count / seconds, start_ms):
            producer.produce(topics[role], value)
        producer.poll(0)
    left = producer.flush(DELIVERED_S)
    if left:
        raise SystemExit(f"{left} answers were not delivered")


if __name__ == "__main__":
    main()
