"""Puts the warehouse right from the log: tables, rows, aggregates, views.

Invariants
- Every step can be repeated from any place at which an earlier attempt stopped, with the same outcome.
- A table that cannot be mended in place is renamed, never dropped; its rows that the log no longer holds are
  copied back, and it stays until somebody drops it.
- Rows that the log holds are deleted first. Then progress is recorded at the log's first offset, through the
  sink's own ledger, which ends every other sink of the engine. Only then are they read again.
- Aggregates are added up again from the rows that are kept; the sinks add what they insert.

An engine of which there are no topics keeps its rows as they are. One whose table reaches beyond the end of
its log is refused: its topics were created again, and the rows would be lost.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from streams.errors import Damaged
from streams.kafka import Topics
from streams.warehouse.schema import MISSING, migrate, structure_faults
from streams.warehouse.sink import (
    GRAINS_MS,
    TABLES,
    BlockInsert,
    EngineDiscovery,
    LogReader,
    Partition,
    ProgressLedger,
    aggregate_feed,
    sink_group,
    table_rows,
    warehouse_identity,
)

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

log = logging.getLogger(__name__)

LogRanges = Mapping[str, Mapping[Partition, tuple[int, int]]]
"""By table: of each partition the first offset and the end."""

WHOLE: Final = {"mutations_sync": 2}
"""A statement that changes rows returns when they are changed."""
TOKENS_KEPT: Final = 20_000
BASE: Final = (*(table.name for table in TABLES), "warehouse_identity")


@dataclass
class RebuildReport:
    """What was done, for the log and the command."""

    restored: dict[str, str] = field(default_factory=dict)
    """What was wrong with each table or view."""
    set_aside: list[str] = field(default_factory=list)
    """Tables under their new names."""
    read_again: dict[str, int] = field(default_factory=dict)
    """By engine: offsets of the log that the sink reads again."""
    kept: dict[str, int] = field(default_factory=dict)
    """By engine: rows kept, since the log no longer holds them."""
    refused: str = ""
    """Why nothing was done."""


class Rebuild:
    """One rebuild, named by `request`. While it runs, no sink of this home does."""

    def __init__(self, bootstrap: str, client: "Client", request: str, engines: Iterable[str] = ()) -> None:
        """`engines`: only the rows of these are read again. Empty: of every engine there is."""
        self._bootstrap = bootstrap
        self._engines = EngineDiscovery(bootstrap, engines)
        self._client = client
        self._request = request
        self.report = RebuildReport()

    def run(self) -> RebuildReport:
        """Raises Damaged when rows would be lost; nothing is changed then."""
        logs = {engine: self._log(engine) for engine in sorted(self._engines.names())}
        self.report.restored = structure_faults(self._client)
        for engine, ranges in logs.items():
            self._check_lost(engine, ranges)
        self._restore_structure()
        for table in TABLES:
            self._restore_expired(table.name, logs)
        for engine, ranges in logs.items():
            self._clear(engine, ranges)
        self._restore_aggregates()
        for engine, ranges in logs.items():
            self._restart(engine, ranges)
        return self.report

    def _log(self, engine: str) -> LogRanges:
        reader = LogReader(self._bootstrap, f"{engine}-rebuild")
        try:
            return {
                table.name: {part: reader.end(part) for part in reader.partitions(Topics(engine)[table.role])}
                for table in TABLES
            }
        finally:
            reader.close()

    def _check_lost(self, engine: str, ranges: LogRanges) -> None:
        for table, partitions in ranges.items():
            if not self._has_coordinates(table):
                continue
            newest = BlockInsert(self._client, engine).last_offsets(table)
            for partition, (_, end) in partitions.items():
                if newest.get(partition.number, -1) >= end:
                    raise Damaged(
                        f"table {table} holds offset {newest[partition.number]} of {partition.topic}, which "
                        f"ends at {end}: it was created again, and the rows could not be read again. "
                        "Nothing was changed. Give the engine another name, or delete the rows of engine "
                        f"{engine} first"
                    )

    def _has_coordinates(self, table: str) -> bool:
        rows = self._client.query(
            "SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
            " AND name IN ('engine', 'log_partition', 'log_offset')",
            parameters={"table": table},
        ).result_rows
        return int(rows[0][0]) == 3

    def _restore_structure(self) -> None:
        """What holds no rows of the log is dropped; what cannot be mended in place is renamed."""
        for grain in GRAINS_MS:
            self._command(f"DROP VIEW IF EXISTS decisions_{grain}_feed SYNC")
            self._command(f"DROP TABLE IF EXISTS decisions_{grain} SYNC")
        for name in BASE:
            if self.report.restored.get(name, MISSING) != MISSING:
                self._command(f"RENAME TABLE {name} TO {self._aside(name)}")
        self._command("DROP TABLE IF EXISTS schema_migrations SYNC")
        migrate(self._client)
        if left := structure_faults(self._client):
            name, fault = next(iter(left.items()))
            raise Damaged(f"{name} {fault} even after it was made again: rename or drop it, and try again")

    def _aside(self, table: str) -> str:
        return f"{table}_aside_{self._request}"

    def _restore_expired(self, table: str, logs: Mapping[str, LogRanges]) -> None:
        """Copies back what the log no longer holds from the table that was set aside, if one was."""
        aside = self._aside(table)
        common = self._common_columns(aside, table)
        if not common:
            return
        self.report.set_aside.append(aside)
        self._command(f"TRUNCATE TABLE {table} SYNC")
        if {"`engine`", "`log_partition`", "`log_offset`"} <= set(common):
            columns = ", ".join(common)
            held = " OR ".join(_within(ranges[table]) for ranges in logs.values()) or "0"
            self._command(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {aside} WHERE NOT ({held})")
        log.warning("%s was renamed to %s: drop it when you have looked at it", table, aside)

    def _common_columns(self, first: str, second: str) -> list[str]:
        rows = self._client.query(
            "SELECT name FROM system.columns WHERE database = currentDatabase()"
            " AND table IN ({first:String}, {second:String}) GROUP BY name HAVING count() = 2 ORDER BY name",
            parameters={"first": first, "second": second},
        ).result_rows
        return [f"`{name}`" for (name,) in rows]

    def _clear(self, engine: str, ranges: LogRanges) -> None:
        """Deletes the rows that the log still holds, and lets ClickHouse forget that they were inserted."""
        for table, partitions in ranges.items():
            self._command(f"ALTER TABLE {table} DELETE WHERE {_within(partitions)}", settings=WHOLE)
            for window in (0, TOKENS_KEPT):
                self._command(
                    f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = {window}"
                )
            for partition, (first, end) in partitions.items():
                log.info("%s: %s is read again from %d to %d", engine, partition.topic, first, end)
                self.report.read_again[engine] = self.report.read_again.get(engine, 0) + end - first

    def _restore_aggregates(self) -> None:
        for grain in GRAINS_MS:
            target = f"decisions_{grain}"
            self._command(f"TRUNCATE TABLE {target} SYNC")
            feed = aggregate_feed(self._client, target)
            self._command(
                f"INSERT INTO {target} {feed}", settings={"insert_deduplicate": 0, "async_insert": 0}
            )

    def _restart(self, engine: str, ranges: LogRanges) -> None:
        ledger = ProgressLedger(self._bootstrap, sink_group(engine), warehouse_identity(self._client))
        try:
            starts, kept = {}, {}
            for table, partitions in ranges.items():
                rows = table_rows(self._client, table, engine)
                for partition, (first, _) in partitions.items():
                    starts[partition], kept[partition] = first, rows.get(partition.number, 0)
            ledger.complete(starts, kept)
            self.report.kept[engine] = sum(kept.values())
        finally:
            ledger.close()

    def _command(self, statement: str, settings: Mapping[str, Any] | None = None) -> None:
        self._client.command(statement, settings=dict(settings or {}))


def _within(partitions: Mapping[Partition, tuple[int, int]]) -> str:
    """The rows of one engine and table that the log holds, as a condition.

    >>> _within({Partition("live.decisions", 0): (7, 9)})
    "(engine = 'live' AND (log_partition = 0 AND log_offset >= 7))"
    """
    places = [
        f"(log_partition = {partition.number} AND log_offset >= {first})"
        for partition, (first, _) in sorted(partitions.items())
    ]
    engine = next(iter(partitions)).topic.rpartition(".")[0]
    return f"(engine = '{engine}' AND {' OR '.join(places)})"
