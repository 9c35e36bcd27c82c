"""Sends payments at a steady rate and notes when each was handed to Kafka's client.

The messages are made before the clock runs. One line when they are ready; then it waits for a line on
standard input, sends, and leaves the wall clock of every payment (ns, in order of sending) in `--out`.
"""

import sys
import time
from pathlib import Path

import click
import msgspec
import numpy as np
from confluent_kafka import Producer

from bench.place import announce
from simulation.traffic import SimulatedPayments, Traffic, TrafficParameters
from streams.kafka import cloudevents
from streams.kafka.client import sender_settings
from streams.kafka.topics import Topics

TICK_S = 0.001
LINGER_MS = 1
START_SLACK_MS = 15_000
"""Event time begins about when sending will: making the messages takes a while."""


def messages(seed: int, rate: float, count: int) -> tuple[list[str], list[bytes]]:
    """Keys and bodies of `count` payments that happen at `rate`."""
    start_ms = int(time.time() * 1000) + START_SLACK_MS
    batch = Traffic(SimulatedPayments(TrafficParameters(seed), start_ms=start_ms, rate=rate)).batch(0, count)
    return batch.keys, batch.values


def send(
    bootstrap: str, engine: str, keys: list[str], values: list[bytes], rate: float
) -> tuple[np.ndarray, float]:
    """Sends message n at n / rate seconds; wall clocks (ns) of handing over, and the worst delay (s)."""
    producer = Producer({**sender_settings(bootstrap), "linger.ms": LINGER_MS})
    topic = Topics(engine)["payments"]
    stamps = np.zeros(len(keys), np.int64)
    began, sent, behind = time.perf_counter(), 0, 0.0
    while sent < len(keys):
        elapsed = time.perf_counter() - began
        due = min(int(elapsed * rate) + 1, len(keys))
        behind = max(behind, elapsed - sent / rate)
        for at in range(sent, due):
            stamps[at] = time.time_ns()
            producer.produce(
                topic, values[at], keys[at], headers=cloudevents.headers(engine, "payment", keys[at])
            )
        sent = due
        producer.poll(0)
        time.sleep(TICK_S)
    producer.flush(30)
    return stamps, behind


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", required=True, expose_value=False)
@click.option("--engine", required=True)
@click.option("--seed", type=int, required=True)
@click.option("--rate", type=float, required=True)
@click.option("--count", type=int, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(bootstrap: str, engine: str, seed: int, rate: float, count: int, out: Path) -> None:
    """Send payments at a rate."""
    keys, values = messages(seed, rate, count)
    announce({"ready": count})
    sys.stdin.readline()
    cpu = time.process_time()
    stamps, behind = send(bootstrap, engine, keys, values, rate)
    seconds = (stamps[-1] - stamps[0]) / 1e9
    out.write_bytes(msgspec.msgpack.encode((keys, stamps.tolist())))
    announce({"sent": count, "rate": (count - 1) / seconds, "behind_ms": behind * 1000,
              "cpu_us": (time.process_time() - cpu) / count * 1e6})  # fmt: skip


if __name__ == "__main__":
    main()
