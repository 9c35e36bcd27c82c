"""Compares the warehouse with the log: every row of decisions and dead letters, and every aggregate.

The log is read once, committed messages only; what the tables must hold is recomputed in Python
(`recompute.py`). Rows are compared in chunks by offset, aggregates as arrays at the end, so memory is
bounded by one chunk and by the aggregates themselves (about 200 bytes a cell).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Message

from streams.kafka import Topics
from streams.warehouse.audit.cells import GRAINS_MS, AggregateCells, GroupNumbers, split_key
from streams.warehouse.audit.recompute import add_decisions, decoders, expected_rows
from streams.warehouse.audit.table_cells import table_cells
from streams.warehouse.schema import sql
from streams.warehouse.sink import LogReader, Partition
from streams.warehouse.stages import STAGES
from streams.warehouse.tables import RowReader

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

DIFFERENCES_MAX: Final = 20
ROLES: Final = {"decisions": "decisions", "dead_letters": "dead-letters"}
_, ANSWERS, _ = STAGES
ALL_OFFSETS: Final = 2**63
QUIET_S: Final = 0.3


@dataclass
class Comparison:
    """What was compared, and the first differences in words."""

    engine: str
    decisions: int = 0
    dead_letters: int = 0
    cells: int = 0
    """Keys of aggregates."""
    differences: list[str] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether further differences are left out."""
        return len(self.differences) >= DIFFERENCES_MAX

    def add(self, difference: str) -> None:
        """Adds a difference while there is room."""
        if not self.is_full:
            self.differences.append(f"{self.engine}: {difference}")


def compare_with_log(bootstrap: str, client: "Client", engine: str) -> list[str]:
    """The differences between the log and the tables of `engine`, at most 20; empty when they are equal.

    Whatever is sunk while this runs counts as a difference: wait for the engine to finish first
    (`wait_until_sunk`).
    """
    return compare(bootstrap, client, engine).differences


def compare(bootstrap: str, client: "Client", engine: str) -> Comparison:
    """As `compare_with_log`, with the figures of what was compared."""
    comparison = Comparison(engine)
    groups = GroupNumbers()
    cells = {grain: AggregateCells() for grain in GRAINS_MS}
    for table, role in ROLES.items():
        reader = LogReader(bootstrap, f"{engine}-compare", RowReader(engine, ANSWERS).rows)
        try:
            for partition in reader.partitions([Topics(engine)[role]]):
                by_length = {GRAINS_MS[grain]: sums for grain, sums in cells.items()}
                _compare_rows(reader, client, comparison, _Source(table, partition), by_length, groups)
        finally:
            reader.close()
    for grain, expected in cells.items():
        _compare_cells(client, comparison, grain, expected, groups)
    return comparison


@dataclass(frozen=True)
class _Source:
    table: str
    partition: Partition


def _compare_rows(
    reader: LogReader,
    client: "Client",
    comparison: Comparison,
    source: _Source,
    cells: dict[int, AggregateCells],
    groups: GroupNumbers,
) -> None:
    start = 0
    for messages in read_chunks(reader, source.partition):
        items = [decoders[source.table](message.value()) for message in messages]
        expected = expected_rows(source.table, items, messages)
        end = messages[-1].offset() + 1
        rows = _table_rows(client, comparison.engine, source, start, end)
        _report_rows(comparison, source, expected, rows)
        if source.table == "decisions":
            add_decisions(cells, groups, expected)
            comparison.decisions += len(messages)
        else:
            comparison.dead_letters += len(messages)
        start = end
    beyond = _table_rows(client, comparison.engine, source, start, ALL_OFFSETS)
    if beyond.num_rows:
        comparison.add(f"{source.table} holds {beyond.num_rows} rows beyond the end of the log, {start}")


def read_chunks(reader: LogReader, partition: Partition) -> Iterator[Sequence[Message]]:
    """The committed messages there are now, in chunks."""
    _, end = reader.end(partition)
    reader.read_from({partition: None})
    caught_up = 0
    while caught_up < end:
        pending = reader.read_new(lambda: False, QUIET_S)
        caught_up = max(caught_up, pending.caught_up.get(partition, 0))
        if rows := pending.rows.get(partition):
            caught_up = max(caught_up, rows[-1].offset + 1)
            yield [row.message for row in rows]


def _table_rows(client: "Client", engine: str, source: _Source, start: int, end: int) -> pa.Table:
    parameters = {"engine": engine, "partition": source.partition.number, "start": start, "end": end}
    return client.query_arrow(sql(f"{source.table}_between_offsets"), parameters=parameters)


def _report_rows(
    comparison: Comparison, source: _Source, expected: dict[str, list[Any]], rows: pa.Table
) -> None:
    offsets = np.array(expected["log_offset"], np.int64)
    held = rows["log_offset"].to_numpy().astype(np.int64)
    if not np.array_equal(offsets, held):
        missing, extra = np.setdiff1d(offsets, held), np.setdiff1d(held, offsets)
        doubled = held.size - np.unique(held).size
        comparison.add(
            f"{source.table} between offsets {offsets[0]} and {offsets[-1]}: {missing.size} rows are missing"
            f" {missing[:3].tolist()}, {extra.size} are not in the log {extra[:3].tolist()},"
            f" {doubled} are doubled"
        )
        return
    for name, values in expected.items():
        _report_column(comparison, source, name, values, rows)


def _report_column(
    comparison: Comparison, source: _Source, name: str, values: list[Any], rows: pa.Table
) -> None:
    column = rows[name].combine_chunks()
    wanted = _as(values, column.type)
    if wanted.equals(column):
        return
    same = pc.fill_null(pc.equal(wanted, column), False)
    both_null = pc.and_(pc.is_null(wanted), pc.is_null(column))
    place = pc.index(pc.or_(same, both_null), False).as_py()
    if place < 0:
        return
    comparison.add(
        f"{source.table} at offset {rows['log_offset'][place].as_py()}: {name} is {column[place].as_py()!r},"
        f" the log says {wanted[place].as_py()!r}"
    )


def _as(values: list[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(values).cast(kind)


def _compare_cells(
    client: "Client", comparison: Comparison, grain: str, expected: AggregateCells, groups: GroupNumbers
) -> None:
    held_cells = table_cells(client, comparison.engine, grain, groups)
    comparison.cells += expected.keys.size
    names = groups.names()
    for key, measure, wanted, held in expected.differences(held_cells, DIFFERENCES_MAX):
        start, group = split_key(key)
        moment = np.datetime64(start * GRAINS_MS[grain], "ms")
        comparison.add(
            f"decisions_{grain} at {moment} for {'/'.join(names[group])}: {measure} is {held},"
            f" the log says {wanted}"
        )
