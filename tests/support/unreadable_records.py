"""Records that Kafka takes and its clients cannot read."""

import time

from confluent_kafka import Producer

from streams.kafka.client import UNPACKED_BYTES_MAX


def send_unreadable(bootstrap: str, topic: str, records: int = 1) -> None:
    """One batch of a few kilobytes that unpacks to more than a client takes.

    Only the number of records may complete the batch: a flush sends what is queued by then, and the client
    queues records one by one when it learns the topic's partitions.
    """
    settings = {"compression.type": "zstd", "message.max.bytes": 200_000_000, "batch.size": 100_000_000}
    settings |= {"batch.num.messages": records, "linger.ms": 60_000}
    producer = Producer({"bootstrap.servers": bootstrap, **settings})
    for _ in range(records):
        producer.produce(topic, bytes(UNPACKED_BYTES_MAX // records + 1_000_000))
    end = time.monotonic() + 30
    while len(producer) and time.monotonic() < end:
        producer.poll(0.1)
    assert len(producer) == 0
