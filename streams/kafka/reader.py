"""Reading one partition of a topic of ours in order, whole transactions only."""

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from streams.errors import Damaged
from streams.kafka.client import consumer, consumer_settings

WAIT_S = 30.0
PASSING = frozenset({KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE})


class PartitionReader:
    """Reads one partition in order from an offset, whole transactions only."""

    def __init__(self, bootstrap: str, topic: str, offset: int) -> None:
        self.consumer = consumer(consumer_settings(bootstrap, f"{topic}-reader"))
        self.topic = topic
        self.end = 0
        self.at_end = False
        self.consumer.assign([TopicPartition(topic, 0, offset)])

    def read(self, most: int, wait_s: float) -> tuple[list[Message], bool]:
        """At most `most` records, and whether the partition's end was reached after them."""
        records: list[Message] = []
        ended = False
        for message in self.consumer.consume(most, wait_s):
            error = message.error()
            if error is None:
                records.append(message)
                ended = self.at_end = False
            elif error.code() == KafkaError._PARTITION_EOF:
                ended = self.at_end = True
                self.end = message.offset()
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise Damaged(
                    f"{self.topic} no longer holds the records that are needed ({error.str()}): its "
                    "retention is too short, or the topic was created again. Restore it, or start over under "
                    "another engine name."
                )
            elif error.fatal() or error.code() not in PASSING:
                raise KafkaException(error)
        return records, ended

    def close(self) -> None:
        self.consumer.close()
