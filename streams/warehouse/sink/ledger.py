"""Keeps, in Kafka, how far a sink has come and which cut it is about to insert.

Invariant: an insert of new rows happens only after its cut was recorded, and at most one living sink of an
engine can record. So two sinks never insert different cuts over the same offsets, which is what would
double aggregates.

The record also names the warehouse it is of (a random name in its table
`warehouse_identity`): progress in one that was deleted, or
in another server, is not taken for progress in this one.

How: cuts are recorded as the metadata of an offset committed at their start, through the transaction of a
producer whose `transactional.id` belongs to the engine's sink. A new sink's `init_transactions` bumps the
epoch: from then on the older one cannot record anything and ends (`Fenced`). What an older sink may still
do, if it was paused between record and insert, is insert a cut that the new sink found recorded and has
redone: same rows, same block, same token, dropped by ClickHouse as long as the token is remembered (20,000
cuts: five hours and more).
"""

import logging
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from streams.errors import Fenced, Outage
from streams.kafka import Watchdog
from streams.warehouse.sink.cut import Cut, Partition, Progress, metadata, progress

log = logging.getLogger(__name__)

T = TypeVar("T")

TIMEOUT_S = 15.0
ATTEMPTS_MAX = 20


class Ledger:
    """The recorded progress of the sink `group`. Making one fences every older sink of that name."""

    def __init__(self, bootstrap: str, group: str, warehouse: str) -> None:
        settings = {
            "bootstrap.servers": bootstrap,
            "retry.backoff.ms": 1,
            "retry.backoff.max.ms": 5,
            # With `rebootstrap`, the default, send_offsets_to_transaction never returns once all brokers were
            # away for a moment (librdkafka issues 5456 and 5511, seen with 2.16). Drop when those are closed.
            "metadata.recovery.strategy": "none",
        }
        self._watchdog = Watchdog(2 * TIMEOUT_S + 10)
        self._group = group
        self._warehouse = warehouse
        self._producer = Producer(settings | {"transactional.id": group, "transaction.timeout.ms": 30_000})
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                # makes `committed` wait for a transaction of a predecessor that is just ending
                "isolation.level": "read_committed",
            }
        )
        self._attempt(lambda: self._producer.init_transactions(TIMEOUT_S))

    def load(self, partitions: Iterable[Partition]) -> dict[Partition, Progress | None]:
        """What is recorded of each partition for this warehouse; None where nothing is."""
        asked = [TopicPartition(partition.topic, partition.number) for partition in partitions]
        found = self._attempt(lambda: self._consumer.committed(asked, timeout=TIMEOUT_S))
        return {Partition(place.topic, place.partition): self._progress(place) for place in found}

    def record(self, cuts: Iterable[Cut]) -> None:
        """Says durably that these cuts come next. Raises Fenced when another sink has taken over."""
        self._commit([_place(cut.partition, cut.start, metadata(self._warehouse, cut)) for cut in cuts])

    def complete(self, positions: dict[Partition, int]) -> None:
        """Says durably that all before these offsets is inserted."""
        inserted = metadata(self._warehouse)
        self._commit([_place(partition, offset, inserted) for partition, offset in positions.items()])

    def close(self) -> None:
        self._consumer.close()

    def _commit(self, places: list[TopicPartition]) -> None:
        self._attempt(lambda: self._transaction(places))

    def _transaction(self, places: list[TopicPartition]) -> None:
        self._producer.begin_transaction()
        group = self._consumer.consumer_group_metadata()
        self._producer.send_offsets_to_transaction(places, group, TIMEOUT_S)
        self._producer.commit_transaction(TIMEOUT_S)

    def _progress(self, place: TopicPartition) -> Progress | None:
        if place.error is not None:
            raise Outage(f"progress of {place.topic} could not be read: {place.error.str()}")
        if place.offset < 0:
            return None
        return progress(
            self._warehouse, Partition(place.topic, place.partition), place.offset, place.metadata
        )

    def _attempt(self, step: Callable[[], T]) -> T:
        for attempt in range(ATTEMPTS_MAX):
            try:
                with self._watchdog.guard(f"recording progress of {self._group}"):
                    return step()
            except KafkaException as failure:
                error = failure.args[0]
                if error.fatal():
                    raise Fenced(f"another sink took over {self._group}: {error.str()}") from failure
                log.warning("%s: progress could not be recorded (%s), trying again", self._group, error.str())
                if error.txn_requires_abort():
                    self._producer.abort_transaction(TIMEOUT_S)
                elif not error.retriable():
                    raise Outage(f"{self._group}: progress could not be recorded: {error.str()}") from failure
            time.sleep(min(1.0, 0.05 * 2**attempt))
        raise Outage(
            f"{self._group}: progress could not be recorded in {ATTEMPTS_MAX} attempts: is Kafka up?"
        )


def _place(partition: Partition, offset: int, text: str) -> TopicPartition:
    return TopicPartition(partition.topic, partition.number, offset, metadata=text)
