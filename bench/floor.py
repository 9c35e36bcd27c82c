"""The floor of latency: a transaction with one message and one offset in it, again and again, nothing else
going on.
"""

import time

import click
import numpy as np
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.place import announce
from streams.kafka.client import consumer_settings, engine_output_settings
from streams.kafka.topics import Topics

TIMEOUT_S = 30.0
WARM = 100


def once(producer: Producer, consumer: Consumer, topic: str, position: TopicPartition) -> None:
    """One transaction, as the engine makes them."""
    producer.begin_transaction()
    producer.produce(topic, b"{}", b"key")
    producer.flush(TIMEOUT_S)
    producer.send_offsets_to_transaction([position], consumer.consumer_group_metadata(), TIMEOUT_S)
    producer.commit_transaction(TIMEOUT_S)


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", required=True, expose_value=False)
@click.option("--engine", required=True)
@click.option("--count", type=int, default=1_000)
def main(bootstrap: str, engine: str, count: int) -> None:
    """Measure empty transactions."""
    producer = Producer(engine_output_settings(bootstrap, f"{engine}-floor"))
    producer.init_transactions(TIMEOUT_S)
    consumer = Consumer(consumer_settings(bootstrap, f"{engine}-floor"))
    position = TopicPartition(Topics(engine)["payments"], 0, 0)
    taken = []
    for _ in range(WARM + count):
        began = time.perf_counter()
        once(producer, consumer, f"{engine}.floor", position)
        taken.append((time.perf_counter() - began) * 1000)
    p50, p99, p999 = np.percentile(taken[WARM:], (50, 99, 99.9))
    announce({"transactions": count, "p50_ms": p50, "p99_ms": p99, "p999_ms": p999})


if __name__ == "__main__":
    main()
