"""Puts one range into a table and its aggregates exactly once, whatever an earlier attempt did.

Invariant: when `insert` returns, every row of the range is in the table once, and every aggregate equals what
the table's rows add up to.

ClickHouse's token alone does not give that. A block inserted under a token it remembers is dropped, by the
table and by each target of its materialised views on its own, so a repeated insert completes what is missing.
But ClickHouse writes the token into its log *before* it renames the part into place (seen with strace on
26.9): a process killed between the two remembers a block that it does not have. A token may also be
remembered from rows that were deleted since. So it is checked:

- after every insert: the rows of the range in the table are all or none (a range is one block, tables have no
  partitions, so it is one part, and a part appears by one rename). None: insert under the next token.
- when the range is a repeated one: the aggregates of the minutes, hours and days it touches. Their difference
  to the table's rows, if any, is added as one block: atomic again, and checked again after another crash.

A range may give rows to several tables: one block each, each checked by itself. Rows that are older than
their table keeps any are not: they may be gone before one can look.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from streams.errors import Damaged
from streams.kafka import Topics
from streams.warehouse.schema import LIMITED, kept_since_ms, sql
from streams.warehouse.sink.aggregates import Aggregate, aggregates_of
from streams.warehouse.sink.log_range import LogRange, Partition

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

log = logging.getLogger(__name__)

ATTEMPTS_MAX: Final = 4
ONE_BLOCK: Final = {
    "async_insert": 0,
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "max_insert_threads": 1,
    "max_insert_block_size": 1_000_000,
    "min_insert_block_size_rows": 1_000_000,
    "min_insert_block_size_bytes": 0,
}
"""The whole range is one block for the table and one for each view: nothing may split it or delay it."""


class BlockInsert:
    """Inserts the ranges of one engine through `client`, of the local warehouse or of a
    server.
    """

    def __init__(self, client: "Client", engine: str) -> None:
        self._client = client
        self._engine = engine

    def insert(self, table: str, log_range: LogRange, block: pa.RecordBatch, *, is_repeated: bool) -> None:
        """Inserts `block`, the rows of the range. `is_repeated`: an earlier attempt may have done a part of
        it.
        """
        self._send(table, block, log_range.token)
        was_remembered = self._complete_rows(table, log_range, block)
        if is_repeated or was_remembered:
            for aggregate in aggregates_of(table):
                self._settle(aggregate, *_span_ms(block[aggregate.row_time]))

    def settle_all(self, table: str) -> None:
        """Makes all aggregates of this engine that a table is added up to equal to its rows."""
        for aggregate in aggregates_of(table):
            parameters = {"table": table, "column": aggregate.row_time, "engine": self._engine}
            rows, first_ms, last_ms = self._query("time_span", parameters)[0]
            if rows:
                self._settle(aggregate, first_ms, last_ms)

    def last_offsets(self, table: str, role: str) -> dict[int, int]:
        """The newest offset in the table by partition of the topic with this role."""
        rows = self._query("last_offset", {"table": table, "engine": self._engine, "topic": role})
        return {int(partition): int(offset) for partition, offset in rows}

    def rows(self, table: str) -> dict[Partition, int]:
        """How many rows the table holds by partition of the log."""
        return table_rows(self._client, table, self._engine)

    def _send(self, table: str, block: pa.RecordBatch, token: str) -> None:
        body = _arrow_stream(block)
        settings = {**ONE_BLOCK, "insert_deduplication_token": token}
        self._client.raw_insert(table, block.schema.names, body, settings=settings, fmt="ArrowStream")

    def _complete_rows(self, table: str, log_range: LogRange, block: pa.RecordBatch) -> bool:
        """Checks that the rows are there, inserting again where not; whether it had to."""
        if self._expires(table, block):
            return False
        wanted = block.num_rows, pc.count_distinct(block["log_offset"]).as_py()
        for number in range(ATTEMPTS_MAX):
            rows = self._rows(table, log_range)
            if rows == wanted:
                return number > 0
            if rows[0]:
                raise Damaged(
                    f"range {log_range.token} gives {wanted[0]} rows of {wanted[1]} messages, {table} holds "
                    f"{rows[0]} of {rows[1]}"
                )
            log.warning(
                "range %s is remembered by ClickHouse without its rows: inserting again", log_range.token
            )
            self._send(table, block, f"{log_range.token}/{number + 1}")
        raise Damaged(
            f"range {log_range.token} does not appear in table {table} although ClickHouse accepts it"
        )

    def _expires(self, table: str, block: pa.RecordBatch) -> bool:
        """Whether rows of the block are beyond their table's age limit: ClickHouse may delete these at once,
        so that they cannot be counted.
        """
        if table not in LIMITED:
            return False
        since_ms = kept_since_ms(self._client, table)
        return bool(since_ms) and _span_ms(block[LIMITED[table][0]])[0] < since_ms

    def _rows(self, table: str, log_range: LogRange) -> tuple[int, int]:
        parameters = {
            "table": table,
            "engine": self._engine,
            "topic": log_range.partition.role,
            "partition": log_range.partition.number,
            "start": log_range.start,
            "end": log_range.end,
        }
        rows, offsets = self._query("rows_in_range", parameters)[0]
        return int(rows), int(offsets)

    def _settle(self, aggregate: Aggregate, first_ms: int, last_ms: int) -> None:
        """Makes an aggregate between two times of rows equal to the rows, as far back as it keeps its own."""
        first_ms = max(first_ms, aggregate.whole_since_ms(self._client))
        if first_ms > last_ms:
            return
        difference = aggregate.difference(aggregate.feed(self._client))
        parameters = aggregate.parameters(self._engine, first_ms, last_ms)
        for _ in range(ATTEMPTS_MAX):
            counted = self._client.query(f"SELECT count() FROM ({difference})", parameters=parameters)
            missing = counted.result_rows[0][0]
            if not missing:
                return
            log.warning(
                "%s: %d keys of %s differ from its rows: corrected", self._engine, missing, aggregate.name
            )
            self._client.command(
                f"INSERT INTO {aggregate.name} {difference}",
                parameters=parameters,
                settings={"insert_deduplicate": 0, "async_insert": 0},
            )
        raise Damaged(
            f"{aggregate.name} of engine {self._engine} still differs after {ATTEMPTS_MAX} corrections"
        )

    def _query(self, name: str, parameters: dict[str, Any]) -> Sequence[Sequence[Any]]:
        rows: Sequence[Sequence[Any]] = self._client.query(sql(name), parameters=parameters).result_rows
        return rows


def table_rows(client: "Client", table: str, engine: str) -> dict[Partition, int]:
    """How many rows of an engine a table holds by partition of the log."""
    rows = client.query(sql("rows_by_partition"), parameters={"table": table, "engine": engine}).result_rows
    topics = Topics(engine)
    return {Partition(topics[str(role)], int(number)): int(count) for role, number, count in rows}


def warehouse_identity(client: "Client") -> str:
    """A random name that tells this warehouse from every other one, given at the first call."""
    known = known_identity(client)
    if not known:
        client.command(
            "INSERT INTO warehouse_identity (id) SELECT generateUUIDv4()", settings={"async_insert": 0}
        )
        known = known_identity(client)
    return known


def known_identity(client: "Client") -> str:
    """The same for those who only read; empty where it was not given yet."""
    rows = client.query(sql("warehouse_identity")).result_rows
    return str(rows[0][0]) if rows else ""


def _arrow_stream(block: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, block.schema) as writer:
        writer.write_batch(block)
    return bytes(sink.getvalue())


def _span_ms(times: pa.Array) -> tuple[int, int]:
    millis = times.cast(pa.int64()).to_numpy()
    return int(millis.min()), int(millis.max())
