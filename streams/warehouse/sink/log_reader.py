"""Reads ranges from Kafka, read_committed: new ones as messages come, recorded ones exactly as they were."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import TopicMetadata

from streams.errors import Damaged, Outage
from streams.kafka import PASSING, RESTING_MS, PassingReader, bulk_consumer_settings, consumer
from streams.warehouse.sink.log_range import LogRange, Partition
from streams.warehouse.tables import Row

ROWS_MAX: Final = 50_000
BYTES_MAX: Final = 32 << 20
WAIT_S: Final = 0.8
POLL_ROWS: Final = 10_000
POLL_S: Final = 0.1
REREAD_TIMEOUT_S: Final = 300.0
TIMEOUT_S: Final = 30.0
EXPIRED: Final = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)


ReadRows = Callable[[Sequence[Message]], list[Row]]
"""The rows among messages; the others are left out. The same answer at each reading, as ranges count them."""


@dataclass
class PendingRows:
    """Rows that will become ranges, by partition, and how far reading has come."""

    read: ReadRows
    rows: dict[Partition, list[Row]] = field(default_factory=lambda: defaultdict(list))
    caught_up: dict[Partition, int] = field(default_factory=dict)
    """Ends of partitions that were reached."""
    reached: dict[Partition, int] = field(default_factory=dict)
    """By partition: the offset after the last message, row or not."""
    count: int = 0
    size_bytes: int = 0

    def take(self, messages: Iterable[Message]) -> None:
        """Adds what the consumer gave. Raises as `raise_for` does."""
        data = [message for message in messages if not self._is_event(message)]
        for row in self.read(data):
            self.rows[Partition(row.topic, row.partition)].append(row)
            self.count += 1
            self.size_bytes += len(row.message)

    def _is_event(self, message: Message) -> bool:
        """Notes how far reading has come; whether the message is none, but says that the end is reached."""
        partition = Partition(message.topic(), message.partition())
        error = message.error()
        if error is None:
            self.reached[partition] = message.offset() + 1
            return False
        if error.code() != KafkaError._PARTITION_EOF:
            raise_for(error, partition)
            return True
        self.caught_up[partition] = self.reached[partition] = message.offset()
        return True

    @property
    def is_full(self) -> bool:
        """Whether a range should be made of it now."""
        return self.count >= ROWS_MAX or self.size_bytes >= BYTES_MAX


class LogReader:
    """One consumer over the partitions of one sink; offsets are kept by the sink's ledger, not by this
    consumer.
    """

    def __init__(self, bootstrap: str, group: str, read: ReadRows) -> None:
        self._read = read
        self._reached: dict[Partition, int] = {}
        self._consumer = consumer(
            bulk_consumer_settings(bootstrap, f"{group}-reader", fetch_wait_ms=RESTING_MS, queue_kib=65_536)
        )
        self._passing = PassingReader(self._consumer, bootstrap)

    @property
    def unreadable(self) -> int:
        """Offsets that could not be read and were left out."""
        return self._passing.left_out.count

    def read_from(self, positions: dict[Partition, int | None]) -> None:
        """Starts reading at these offsets; None stands for the oldest message there is."""
        self._reached = {partition: offset or 0 for partition, offset in positions.items()}
        self._consumer.assign(
            [
                TopicPartition(
                    partition.topic, partition.number, OFFSET_BEGINNING if offset is None else offset
                )
                for partition, offset in positions.items()
            ]
        )

    def read_new(self, stop: Callable[[], bool], wait_s: float = WAIT_S) -> PendingRows:
        """What came within `wait_s` of the first message, or a full range, whichever is earlier.

        Without any message it returns after `wait_s`, so that the caller can do other things.
        """
        pending = PendingRows(self._read)
        deadline = time.monotonic() + wait_s
        waiting_since_first = False
        while not pending.is_full and not stop() and (left := deadline - time.monotonic()) > 0:
            rows = max(1, min(POLL_ROWS, ROWS_MAX - pending.count))
            pending.take(self._passing.consume(rows, min(POLL_S, left)))
            if pending.count and not waiting_since_first:
                waiting_since_first = True
                deadline = time.monotonic() + wait_s
        self._reached |= pending.reached
        return pending

    def is_before(self, ends: Mapping[Partition, int]) -> bool:
        """Whether one of these offsets has not been reached."""
        return any(self._reached.get(partition, 0) < end for partition, end in ends.items())

    def read(self, log_range: LogRange) -> list[Row]:
        """The rows of a recorded range. Raises Damaged when the log no longer holds them as recorded."""
        self._check_range(log_range)
        self.read_from({log_range.partition: log_range.start})
        rows: list[Row] = []
        deadline = time.monotonic() + REREAD_TIMEOUT_S
        while not rows or rows[-1].offset < log_range.end - 1:
            if time.monotonic() > deadline:
                raise Outage(
                    f"range {log_range.token} could not be read again within {REREAD_TIMEOUT_S:.0f} s"
                )
            rows += self._data(self._passing.consume(POLL_ROWS, POLL_S), log_range.partition)
        rows = [row for row in rows if row.offset < log_range.end]
        if len(rows) != log_range.rows or rows[-1].offset != log_range.end - 1:
            raise Damaged(
                f"range {log_range.token} was recorded with {log_range.rows} rows, the log now holds "
                f"{len(rows)}"
            )
        return rows

    def partitions(self, topics: Iterable[str]) -> list[Partition]:
        """The partitions of those of these topics that exist. Raises Outage for one that cannot be read."""
        known = self._consumer.list_topics(timeout=TIMEOUT_S).topics
        return [part for topic in topics if topic in known for part in _partitions(known[topic])]

    def end(self, partition: Partition) -> tuple[int, int]:
        """The oldest offset kept and the one after the newest committed message."""
        place = TopicPartition(partition.topic, partition.number)
        low, high = self._consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)
        return int(low), int(high)

    def close(self) -> None:
        """Leaves the log."""
        self._passing.close()
        self._consumer.close()

    def _data(self, messages: Iterable[Message], partition: Partition) -> list[Row]:
        pending = PendingRows(self._read)
        pending.take(messages)
        return pending.rows[partition]

    def _check_range(self, log_range: LogRange) -> None:
        low, high = self.end(log_range.partition)
        if not low <= log_range.start < log_range.end <= high:
            raise Damaged(
                f"range {log_range.token} is not inserted yet, but the topic holds [{low}, {high}): it was "
                "created again, or the messages have expired; give the engine another name, or delete its "
                "rows and its group's offsets"
            )


def _partitions(metadata: TopicMetadata) -> list[Partition]:
    if metadata.error is not None:
        raise Outage(f"topic {metadata.topic} cannot be read: {metadata.error.str()}")
    return [Partition(metadata.topic, number) for number in sorted(metadata.partitions)]


def raise_for(error: KafkaError, partition: Partition) -> None:
    """Turns an error event of the consumer into ours; what passes by itself is left to librdkafka."""
    if error.code() in EXPIRED:
        raise Damaged(
            f"{partition.topic}: the messages to read next have expired or the topic was created again"
        )
    if not error.retriable() and error.code() not in PASSING:
        raise KafkaException(error)
