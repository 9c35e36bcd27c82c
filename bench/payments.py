"""Puts the bench's payments on a topic: simulated traffic, nothing sent twice, nothing broken.

    python -m bench.payments --bootstrap HOST:PORT --home DIR --engine NAME --count N [--by-card]

With `--by-card` the same payments go to `NAME.by-card`, keyed by card token: what keyed stream libraries
group by.
"""

import time

import click

from bench.place import announce
from streams.sources.sending import Sender
from streams.sources.simulate import SimulateOptions, simulate
from streams.sources.simulator import Simulator
from streams.sources.traffic import Traffic

SEED = 3
EVENT_RATE = 10_000.0
"""Payments a second of event time."""
BLOCK = 4096


def load(bootstrap: str, engine: str, count: int) -> None:
    """`count` payments on the engine's topic, the last of them about now in event time."""
    start = int(time.time() * 1000 - count / EVENT_RATE * 1000)
    simulate(bootstrap, engine, SimulateOptions(rate=None, count=count, seed=SEED, start_ms=start))


def load_by_card(bootstrap: str, topic: str, count: int) -> None:
    """The first `count` of the same payments, keyed by card."""
    start = int(time.time() * 1000 - count / EVENT_RATE * 1000)
    simulator = Simulator(SEED, start_ms=start, rate=EVENT_RATE)
    traffic = Traffic(simulator)
    with Sender(bootstrap, topic.partition(".")[0]) as sender:
        for first in range(0, count, BLOCK):
            size = min(BLOCK, count - first)
            cards = [payment.method.token for payment in simulator.block(first, size).payments]
            for card, value in zip(cards, traffic.batch(first, size).values, strict=True):
                sender.send(topic, "payment", card, value)


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
