"""Brings the rows of one stage of one engine from Kafka into ClickHouse, every row exactly once.

Invariants
- Rows are inserted range by range, and a range is recorded in the ledger before it is inserted (`ledger`):
  after a crash at any place the very same range is inserted again before anything else.
- Nothing of the engine's is dropped: an outage of ClickHouse is waited out. Records another writer put there,
  and those that Kafka's client cannot read, are skipped, counted and logged.
- A range may have rows in several tables: it is complete when each of them holds its block. Where the record
  of a range is lost, each table is completed from its own newest offset.
- The delay of a row is measured unless the row fills a table anew: it lay on the log when the sink first
  came to a partition of which the tables hold nothing, or had been sunk once when a rebuild began. The ledger
  keeps where that ends, so a sink that dies halfway does not forget it. Whatever was appended while a sink
  was away, or while it filled, is measured.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Final

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from streams.errors import Damaged, Outage
from streams.kafka import Topics
from streams.warehouse.sink.block_insert import BlockInsert, warehouse_identity
from streams.warehouse.sink.ledger import ProgressLedger
from streams.warehouse.sink.log_range import LogRange, Partition
from streams.warehouse.sink.log_reader import LogReader, PendingRows
from streams.warehouse.sink.lookups import RowLookups
from streams.warehouse.sink.status import SinkStatus
from streams.warehouse.stages import REQUIRED, SinkStage, sink_group
from streams.warehouse.tables import (
    TABLES,
    IpNetworks,
    Row,
    RowReader,
    blocks,
    primary_tables,
    roles_of,
)

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

log = logging.getLogger(__name__)

INSERT_ATTEMPTS: Final = 8
PAUSE_S: Final = 30.0
BRIEF_S: Final = 0.02
LEADING: Final = ("payments", "history", "decisions")
"""Topics whose rows those of a later stage look up."""


class StoppedInBetween(Exception):  # noqa: N818 - not an error
    """The process ends while ClickHouse does not answer, or before a stage had all it waits for. A range
    that is recorded is repeated at the next start.
    """


class StageSink:
    """The sink of one stage of one engine. `client` must not be shared with another thread."""

    def __init__(
        self,
        engine: str,
        stage: SinkStage,
        bootstrap: str,
        client: "Client",
        networks: IpNetworks,
        stop: threading.Event,
        status: SinkStatus,
    ) -> None:
        from clickhouse_connect.driver.exceptions import Error as ClickHouseError  # of an extra

        self.engine = engine
        self.stage = stage
        self._status = status
        self._stop = stop
        self._networks = networks
        group = sink_group(engine, stage)
        self._insert = BlockInsert(client, engine)
        self._lookups = RowLookups(client, engine)
        self._ledger = ProgressLedger(bootstrap, group, warehouse_identity(client))
        self.rows = RowReader(engine, stage)
        self._reader = LogReader(bootstrap, group, self.rows.rows)
        self._positions: dict[Partition, int | None] = {}
        self._totals: dict[Partition, int] = {}
        self._fill_ends: dict[Partition, int] = {}
        self._retrying = Retrying(
            retry=retry_if_exception_type((ClickHouseError, OSError)),
            stop=stop_after_attempt(INSERT_ATTEMPTS) | stop_when_event_set(stop),
            wait=wait_exponential(multiplier=0.1, max=10),
            sleep=sleep_using_event(stop),
        )

    @property
    def unreadable(self) -> int:
        """Offsets that Kafka's client cannot read, left out."""
        return self._reader.unreadable

    def begin(self) -> None:
        """Repeats what a predecessor left unfinished, and reads on from there."""
        present = self._partitions()
        missing = {role for role in REQUIRED if role in self.stage.sources} - {part.role for part in present}
        if missing:
            raise Outage(f"engine {self.engine} has no topic {', '.join(sorted(missing))}")
        self._recover(present)
        self._reader.read_from(self._positions)

    def look_for_topics(self) -> None:
        """Takes up topics that were made since: agents and histories may come later than their engine."""
        new = [part for part in self._partitions() if part not in self._positions]
        if new:
            self._recover(new)
            self._reader.read_from(self._positions)

    def read(self, wait_s: float) -> PendingRows:
        """What comes within `wait_s` of the first row, or a full range."""
        return self._reader.read_new(self._stop.is_set, wait_s)

    def sink_to_end(self, before: Callable[[], None] = lambda: None) -> None:
        """Sinks all rows of its leading topics that lie on the log now; `before` is called ahead of each
        insert. Raises StoppedInBetween where it did not come so far.
        """
        ends = {part: self._reader.end(part)[1] for part in self._positions if part.role in LEADING}
        while True:
            pending = self.read(BRIEF_S)
            if self._stop.is_set():
                raise StoppedInBetween
            before()
            self.sink(pending)
            if not self._reader.is_before(ends):
                return

    def sink(self, pending: PendingRows) -> None:
        """Records the ranges that these rows make, then inserts them."""
        ranges = {range_of(partition, rows): rows for partition, rows in pending.rows.items()}
        if ranges:
            self._ledger.record(ranges, self._totals, self._fill_ends)
        for log_range, rows in ranges.items():
            self._put(log_range, rows, is_repeated=False)
            self._totals[log_range.partition] += log_range.rows
        after = self._advanced(ranges, pending.caught_up)
        if after:
            self._ledger.complete(after, self._totals, self._fill_ends)
            self._positions |= after

    def close(self) -> None:
        """Closes its clients of Kafka."""
        self._reader.close()
        self._ledger.close()

    def _partitions(self) -> list[Partition]:
        topics = Topics(self.engine)
        return self._reader.partitions(topics[role] for role in self.stage.sources)

    def _recover(self, partitions: Iterable[Partition]) -> None:
        for partition, progress in self._ledger.load(partitions).items():
            if progress is None:
                adopted = self._positions[partition] = self._adopt(partition)
                self._totals[partition] = self._counted(partition)
                self._fill_ends[partition] = self._reader.end(partition)[1] if adopted is None else 0
                continue
            self._fill_ends[partition] = progress.fill_end
            if progress.pending is None:
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
        self._ledger.complete({partition: log_range.end}, self._totals, self._fill_ends)

    def _tables(self, partition: Partition) -> tuple[str, ...]:
        """Each message of the partition that has rows has one in exactly one of these."""
        return primary_tables(self.stage, partition.role)

    def _counted(self, partition: Partition) -> int:
        return sum(self._insert.rows(table).get(partition, 0) for table in self._tables(partition))

    def _adopt(self, partition: Partition) -> int | None:
        """Where to begin when Kafka holds no progress for this warehouse: after what its tables hold."""
        tables = self._tables(partition)
        held = [self._insert.last_offsets(table, partition.role).get(partition.number) for table in tables]
        newest = max((offset for offset in held if offset is not None), default=None)
        if newest is None:
            return None
        _, end = self._reader.end(partition)
        if newest >= end:
            raise Damaged(
                f"table {tables[0]} holds offset {newest} of {partition.topic}, the topic ends at {end}: it"
                f" was created again. Delete the rows of engine {self.engine} or give the engine another name"
            )
        log.warning(
            "%s: no progress is recorded, resuming after offset %d of %s",
            self.engine,
            newest,
            partition.topic,
        )
        for fed in TABLES:
            if partition.role in roles_of(fed, self.stage):
                self._complete(fed.name, partition, newest + 1)
        for table in tables:
            self._insert.settle_all(table)
        return newest + 1

    def _complete(self, table: str, partition: Partition, end: int) -> None:
        """Brings what one table lacks before `end`: a predecessor that died between the tables of a range
        filled some of them, and its record of the range is lost. What is beyond the table's newest offset
        is in no row of it, so nothing is doubled.
        """
        held = self._insert.last_offsets(table, partition.role).get(partition.number, -1)
        begin = max(self._reader.end(partition)[0], held + 1)
        if begin >= end:
            return
        self._reader.read_from({partition: begin})
        while self._reader.is_before({partition: end}):
            pending = self._reader.read_new(self._stop.is_set, BRIEF_S)
            if self._stop.is_set():
                raise StoppedInBetween
            rows = [row for row in pending.rows.get(partition, ()) if row.offset < end]
            if rows:
                self._put(range_of(partition, rows), rows, is_repeated=True, only=table)

    def _advanced(
        self, ranges: Iterable[LogRange], caught_up: Mapping[Partition, int]
    ) -> dict[Partition, int]:
        """The partitions that came further: to the end of their range, or past markers and aborted messages
        after it.
        """
        after: dict[Partition, int] = {log_range.partition: log_range.end for log_range in ranges}
        for partition, offset in caught_up.items():
            if offset > (after.get(partition) or self._positions[partition] or 0):
                after[partition] = offset
        return after

    def _put(self, log_range: LogRange, rows: Sequence[Row], *, is_repeated: bool, only: str = "") -> None:
        """Inserts one range, however long ClickHouse does not answer; `only`: into this table. Raises
        StoppedInBetween on `stop`, the range still recorded.
        """
        attempts = count()

        def attempt() -> None:
            again = is_repeated or next(attempts) > 0
            for table, block in blocks(self._lookups.completed(log_range, rows), self._networks).items():
                if only in ("", table):
                    self._insert.insert(table, log_range, block, is_repeated=again)

        while not self._attempted(attempt, log_range):
            self._stop.wait(PAUSE_S)
        self._status.state, self._status.detail = "running", ""
        fill_end = self._fill_ends.get(log_range.partition, 0)
        self._status.stored([row.appended_at for row in rows if row.offset >= fill_end], log_range.rows)

    def _attempted(self, attempt: Callable[[], None], log_range: LogRange) -> bool:
        try:
            self._retrying(attempt)
        except RetryError as failure:
            cause = failure.last_attempt.exception()
            if self._stop.is_set():
                raise StoppedInBetween from cause
            self._status.state = "paused"
            self._status.detail = f"ClickHouse refuses range {log_range.token}: {cause}"
            log.warning("%s: paused, retrying in %.0f s. %s", self.engine, PAUSE_S, self._status.detail)
            return False
        return True


def range_of(partition: Partition, rows: Sequence[Row]) -> LogRange:
    """The range that these rows make, given in order of the log."""
    return LogRange(partition, rows[0].offset, rows[-1].offset + 1, len(rows))
