"""Reads ranges from Kafka, read_committed: new ones as messages come, recorded ones exactly as they were."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, Message, TopicPartition

from streams.errors import Damaged, Outage
from streams.kafka import PassingReader, bulk_consumer_settings, consumer
from streams.warehouse.sink.log_range import LogRange, Partition

ROWS_MAX: Final = 50_000
BYTES_MAX: Final = 32 << 20
WAIT_S: Final = 0.8
POLL_ROWS: Final = 10_000
POLL_S: Final = 0.1
REREAD_TIMEOUT_S: Final = 300.0
TIMEOUT_S: Final = 30.0
EXPIRED: Final = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)
PASSING: Final = (
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TRANSPORT,
    KafkaError._RESOLVE,
    KafkaError._TIMED_OUT,
)


@dataclass
class PendingMessages:
    """Messages that will become ranges, by partition, and how far reading has come where nothing waits."""

    messages: dict[Partition, list[Message]] = field(default_factory=lambda: defaultdict(list))
    caught_up: dict[Partition, int] = field(default_factory=dict)
    rows: int = 0
    size_bytes: int = 0
    belongs: Callable[[Message], bool] = lambda _: True
    """Whether a message is a row; others are left out."""

    def take(self, messages: Iterable[Message]) -> None:
        """Adds what the consumer gave. Raises as `raise_for` does."""
        for message in messages:
            partition = Partition(message.topic(), message.partition())
            error = message.error()
            if error is None and self.belongs(message):
                self.messages[partition].append(message)
                self.rows += 1
                self.size_bytes += len(message)
            elif error is None:
                continue
            elif error.code() == KafkaError._PARTITION_EOF:
                self.caught_up[partition] = message.offset()
            else:
                raise_for(error, partition)

    @property
    def is_full(self) -> bool:
        """Whether a range should be made of it now."""
        return self.rows >= ROWS_MAX or self.size_bytes >= BYTES_MAX


class LogReader:
    """One consumer over the partitions of one sink; offsets are kept by the sink's ledger, not by this
    consumer.
    """

    def __init__(
        self, bootstrap: str, group: str, belongs: Callable[[Message], bool] = lambda _: True
    ) -> None:
        """`belongs`: whether a message is a row; the same answer at each reading, as ranges count rows."""
        self._belongs = belongs
        self._consumer = consumer(
            bulk_consumer_settings(bootstrap, f"{group}-reader", fetch_wait_ms=10, queue_kib=65_536)
        )
        self._passing = PassingReader(self._consumer, bootstrap)

    @property
    def unreadable(self) -> int:
        """Offsets that could not be read and were left out."""
        return self._passing.left_out.count

    def read_from(self, positions: dict[Partition, int | None]) -> None:
        """Starts reading at these offsets; None stands for the oldest message there is."""
        self._consumer.assign(
            [
                TopicPartition(
                    partition.topic, partition.number, OFFSET_BEGINNING if offset is None else offset
                )
                for partition, offset in positions.items()
            ]
        )

    def read_new(self, stop: Callable[[], bool], wait_s: float = WAIT_S) -> PendingMessages:
        """What came within `wait_s` of the first message, or a full range, whichever is earlier.

        Without any message it returns after `wait_s`, so that the caller can do other things.
        """
        pending = PendingMessages(belongs=self._belongs)
        deadline = time.monotonic() + wait_s
        waiting_since_first = False
        while not pending.is_full and not stop() and (left := deadline - time.monotonic()) > 0:
            rows = max(1, min(POLL_ROWS, ROWS_MAX - pending.rows))
            pending.take(self._passing.consume(rows, min(POLL_S, left)))
            if pending.rows and not waiting_since_first:
                waiting_since_first = True
                deadline = time.monotonic() + wait_s
        return pending

    def read(self, log_range: LogRange) -> list[Message]:
        """The messages of a recorded range. Raises Damaged when the log no longer holds them as recorded."""
        self._check_range(log_range)
        self.read_from({log_range.partition: log_range.start})
        messages: list[Message] = []
        deadline = time.monotonic() + REREAD_TIMEOUT_S
        while not messages or messages[-1].offset() < log_range.end - 1:
            if time.monotonic() > deadline:
                raise Outage(
                    f"range {log_range.token} could not be read again within {REREAD_TIMEOUT_S:.0f} s"
                )
            messages += self._data(self._passing.consume(POLL_ROWS, POLL_S), log_range.partition)
        messages = [message for message in messages if message.offset() < log_range.end]
        if len(messages) != log_range.rows or messages[-1].offset() != log_range.end - 1:
            raise Damaged(
                f"range {log_range.token} was recorded with {log_range.rows} rows, the log now holds "
                f"{len(messages)}"
            )
        return messages

    def partitions(self, topic: str) -> list[Partition]:
        """The partitions of a topic that exists."""
        metadata = self._consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic]
        if metadata.error is not None:
            raise Outage(f"topic {topic} cannot be read: {metadata.error.str()}")
        return [Partition(topic, number) for number in sorted(metadata.partitions)]

    def end(self, partition: Partition) -> tuple[int, int]:
        """The oldest offset kept and the one after the newest committed message."""
        place = TopicPartition(partition.topic, partition.number)
        low, high = self._consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)
        return int(low), int(high)

    def close(self) -> None:
        """Leaves the log."""
        self._passing.close()
        self._consumer.close()

    def _data(self, messages: Iterable[Message], partition: Partition) -> list[Message]:
        pending = PendingMessages(belongs=self._belongs)
        pending.take(messages)
        return pending.messages[partition]

    def _check_range(self, log_range: LogRange) -> None:
        low, high = self.end(log_range.partition)
        if not low <= log_range.start < log_range.end <= high:
            raise Damaged(
                f"range {log_range.token} is not inserted yet, but the topic holds [{low}, {high}): it was "
                "created again, or the messages have expired; give the engine another name, or delete its "
                "rows and its group's offsets"
            )


def raise_for(error: KafkaError, partition: Partition) -> None:
    """Turns an error event of the consumer into ours; what passes by itself is left to librdkafka."""
    if error.code() in EXPIRED:
        raise Damaged(
            f"{partition.topic}: the messages to read next have expired or the topic was created again"
        )
    if not error.retriable() and error.code() not in PASSING:
        raise KafkaException(error)
