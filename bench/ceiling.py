"""The ceiling: what is left of the engine's job when nothing is computed.

Consume, decode every payment to the engine's own struct, produce the decision that the engine gave it (same
key, bytes and headers), in transactions of the engine's size and settings. Process CPU time, which counts
librdkafka's threads.
"""

import time
from typing import Any

import click
import msgspec
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.place import announce
from models.messages.payment import Payment
from streams.engine.process import spare_collector
from streams.kafka.client import consumer_settings, engine_output_settings
from streams.kafka.topics import Topics

TIMEOUT_S = 30.0
Recorded = list[tuple[bytes, bytes, Any]]


def reader(bootstrap: str, topic: str, offset: int) -> Consumer:
    """A consumer with the engine's settings, standing at `offset`."""
    consumer = Consumer(consumer_settings(bootstrap, f"{topic}-ceiling"))
    consumer.assign([TopicPartition(topic, 0, offset)])
    return consumer


def recorded(bootstrap: str, topic: str, offset: int, count: int) -> Recorded:
    """Key, value and headers of `count` decisions from `offset` on."""
    consumer = reader(bootstrap, topic, offset)
    kept: Recorded = []
    until = time.monotonic() + TIMEOUT_S
    while len(kept) < count and time.monotonic() < until:
        kept.extend(
            (m.key(), m.value(), m.headers()) for m in consumer.consume(2_000, 0.1) if m.error() is None
        )
    consumer.close()
    if len(kept) < count:
        raise SystemExit(f"{topic} holds {len(kept)} of {count} decisions from offset {offset}")
    return kept[:count]


class Ceiling:
    """The bare loop. `step` is one transaction."""

    def __init__(self, bootstrap: str, engine: str, offset: int, decisions: Recorded, batch: int) -> None:
        self.consumer = reader(bootstrap, Topics(engine)["payments"], offset)
        settings = engine_output_settings(bootstrap, f"{engine}-ceiling") | {"compression.type": "none"}
        self.producer = Producer(settings)
        self.producer.init_transactions(TIMEOUT_S)
        self.topic = f"{engine}.ceiling"
        self.batch = batch
        self.decisions = decisions
        self.done = 0
        self.batches = 0

    def step(self) -> None:
        """Reads up to a batch, decodes it, answers it."""
        messages = [
            m
            for m in self.consumer.consume(min(self.batch, len(self.decisions) - self.done), 0.05)
            if m.error() is None
        ]
        if not messages:
            return
        decode = msgspec.json.Decoder(Payment).decode
        payments = [decode(m.value()) for m in messages]
        self._answer(len(payments))
        self.done += len(payments)
        self.batches += 1

    def _answer(self, count: int) -> None:
        producer, topic = self.producer, self.topic
        produce = producer.produce
        producer.begin_transaction()
        for key, value, headers in self.decisions[self.done : self.done + count]:
            produce(topic, value, key, headers=headers)
        producer.flush(TIMEOUT_S)
        producer.commit_transaction(TIMEOUT_S)


def measure(ceiling: Ceiling, warm: int, count: int) -> dict[str, Any]:
    """CPU microseconds a decision over `count` decisions after `warm` others."""
    while ceiling.done < warm:
        ceiling.step()
    before, batches, cpu, wall = ceiling.done, ceiling.batches, time.process_time(), time.perf_counter()
    while ceiling.done < warm + count:
        ceiling.step()
    decided = ceiling.done - before
    return {
        "decisions": decided,
        "batches": ceiling.batches - batches,
        "cpu_us": (time.process_time() - cpu) / decided * 1e6,
        "wall_us": (time.perf_counter() - wall) / decided * 1e6,
    }


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", required=True, expose_value=False)
@click.option("--engine", required=True)
@click.option("--offset", type=int, required=True, help="Of the first payment.")
@click.option("--decisions", type=int, required=True, help="Offset of its decision.")
@click.option("--warm", type=int, required=True)
@click.option("--count", type=int, required=True)
@click.option("--batch", type=int, default=2_000)
def main(bootstrap: str, engine: str, offset: int, decisions: int, warm: int, count: int,
         batch: int) -> None:  # fmt: skip
    """Measure the ceiling."""
    kept = recorded(bootstrap, Topics(engine)["decisions"], decisions, warm + count)
    spare_collector()
    announce(measure(Ceiling(bootstrap, engine, offset, kept, batch), warm, count))


if __name__ == "__main__":
    main()
