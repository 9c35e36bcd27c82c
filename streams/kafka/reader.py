"""Reading one partition of a topic of ours in order, whole transactions only, and behind what cannot be read.

Some records Kafka holds and its client cannot read: a compressed batch that unpacks to more than fits or is
torn, a wrong checksum, a size beyond all limits. The client reports such a batch by its first offset, never
says where it ends, and asks for it again and again: whoever reads on has to know where the next batch begins.

Invariants
- Nothing is left out silently. Where a record cannot be read, the reader gives what is before it, then raises
  at every read until it is told to go on behind it (`seek`).
- A range is given up only after a second client failed on it too: a passing error costs nothing.
- A range never reaches into the batch behind it. Its end is searched for by doubling and halving: some sixty
  looks for the largest batch there can be.
"""

import logging
import time
from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.errors import Damaged, Outage
from streams.kafka.client import BRIEF_MS, consumer, consumer_settings
from streams.kafka.foreign_records import ThinnedLog

log = logging.getLogger(__name__)

UNREADABLE = frozenset(
    {
        KafkaError._BAD_COMPRESSION,
        KafkaError._BAD_MSG,
        KafkaError._NOT_IMPLEMENTED,
        KafkaError.INVALID_MSG,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.UNSUPPORTED_COMPRESSION_TYPE,
    }
)
"""Errors that are the record's fault; what reads them again gets them again."""
NOTHING_THERE = frozenset({KafkaError._PARTITION_EOF, KafkaError._AUTO_OFFSET_RESET})
PASSING = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TRANSPORT,
        KafkaError._RESOLVE,
        KafkaError._TIMED_OUT,
    }
)
"""Errors that pass by themselves: the client tries again."""
WAIT_S = 30.0


class UnreadableRecords(Damaged):
    """The records from `offset` on cannot be read."""

    def __init__(self, topic: str, offset: int, detail: str) -> None:
        super().__init__(
            f"{topic}: the records from offset {offset} on cannot be read ({detail}): see "
            "docs/runbooks/unreadable-records.md"
        )
        self.topic = topic
        self.offset = offset
        self.detail = detail


class RecordsGone(Damaged):
    """The log no longer holds the record to be read next."""

    def __init__(self, topic: str, detail: str) -> None:
        super().__init__(
            f"{topic} no longer holds the records that are needed ({detail}): its retention is too short, "
            "somebody deleted records, or the topic was created again. Restore it, or give up what is gone: "
            "`tollgate repair` shows what that would be (docs/runbooks/lost-inputs.md)."
        )
        self.topic = topic


class UnreadableRanges:
    """Finds where unreadable batches end, by a client of its own for each topic, made at the first one."""

    def __init__(self, bootstrap: str, wait_s: float = WAIT_S) -> None:
        self._bootstrap = bootstrap
        self._wait_s = wait_s
        self._consumers: dict[str, Consumer] = {}

    def end(self, topic: str, start: int) -> int | None:
        """The first offset behind the unreadable batch that holds `start`; None where that can be read.

        Raises `Outage` where Kafka does not answer.
        """
        base = self._base(topic, start)
        if base is None:
            return None
        last, step = start, 1
        while self._base(topic, last + step) == base:
            last, step = last + step, 2 * step
        beyond = last + step
        while beyond - last > 1:
            middle = (last + beyond) // 2
            if self._base(topic, middle) == base:
                last = middle
            else:
                beyond = middle
        return beyond

    def _base(self, topic: str, offset: int) -> int | None:
        """The first offset of the unreadable batch at `offset`; None where there is a record, or nothing."""
        looking = self._consumers.get(topic)
        if looking is None:
            looking = consumer(consumer_settings(self._bootstrap, f"{topic}-reader"))
            self._consumers[topic] = looking
        looking.assign([TopicPartition(topic, 0, offset)])
        until = time.monotonic() + self._wait_s
        while time.monotonic() < until:
            message = looking.poll(0.2)
            if message is None:
                continue
            error = message.error()
            if error is None or error.code() in NOTHING_THERE:
                return None
            if error.code() in UNREADABLE:
                base = message.offset()
                return offset if base is None or base < 0 else int(base)
            if error.fatal() or error.code() not in PASSING:
                raise KafkaException(error)
        raise Outage(
            f"no answer from Kafka for {self._wait_s:.0f} s while reading {topic} at offset {offset}"
        )

    def close(self) -> None:
        for each in self._consumers.values():
            each.close()
        self._consumers.clear()


class UnreadableCount:
    """How many offsets one reader could not read; some of the batches are logged (`ThinnedLog`)."""

    def __init__(self) -> None:
        self.count = 0
        """Offsets."""
        self._batches = 0
        self._thinned = ThinnedLog()

    def note(self, topic: str, start: int, end: int, detail: str) -> None:
        """Counts the offsets from `start` up to, not including, `end`."""
        self.count += end - start
        self._batches += 1
        if self._thinned.is_due(self._batches):
            log.error(
                "%s: offsets %d to %d cannot be read and are left out (%s); %d offsets so far, see "
                "docs/runbooks/unreadable-records.md",
                topic, start, end - 1, detail, self.count,
            )  # fmt: skip


class PassingReader:
    """Takes a consumer of ours on behind what cannot be read: for readers that need no record of it, as
    what they read is an engine's output, or became a dead letter where the engine read it.
    """

    def __init__(self, consumer: Consumer, bootstrap: str) -> None:
        """Reads with `consumer`, which its owner assigns and closes."""
        self._consumer = consumer
        self._ranges = UnreadableRanges(bootstrap)
        self.left_out = UnreadableCount()

    def consume(self, most: int, wait_s: float) -> list[Message]:
        """As the consumer does, without what cannot be read. What came behind that in the same partition is
        read once more. Raises `Outage`.
        """
        return list(self._readable(self._consumer.consume(most, wait_s)))

    def _readable(self, messages: Iterable[Message]) -> Iterable[Message]:
        passed: set[tuple[str, int]] = set()
        for message in messages:
            error = message.error()
            if passed and (message.topic(), message.partition()) in passed:
                continue
            if error is None or error.code() not in UNREADABLE:
                yield message
                continue
            passed.add((message.topic(), message.partition()))
            self._pass(message)

    def _pass(self, message: Message) -> None:
        topic, start = message.topic(), max(0, message.offset() or 0)
        end = self._ranges.end(topic, start)
        if end is not None:
            self.left_out.note(topic, start, end, message.error().str())
        self._consumer.seek(TopicPartition(topic, message.partition(), start if end is None else end))

    def close(self) -> None:
        """Closes the client that looked where batches end, not the consumer."""
        self._ranges.close()


class PartitionReader:
    """Reads one partition in order from an offset, whole transactions only.

    `fetch_wait_ms` as in `consumer_settings`.
    """

    def __init__(self, bootstrap: str, topic: str, offset: int, fetch_wait_ms: int = BRIEF_MS) -> None:
        settings = consumer_settings(bootstrap, f"{topic}-reader", fetch_wait_ms=fetch_wait_ms)
        self.consumer = consumer(settings)
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
