"""Puts the warehouse right from the log: tables, rows, aggregates, views.

Invariants
- Every step can be repeated from any place at which an earlier attempt stopped, with the same outcome.
- A table that cannot be mended in place is renamed, never dropped; its rows that the log no longer holds are
  copied back, and it stays until somebody drops it.
- Rows that the log holds are deleted first. Then progress is recorded at the log's first offset, through the
  sink's own ledger, which ends every other sink of the engine. Only then are they read again.
- Aggregates are added up again from the rows that are kept; the sinks add what they insert.
- Decisions whose payments the warehouse no longer keeps stay as they are, although the log holds them: read
  again they would find no payment, and lose its card, BIN, country and channel.

An engine of which there are no topics keeps its rows as they are. One whose table reaches beyond the end of
its log is refused: its topics were created again, and the rows would be lost.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from streams.errors import Damaged, Misconfigured
from streams.kafka import Topics
from streams.warehouse.schema import MISSING, kept_since_ms, migrate, sql, structure_faults
from streams.warehouse.sink import (
    AGGREGATES,
    BlockInsert,
    EngineDiscovery,
    LogReader,
    Partition,
    ProgressLedger,
    SinkProgress,
    table_rows,
    warehouse_identity,
)
from streams.warehouse.stages import STAGES, SinkStage, sink_group
from streams.warehouse.tables import TABLES, WarehouseTable, primary_tables, roles_of

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

log = logging.getLogger(__name__)

WHOLE: Final = {"mutations_sync": 2}
"""A statement that changes rows returns when they are changed."""
TOKENS_KEPT: Final = 20_000
BASE: Final = (*(table.name for table in TABLES), "warehouse_identity")
_COORDINATES: Final = {"`engine`", "`log_topic`", "`log_partition`", "`log_offset`"}
_ORPHANED: Final = {*_COORDINATES, "`received_at`", "`payment_known`"}

Log = Mapping[SinkStage, Mapping[Partition, tuple[int, int]]]
"""By stage and partition: the first offset there is and the end."""


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


def chosen_tables(names: Iterable[str]) -> frozenset[str]:
    """The tables to read again for these tables and aggregates; all where none is named. Raises Misconfigured
    for a name that is neither.

    >>> sorted(chosen_tables(["labels", "decisions_by_day"]))
    ['labels']
    """
    asked = frozenset(names)
    tables, others = {table.name for table in TABLES}, {aggregate.name for aggregate in AGGREGATES}
    if unknown := sorted(asked - tables - others):
        raise Misconfigured(
            f"there is no table {unknown[0]!r} to make again; there are {', '.join(sorted(tables | others))}"
        )
    return asked & tables if asked else frozenset(tables)


class Rebuild:
    """One rebuild, named by `request`. While it runs, no sink of this home does."""

    def __init__(
        self,
        bootstrap: str,
        client: "Client",
        request: str,
        engines: Iterable[str] = (),
        tables: Iterable[str] = (),
    ) -> None:
        """`engines`: only the rows of these are read again. Empty: of every engine there is. `tables`: only
        these are read again, with what else their topics fill; aggregates and views are made again anyway.
        Empty: all.
        """
        self._tables = chosen_tables(tables)
        self._bootstrap = bootstrap
        self._engines = EngineDiscovery(bootstrap, engines)
        self._client = client
        self._request = request
        self.report = RebuildReport()

    def run(self) -> RebuildReport:
        """Raises Damaged when rows would be lost; nothing is changed then."""
        self.report.restored = structure_faults(self._client)
        self._tables |= {table.name for table in TABLES if table.name in self.report.restored}
        logs = {engine: self._log(engine) for engine in sorted(self._engines.names())}
        for engine, stages in logs.items():
            self._check_lost(engine, stages)
        self._restore_structure()
        for table in TABLES:
            self._restore_expired(table, logs)
        for engine, stages in logs.items():
            self._clear(engine, stages)
        self._restore_aggregates()
        for engine, stages in logs.items():
            self._restart(engine, stages)
        return self.report

    def _log(self, engine: str) -> Log:
        """Of each stage and partition that is to be read again: the first offset and the end."""
        reader = LogReader(self._bootstrap, f"{engine}-rebuild", lambda _: [])
        topics = Topics(engine)
        try:
            return {
                stage: {
                    part: self._without_orphans(engine, part, *reader.end(part))
                    for part in reader.partitions(topics[role] for role in self._roles(stage))
                }
                for stage in STAGES
            }
        finally:
            reader.close()

    def _without_orphans(self, engine: str, partition: Partition, first: int, end: int) -> tuple[int, int]:
        """Begins after the decisions whose payments are older than the warehouse keeps any. They are looked
        for in the table that was set aside as well, by an attempt that stopped.
        """
        since_ms = kept_since_ms(self._client, "payments")
        if partition.role != "decisions" or not since_ms:
            return first, end
        begin = first
        for table in ("decisions", self._aside("decisions")):
            if set(self._common_columns(table, table)) >= _ORPHANED:
                place = {"engine": engine, "partition": partition.number, "since": since_ms}
                found = self._client.query(sql("last_orphan"), parameters={"table": table, **place})
                begin = max(begin, int(found.result_rows[0][0]))
        if begin > first:
            log.warning(
                "%s: decisions before offset %d of %s stay as they are: their payments are older than the"
                " warehouse keeps any", engine, begin, partition.topic,
            )  # fmt: skip
        return min(begin, end), end

    def _roles(self, stage: SinkStage) -> list[str]:
        """The topics of a stage that fill a table that is to be made again."""
        return [
            role
            for role in stage.sources
            if any(table.name in self._tables and role in roles_of(table, stage) for table in TABLES)
        ]

    def _check_lost(self, engine: str, stages: Log) -> None:
        insert = BlockInsert(self._client, engine)
        for table in TABLES:
            if not self._has_coordinates(table.name):
                continue
            for partition, (_, end) in _feeding(table, stages).items():
                newest = insert.last_offsets(table.name, partition.role).get(partition.number, -1)
                if newest >= end:
                    raise Damaged(
                        f"table {table.name} holds offset {newest} of {partition.topic}, which ends at "
                        f"{end}: it was created again, and the rows could not be read again. Nothing was "
                        f"changed. Give the engine another name, or delete the rows of engine {engine} first"
                    )

    def _has_coordinates(self, table: str) -> bool:
        rows = self._client.query(
            "SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
            " AND name IN ('engine', 'log_topic', 'log_partition', 'log_offset')",
            parameters={"table": table},
        ).result_rows
        return int(rows[0][0]) == 4

    def _restore_structure(self) -> None:
        """What holds no rows of the log is dropped; what cannot be mended in place is renamed."""
        for aggregate in reversed(AGGREGATES):
            self._command(f"DROP VIEW IF EXISTS {aggregate.name}_feed SYNC")
            self._command(f"DROP TABLE IF EXISTS {aggregate.name} SYNC")
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

    def _restore_expired(self, table: WarehouseTable, logs: Mapping[str, Log]) -> None:
        """Copies back what the log no longer holds from the table that was set aside, if one was."""
        aside = self._aside(table.name)
        common = self._common_columns(aside, table.name)
        if not common:
            return
        self.report.set_aside.append(aside)
        self._command(f"TRUNCATE TABLE {table.name} SYNC")
        if set(common) >= _COORDINATES:
            columns = ", ".join(common)
            held = " OR ".join(_within(engine, _feeding(table, stages)) for engine, stages in logs.items())
            kept = f"SELECT {columns} FROM {aside} WHERE NOT ({held or '0'})"
            self._command(f"INSERT INTO {table.name} ({columns}) {kept}")
        log.warning("%s was renamed to %s: drop it when you have looked at it", table.name, aside)

    def _common_columns(self, first: str, second: str) -> list[str]:
        rows = self._client.query(
            "SELECT name FROM system.columns WHERE database = currentDatabase()"
            " AND table IN ({first:String}, {second:String})"
            " GROUP BY name HAVING count() = {both:UInt8} ORDER BY name",
            parameters={"first": first, "second": second, "both": len({first, second})},
        ).result_rows
        return [f"`{name}`" for (name,) in rows]

    def _clear(self, engine: str, stages: Log) -> None:
        """Deletes the rows that the log still holds, and lets ClickHouse forget that they were inserted."""
        for table in TABLES:
            partitions = _feeding(table, stages)
            if not partitions:
                continue
            self._command(
                f"ALTER TABLE {table.name} DELETE WHERE {_within(engine, partitions)}", settings=WHOLE
            )
            for window in (0, TOKENS_KEPT):
                self._command(
                    f"ALTER TABLE {table.name} MODIFY SETTING non_replicated_deduplication_window = {window}"
                )
        for partition, (first, end) in (place for parts in stages.values() for place in parts.items()):
            log.info("%s: %s is read again from %d to %d", engine, partition.topic, first, end)
            self.report.read_again[engine] = self.report.read_again.get(engine, 0) + end - first

    def _restore_aggregates(self) -> None:
        """From the rows there are, in the order in which one is added up from another."""
        for aggregate in AGGREGATES:
            self._command(f"TRUNCATE TABLE {aggregate.name} SYNC")
            self._command(
                f"INSERT INTO {aggregate.name} {aggregate.feed(self._client)}",
                settings={"insert_deduplicate": 0, "async_insert": 0},
            )

    def _restart(self, engine: str, stages: Log) -> None:
        """Lets the sink begin at the log's first offsets, and ends every sink that is still running."""
        for stage, partitions in stages.items():
            if not partitions:
                continue
            group = sink_group(engine, stage)
            ledger = ProgressLedger(self._bootstrap, group, warehouse_identity(self._client))
            try:
                kept = {partition: self._kept(engine, stage, partition) for partition in partitions}
                firsts = {part: first for part, (first, _) in partitions.items()}
                ledger.complete(firsts, kept, _fill_ends(partitions, ledger.load(partitions)))
                self.report.kept[engine] = self.report.kept.get(engine, 0) + sum(kept.values())
            finally:
                ledger.close()

    def _kept(self, engine: str, stage: SinkStage, partition: Partition) -> int:
        tables = primary_tables(stage, partition.role)
        return sum(table_rows(self._client, table, engine).get(partition, 0) for table in tables)

    def _command(self, statement: str, settings: Mapping[str, Any] | None = None) -> None:
        self._client.command(statement, settings=dict(settings or {}))


def _fill_ends(
    partitions: Mapping[Partition, tuple[int, int]], known: Mapping[Partition, SinkProgress | None]
) -> dict[Partition, int]:
    """What had been sunk once. What had not, waits for the sink; of another warehouse nothing had.

    >>> first, second = Partition("live.decisions", 0), Partition("live.payments", 0)
    >>> ends = {first: (7, 90), second: (7, 90)}
    >>> _fill_ends(ends, {first: SinkProgress(50), second: None}) == {first: 50, second: 90}
    True
    >>> again = SinkProgress(7, fill_end=50)
    >>> _fill_ends(ends, {first: again, second: again}) == {first: 50, second: 50}
    True
    """
    return {
        part: end if (progress := known[part]) is None else max(progress.position, progress.fill_end)
        for part, (_, end) in partitions.items()
    }


def _feeding(table: WarehouseTable, stages: Log) -> dict[Partition, tuple[int, int]]:
    """The partitions, of those that are read again, whose messages have rows in a table."""
    return {
        partition: ends
        for stage, partitions in stages.items()
        for partition, ends in partitions.items()
        if partition.role in roles_of(table, stage)
    }


def _within(engine: str, partitions: Mapping[Partition, tuple[int, int]]) -> str:
    """The rows of one engine and table that the log holds, as a condition.

    >>> _within("live", {Partition("live.decisions", 0): (7, 9)})
    "(engine = 'live' AND (log_topic = 'decisions' AND log_partition = 0 AND log_offset >= 7))"
    """
    places = [
        f"(log_topic = '{part.role}' AND log_partition = {part.number} AND log_offset >= {first})"
        for part, (first, _) in sorted(partitions.items())
    ]
    return f"(engine = '{engine}' AND {_any(places)})"


def _any(places: list[str]) -> str:
    return places[0] if len(places) == 1 else f"({' OR '.join(places)})" if places else "0"
