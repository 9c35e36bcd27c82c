"""What readers of a topic get to see: every committed record.

By a plain consumer that shares nothing with ours.
"""

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

IDLE_MAX = 60


def committed(bootstrap: str, topic: str, start: int = 0) -> list[Message]:
    """The committed records of a topic's one partition from `start` to its end as it is now, in order."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "crash-test-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.queue.backoff.ms": 2,
        }
    )
    consumer.assign([TopicPartition(topic, 0, start)])
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=30)
        return _to_end(consumer, topic, end)
    finally:
        consumer.close()


def _to_end(consumer: Consumer, topic: str, end: int) -> list[Message]:
    """Up to `end`, or the event that says so: on a topic that grows all the while it may not come."""
    records: list[Message] = []
    idle = 0
    while idle < IDLE_MAX:
        found = consumer.consume(10_000, 0.5)
        idle = 0 if found else idle + 1
        for message in found:
            error = message.error()
            if error is None and message.offset() < end:
                records.append(message)
            elif error is None or error.code() == KafkaError._PARTITION_EOF:
                return records
            elif error.fatal() or error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise KafkaException(error)
    raise TimeoutError(f"{topic}: its end was not reached within {IDLE_MAX / 2:.0f} s without a record")
