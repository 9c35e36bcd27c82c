"""Reading one partition of a topic of ours in order, whole transactions only.

Invariant: nothing is left out silently. Where a record cannot be read, the reader gives what is before it,
then raises at every read until it is told to go on behind it (`seek`).
"""

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from streams.kafka.client import consumer, consumer_settings
from streams.kafka.unreadable import PASSING, UNREADABLE, RecordsGone, UnreadableRecords


class PartitionReader:
    """Reads one partition in order from an offset, whole transactions only."""

    def __init__(self, bootstrap: str, topic: str, offset: int) -> None:
        self.consumer = consumer(consumer_settings(bootstrap, f"{topic}-reader"))
        self.topic = topic
        self.end = 0
        self.at_end = False
        self._next = offset
        self._unreadable: UnreadableRecords | None = None
        self.consumer.assign([TopicPartition(topic, 0, offset)])

    def read(self, most: int, wait_s: float) -> tuple[list[Message], bool]:
        """At most `most` records, and whether the partition's end was reached after them.

        Raises `RecordsGone` where the log no longer holds the next one, `UnreadableRecords` where it cannot
        be read.
        """
        if self._unreadable is not None:
            raise self._unreadable
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
                raise RecordsGone(self.topic, error.str())
            elif error.code() in UNREADABLE:
                self._fail(records, message)
                break
            elif error.fatal() or error.code() not in PASSING:
                raise KafkaException(error)
        if records:
            self._next = records[-1].offset() + 1
        return records, ended

    def seek(self, offset: int) -> None:
        """Goes on at `offset`."""
        self._unreadable, self._next, self.at_end = None, offset, False
        self.consumer.assign([TopicPartition(self.topic, 0, offset)])

    def _fail(self, records: list[Message], message: Message) -> None:
        """Remembers what cannot be read; raises at once where nothing precedes it."""
        start = records[-1].offset() + 1 if records else self._next
        offset = max(start, message.offset() or 0)
        self._unreadable = UnreadableRecords(self.topic, offset, message.error().str())
        if not records:
            raise self._unreadable

    def close(self) -> None:
        self.consumer.close()
