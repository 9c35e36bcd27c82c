"""Brings the decisions and dead letters of one engine from Kafka into ClickHouse, every row exactly once.

Invariants
- Rows are inserted range by range, and a range is recorded in the ledger before it is inserted (`ledger`):
  after a crash at any place the very same range is inserted again before anything else.
- Nothing of the engine's is dropped: an outage of ClickHouse is waited out. Records another writer put there,
  and those that Kafka's client cannot read, are skipped, counted and logged.
- A row waits at most about a second for its range, at any traffic.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Final

from confluent_kafka import Message
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from streams.errors import Damaged
from streams.kafka import Topics
from streams.warehouse.sink.block_insert import BlockInsert, warehouse_identity
from streams.warehouse.sink.ledger import ProgressLedger
from streams.warehouse.sink.log_range import LogRange, Partition
from streams.warehouse.sink.log_reader import LogReader, PendingMessages
from streams.warehouse.sink.rows import TABLES, RowMessages, WarehouseTable
from streams.warehouse.sink.status import SinkStatus

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

log = logging.getLogger(__name__)

INSERT_ATTEMPTS: Final = 8
PAUSE_S: Final = 30.0


def sink_group(engine: str) -> str:
    """The consumer group (and transactional id) under which an engine's sink keeps its progress."""
    return f"{engine}-clickhouse"


class DecisionSink:
    """The sink of one engine. `client` must not be shared with another thread."""

    def __init__(self, engine: str, bootstrap: str, client: "Client", stop: threading.Event) -> None:
        from clickhouse_connect.driver.exceptions import Error as ClickHouseError  # of an extra

        self.engine = engine
        self.status = SinkStatus()
        self._stop = stop
        self._insert = BlockInsert(client, engine)
        self._ledger = ProgressLedger(bootstrap, sink_group(engine), warehouse_identity(client))
        self._rows = RowMessages(engine)
        self._reader = LogReader(bootstrap, sink_group(engine), self._rows.belong)
        topics = Topics(engine)
        self._tables: dict[Partition, WarehouseTable] = {
            partition: table for table in TABLES for partition in self._reader.partitions(topics[table.role])
        }
        self._positions: dict[Partition, int | None] = {}
        self._totals: dict[Partition, int] = {}
        self._retrying = Retrying(
            retry=retry_if_exception_type((ClickHouseError, OSError)),
            stop=stop_after_attempt(INSERT_ATTEMPTS) | stop_when_event_set(stop),
            wait=wait_exponential(multiplier=0.1, max=10),
            sleep=sleep_using_event(stop),
        )

    def run(self) -> None:
        """Sinks until `stop` is set; the range under way is finished. Raises Damaged, Fenced or Outage."""
        try:
            self.begin()
            while not self._stop.is_set():
                self.step()
            self.status.state = "stopped"
        except _Stopped:
            self.status.state = "stopped"
        except Exception as error:
            self.status.state, self.status.detail = "failed", str(error)
            raise
        finally:
            self.close()

    def begin(self) -> None:
        """Repeats what a predecessor left unfinished, and reads on from there."""
        self._recover()
        self._reader.read_from(self._positions)
        self.status.state = "running"

    def step(self) -> None:
        """Sinks what comes within about a second, or one full range."""
        self._sink(self._reader.read_new(self._stop.is_set))
        self.status.foreign, self.status.unreadable = self._rows.foreign, self._reader.unreadable

    def close(self) -> None:
        """Closes its clients of Kafka."""
        self._reader.close()
        self._ledger.close()

    def _recover(self) -> None:
        for partition, progress in self._ledger.load(self._tables).items():
            if progress is None:
                self._positions[partition] = self._adopt(partition)
                self._totals[partition] = self._counted(partition)
            elif progress.pending is None:
                self._positions[partition] = progress.position
                self._totals[partition] = (
                    self._counted(partition) if progress.total is None else progress.total
                )
            else:
                self._repeat(progress.pending, progress.total)
                self._positions[partition] = progress.pending.end

    def _repeat(self, log_range: LogRange, total: int | None) -> None:
        log.info("%s: repeating range %s", self.engine, log_range.token)
        self._put(log_range, self._reader.read(log_range), is_repeated=True)
        partition = log_range.partition
        self._totals[partition] = self._counted(partition) if total is None else total + log_range.rows
        self._ledger.complete({partition: log_range.end}, self._totals)

    def _counted(self, partition: Partition) -> int:
        return self._insert.rows(self._tables[partition].name).get(partition.number, 0)

    def _adopt(self, partition: Partition) -> int | None:
        """Where to begin when Kafka holds no progress for this warehouse: after what its table holds."""
        table = self._tables[partition]
        newest = self._insert.last_offsets(table.name).get(partition.number)
        if newest is None:
            return None
        _, end = self._reader.end(partition)
        if newest >= end:
            raise Damaged(
                f"table {table.name} holds offset {newest} of {partition.topic}, the topic ends at {end}: it"
                f" was created again. Delete the rows of engine {self.engine} or give the engine another name"
            )
        log.warning(
            "%s: no progress is recorded, resuming after offset %d of %s",
            self.engine,
            newest,
            partition.topic,
        )
        if table.name == "decisions":
            self._insert.settle_all()
        return newest + 1

    def _sink(self, pending: PendingMessages) -> None:
        ranges = {range_of(partition, messages): messages for partition, messages in pending.messages.items()}
        if ranges:
            self._ledger.record(ranges, self._totals)
        for log_range, messages in ranges.items():
            self._put(log_range, messages, is_repeated=False)
            self._totals[log_range.partition] += log_range.rows
        after = self._advanced(ranges, pending.caught_up)
        if after:
            self._ledger.complete(after, self._totals)
            self._positions |= after

    def _advanced(self, ranges: Iterable[LogRange], caught_up: dict[Partition, int]) -> dict[Partition, int]:
        """The partitions that came further: to the end of their range, or past markers and aborted messages
        after it.
        """
        after: dict[Partition, int] = {log_range.partition: log_range.end for log_range in ranges}
        for partition, offset in caught_up.items():
            if offset > (after.get(partition) or self._positions[partition] or 0):
                after[partition] = offset
        return after

    def _put(self, log_range: LogRange, messages: list[Message], *, is_repeated: bool) -> None:
        """Inserts one range, however long ClickHouse does not answer. Raises _Stopped, the range still
        recorded, on `stop`.
        """
        table = self._tables[log_range.partition]
        block = table.block(messages)
        attempts = count()

        def attempt() -> None:
            self._insert.insert(table.name, log_range, block, is_repeated=is_repeated or next(attempts) > 0)

        while not self._attempted(attempt, log_range):
            self._stop.wait(PAUSE_S)
        self.status.state, self.status.detail = "running", ""
        self.status.stored([message.timestamp()[1] for message in messages], log_range.rows)

    def _attempted(self, attempt: Callable[[], None], log_range: LogRange) -> bool:
        try:
            self._retrying(attempt)
        except RetryError as failure:
            cause = failure.last_attempt.exception()
            if self._stop.is_set():
                raise _Stopped from cause
            self.status.state = "paused"
            self.status.detail = f"ClickHouse refuses range {log_range.token}: {cause}"
            log.warning("%s: paused, retrying in %.0f s. %s", self.engine, PAUSE_S, self.status.detail)
            return False
        return True


class _Stopped(Exception):  # noqa: N818 - not an error
    """The process ends while ClickHouse does not answer; the range is recorded and is repeated at the next
    start.
    """


def range_of(partition: Partition, messages: Sequence[Message]) -> LogRange:
    """The range that these messages make, given in order of the log."""
    return LogRange(partition, messages[0].offset(), messages[-1].offset() + 1, len(messages))
