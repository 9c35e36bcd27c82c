"""Keeps, in Kafka, how far a sink has come and which range it is about to insert.

Invariant: an insert of new rows happens only after its range was recorded, and at most one living sink of an
engine can record. So two sinks never insert different ranges over the same offsets, which is what would
double aggregates.

With each place the number of rows is recorded that the table holds of all before it. `tollgate status`
compares it with the table: rows that were deleted or added by somebody else show at once.

The record also names the warehouse it is of (a random name in its table `warehouse_identity`): progress in
one that was deleted, or in another server, is not taken for progress in this one.

How: ranges are recorded as the metadata of an offset committed at their start, through the transaction of a
producer whose `transactional.id` belongs to the engine's sink. A new sink's `init_transactions` bumps the
epoch: from then on the older one cannot record anything and ends (`Fenced`). What an older sink may still
do, if it was paused between record and insert, is insert a range that the new sink read as recorded and has
repeated: same rows, same block, same token, dropped by ClickHouse as long as the token is remembered (20,000
ranges: five hours and more).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from confluent_kafka import TopicPartition

from streams.errors import Outage
from streams.kafka import ConsumedOffsets, GroupOffsets, TransactionalProducer, transaction_settings
from streams.warehouse.sink.log_range import LogRange, Partition, SinkProgress, metadata, progress

NOTHING: Final[Mapping[Partition, int]] = MappingProxyType({})
ABANDONED_MS: Final = 30_000
"""After this long the broker gives up on a sink that died halfway."""


class ProgressLedger:
    """The recorded progress of the sink `group`. Making one fences every older sink of that name."""

    def __init__(self, bootstrap: str, group: str, warehouse: str) -> None:
        self._group = group
        self._warehouse = warehouse
        settings = transaction_settings(bootstrap, group, ABANDONED_MS)
        self._transactions = TransactionalProducer(settings, f"sink {group}")
        self._offsets = GroupOffsets(bootstrap, group)

    def load(self, partitions: Iterable[Partition]) -> dict[Partition, SinkProgress | None]:
        """What is recorded of each partition for this warehouse; None where nothing is."""
        asked = [TopicPartition(partition.topic, partition.number) for partition in partitions]
        found = self._offsets.committed(asked)
        return {Partition(place.topic, place.partition): self._progress(place) for place in found}

    def record(
        self,
        ranges: Iterable[LogRange],
        totals: Mapping[Partition, int] = NOTHING,
        fill_ends: Mapping[Partition, int] = NOTHING,
    ) -> None:
        """Records durably that these ranges come next. Raises Fenced when another sink has taken over.

        By partition: `totals`, rows that the tables hold of all before; `fill_ends`, see `SinkProgress`.
        """
        self._commit([
            self._place(each.partition, each.start, each, totals, fill_ends) for each in ranges
        ])  # fmt: skip

    def complete(
        self,
        positions: Mapping[Partition, int],
        totals: Mapping[Partition, int] = NOTHING,
        fill_ends: Mapping[Partition, int] = NOTHING,
    ) -> None:
        """Records durably that all before these offsets is inserted, and how many rows that is."""
        self._commit([
            self._place(partition, offset, None, totals, fill_ends)
            for partition, offset in positions.items()
        ])  # fmt: skip

    def close(self) -> None:
        """Closes its clients of Kafka."""
        self._offsets.close()

    def _commit(self, places: list[TopicPartition]) -> None:
        self._transactions.commit([], ConsumedOffsets(self._offsets.consumer, places))

    def _place(
        self,
        partition: Partition,
        offset: int,
        log_range: LogRange | None,
        totals: Mapping[Partition, int],
        fill_ends: Mapping[Partition, int],
    ) -> TopicPartition:
        """A fill that is over is recorded no longer."""
        end = fill_ends.get(partition, 0)
        text = metadata(self._warehouse, log_range, totals.get(partition), end if end > offset else 0)
        return TopicPartition(partition.topic, partition.number, offset, metadata=text)

    def _progress(self, place: TopicPartition) -> SinkProgress | None:
        if place.error is not None:
            raise Outage(f"progress of {place.topic} could not be read: {place.error.str()}")
        if place.offset < 0:
            return None
        return progress(
            self._warehouse, Partition(place.topic, place.partition), place.offset, place.metadata
        )
