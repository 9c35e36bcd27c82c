"""Puts the bench's payments on a topic: simulated traffic, nothing sent twice, nothing broken.

    python -m bench.payments --bootstrap HOST:PORT --home DIR --engine NAME --count N [--by-card]

With `--by-card` the same payments go to `NAME.by-card`, keyed by card token: what keyed stream libraries
group by.
"""

import time

import click
from confluent_kafka import Producer

from bench.place import announce
from models.messages.codec import encode
from simulation.traffic import SimulatedPayments, TrafficParameters
from streams.kafka.client import sender_settings
from streams.sources.simulated.simulate import SimulateOptions, simulate

SEED = 3
EVENT_RATE = 10_000.0
"""Payments a second of event time."""
BLOCK = 4096


def load(bootstrap: str, engine: str, count: int) -> None:
    """`count` payments on the engine's topic, the last of them about now in event time."""
    start = int(time.time() * 1000 - count / EVENT_RATE * 1000)
    simulate(bootstrap, engine, SimulateOptions(rate=None, count=count, seed=SEED, start_ms=start))


def load_by_card(bootstrap: str, topic: str, count: int) -> None:
    """The first `count` of the same payments, keyed by card and not compressed (Faust cannot read lz4)."""
    start = int(time.time() * 1000 - count / EVENT_RATE * 1000)
    simulated = SimulatedPayments(TrafficParameters(SEED), start_ms=start, rate=EVENT_RATE)
    producer = Producer({**sender_settings(bootstrap), "compression.type": "none"})
    for first in range(0, count, BLOCK):
        for payment in simulated.payments(first, min(BLOCK, count - first)):
            producer.produce(topic, encode(payment), payment.method.token)
        producer.flush(60)


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", required=True, expose_value=False)
@click.option("--engine", required=True)
@click.option("--count", type=int, required=True)
@click.option("--by-card", is_flag=True)
def main(bootstrap: str, engine: str, count: int, by_card: bool) -> None:
    """Load payments."""
    began = time.perf_counter()
    if by_card:
        load_by_card(bootstrap, f"{engine}.by-card", count)
    else:
        load(bootstrap, engine, count)
    announce({"payments": count, "seconds": round(time.perf_counter() - began, 2)})


if __name__ == "__main__":
    main()
