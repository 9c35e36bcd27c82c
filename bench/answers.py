"""Reads the decisions of an engine as a payment service would, read_committed, and notes when each arrived.

One line when it stands at the topic's end; it leaves keys, wall clocks of arrival (ns), append timestamps
and `received_at` (ms) of every decision in `--out`.
"""

import time
from pathlib import Path
from typing import Any

import click
import msgspec
from confluent_kafka import Consumer, TopicPartition

from bench.place import announce
from models.messages.decision_view import decode_decision_view
from streams.kafka.admin import end_offsets
from streams.kafka.client import consumer_settings
from streams.kafka.topics import Topics

SILENCE_S = 20.0


def follow(consumer: Consumer, count: int) -> tuple[list[Any], list[int]]:
    """`count` messages and the wall clock (ns) at which each was in hand; fewer when none comes for long."""
    messages: list[Any] = []
    clocks: list[int] = []
    last = time.monotonic()
    while len(messages) < count and time.monotonic() - last < SILENCE_S:
        first = consumer.poll(0.1)
        if first is None or first.error() is not None:
            continue
        arrived = [first, *(m for m in consumer.consume(500, 0.0) if m.error() is None)]
        messages.extend(arrived)
        clocks.extend([time.time_ns()] * len(arrived))
        last = time.monotonic()
    return messages, clocks


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", required=True, expose_value=False)
@click.option("--engine", required=True)
@click.option("--count", type=int, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(bootstrap: str, engine: str, count: int, out: Path) -> None:
    """Read decisions."""
    topic = Topics(engine)["decisions"]
    consumer = Consumer(consumer_settings(bootstrap, f"{engine}-answers"))
    consumer.assign([TopicPartition(topic, 0, end_offsets(bootstrap, [topic])[topic])])
    consumer.poll(1.0)
    announce({"ready": True})
    messages, clocks = follow(consumer, count)
    out.write_bytes(
        msgspec.msgpack.encode(
            (
                [m.key().decode() for m in messages],
                clocks,
                [m.timestamp()[1] for m in messages],
                [decode_decision_view(m.value()).received_at for m in messages],
            )
        )
    )
    announce({"read": len(messages)})


if __name__ == "__main__":
    main()
