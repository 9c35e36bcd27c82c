"""The engine's inputs, merged into one order.

Invariants
- The next record is the one with the smallest append timestamp at the heads; ties go by the order of the inputs
  (controls, labels, outcomes, payments). Within a partition the order is Kafka's.
- An empty head is waited for only while its partition has more to give: from a record until the broker says that the
  end was reached. So labels do not overtake hours of payments while catching up, and a silent topic stops nobody.
- Buffers are bounded: a partition with more than `BUFFERED_MAX` waiting records is paused until it is drained.
"""

from collections import deque
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.engine.batch import Batch
from streams.errors import Misconfigured
from streams.topics import INPUTS, Topics

BATCH_MAX = 2_000
BATCH_BYTES_MAX = 8_000_000
BUFFERED_MAX = 20_000
PASSING = frozenset({KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE})


@dataclass
class Head:
    """What is known of one input partition: waiting records, and whether the broker has said there are no more."""

    topic: str
    partition: int
    rank: int
    records: deque[Message] = field(default_factory=deque)
    at_end: bool = False
    paused: bool = False


def consumer_settings(bootstrap: str, group: str) -> dict[str, object]:
    """For every reader of our topics: whole transactions only, no surprise about where reading starts."""
    return {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "fetch.queue.backoff.ms": 2,
        "fetch.wait.max.ms": 5,
        "fetch.error.backoff.ms": 20,
        "queued.min.messages": 20_000,
        "reconnect.backoff.max.ms": 500,
        "topic.metadata.refresh.interval.ms": 60_000,
    }


class Inputs:
    """Reads the input partitions of one engine from given positions and hands out batches in merged order."""

    def __init__(self, bootstrap: str, engine: str, positions: dict[str, int]) -> None:
        self.consumer = Consumer(consumer_settings(bootstrap, f"{engine}-engine"))
        topics = Topics(engine)
        self.heads = {topics[role]: Head(topics[role], 0, rank) for rank, role in enumerate(INPUTS)}
        self.consumer.assign(
            [TopicPartition(head.topic, 0, positions.get(head.topic, 0)) for head in self.heads.values()]
        )

    def take(self, limit: int = BATCH_MAX, wait_s: float = 0.05) -> Batch:
        """The next records in order, at most `limit`; empty when nothing arrived within `wait_s`."""
        self._poll(0.0)
        batch = self._merged(limit)
        if not batch.values:
            self._poll(wait_s)
            batch = self._merged(limit)
        return batch

    def positions(self, batch: Batch) -> list[TopicPartition]:
        """Where reading goes on in each partition of `batch` once it is applied."""
        ends = {run.topic: batch.offsets[run.last - 1] + 1 for run in batch.runs}
        return [TopicPartition(topic, 0, end) for topic, end in ends.items()]

    def close(self) -> None:
        self.consumer.close()

    def _poll(self, wait_s: float) -> None:
        """Moves what librdkafka holds into the heads; waits for a first record at most `wait_s`."""
        room = BUFFERED_MAX - max(len(head.records) for head in self.heads.values())
        if wait_s > 0:
            first = self.consumer.poll(wait_s)
            if first is None:
                return
            self._receive(first)
        for message in self.consumer.consume(max(1, min(BATCH_MAX, room)), 0.0):
            self._receive(message)
        self._throttle()

    def _receive(self, message: Message) -> None:
        error = message.error()
        if error is None:
            head = self.heads[message.topic()]
            head.records.append(message)
            head.at_end = False
        elif error.code() == KafkaError._PARTITION_EOF:
            self.heads[message.topic()].at_end = True
        elif error.code() == KafkaError._AUTO_OFFSET_RESET:
            raise Misconfigured(
                f"records the journal goes on from are no longer on {message.topic()} ({error.str()}): its retention "
                "is too short. Restore the topic, or start over under another engine name."
            )
        elif error.fatal() or error.code() not in PASSING:
            raise KafkaException(error)

    def _throttle(self) -> None:
        for head in self.heads.values():
            full = len(head.records) >= BUFFERED_MAX // 2
            if full != head.paused:
                partition = [TopicPartition(head.topic, head.partition)]
                (self.consumer.pause if full else self.consumer.resume)(partition)
                head.paused = full

    def _merged(self, limit: int) -> Batch:
        batch = Batch()
        size = 0
        while len(batch) < limit and size < BATCH_BYTES_MAX:
            head, bound = self._next()
            if head is None:
                break
            size += _drain(head, bound, limit, BATCH_BYTES_MAX - size, batch)
        self._throttle()
        return batch

    def _next(self) -> tuple[Head | None, tuple[int, int] | None]:
        """The head to take from, and the (timestamp, rank) of the second, up to which it may be drained."""
        waiting = [head for head in self.heads.values() if head.records]
        if not waiting or any(not head.records and not head.at_end for head in self.heads.values()):
            return None, None
        order = sorted(waiting, key=_key)
        return order[0], (_key(order[1]) if len(order) > 1 else None)


def _key(head: Head) -> tuple[int, int]:
    return head.records[0].timestamp()[1], head.rank


def _drain(head: Head, bound: tuple[int, int] | None, limit: int, bytes_max: int, batch: Batch) -> int:
    """Moves records of `head` that come before `bound` into `batch`; returns their bytes."""
    size = 0
    records = head.records
    while records and len(batch) < limit and size < bytes_max:
        message = records[0]
        appended = message.timestamp()[1]
        if bound is not None and (appended, head.rank) > bound:
            break
        records.popleft()
        value = message.value() or b""
        size += len(value)
        batch.add(head.topic, head.partition, value, message.offset(), appended)
    return size
