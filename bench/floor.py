"""The floor of latency: a transaction with one message in it, again and again, nothing else going on."""

import time

import click
import numpy as np
from confluent_kafka import Producer

from bench.place import announce
from streams.kafka.client import engine_output_settings

TIMEOUT_S = 30.0
WARM = 100


def once(producer: Producer, topic: str) -> None:
    """One transaction, as the engine makes them."""
    producer.begin_transaction()
    producer.produce(topic, b"{}", b"key")
    producer.flush(TIMEOUT_S)
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
    taken = []
    for _ in range(WARM + count):
        began = time.perf_counter()
        once(producer, f"{engine}.floor")
        taken.append((time.perf_counter() - began) * 1000)
    p50, p99, p999 = np.percentile(taken[WARM:], (50, 99, 99.9))
    announce({"transactions": count, "p50_ms": p50, "p99_ms": p99, "p999_ms": p999})


if __name__ == "__main__":
    main()
