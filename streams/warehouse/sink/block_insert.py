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
- when the range is a repeated one: the aggregates of the minutes and hours it touches. Their difference to
the
  table's rows, if any, is added as one block: atomic again, and checked again after another crash.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from streams.errors import Damaged
from streams.warehouse.schema import sql
from streams.warehouse.sink.log_range import LogRange

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

log = logging.getLogger(__name__)

GRAINS_MS: Final = {"minute": 60_000, "hour": 3_600_000}
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
        if table == "decisions" and (is_repeated or was_remembered):
            self.settle(*_span_ms(block["engine_time"]))

    def settle(self, first_ms: int, last_ms: int) -> None:
        """Makes the aggregates between two engine times equal to the rows."""
        for grain, length_ms in GRAINS_MS.items():
            parameters = {
                "engine": self._engine,
                "first": _moment(first_ms // length_ms * length_ms),
                "last": _moment(last_ms // length_ms * length_ms),
            }
            self._add_difference(grain, parameters)

    def settle_all(self) -> None:
        """Makes all aggregates of this engine equal to its rows."""
        rows, first_ms, last_ms = self._query("time_span", {"engine": self._engine})[0]
        if rows:
            self.settle(first_ms, last_ms)

    def last_offsets(self, table: str) -> dict[int, int]:
        """The newest offset in the table by partition of the log."""
        rows = self._query("last_offset", {"table": table, "engine": self._engine})
        return {int(partition): int(offset) for partition, offset in rows}

    def rows(self, table: str) -> dict[int, int]:
        """How many rows the table holds by partition of the log."""
        return table_rows(self._client, table, self._engine)

    def _send(self, table: str, block: pa.RecordBatch, token: str) -> None:
        body = _arrow_stream(block)
        settings = {**ONE_BLOCK, "insert_deduplication_token": token}
        self._client.raw_insert(table, block.schema.names, body, settings=settings, fmt="ArrowStream")

    def _complete_rows(self, table: str, log_range: LogRange, block: pa.RecordBatch) -> bool:
        """Checks that the rows are there, inserting again where not; whether it had to."""
        for number in range(ATTEMPTS_MAX):
            rows, offsets = self._rows(table, log_range)
            if rows == offsets == log_range.rows:
                return number > 0
            if rows:
                raise Damaged(
                    f"range {log_range.token} has {log_range.rows} rows, {table} holds {rows} "
                    f"({offsets} offsets)"
                )
            log.warning(
                "range %s is remembered by ClickHouse without its rows: inserting again", log_range.token
            )
            self._send(table, block, f"{log_range.token}/{number + 1}")
        raise Damaged(
            f"range {log_range.token} does not appear in table {table} although ClickHouse accepts it"
        )

    def _rows(self, table: str, log_range: LogRange) -> tuple[int, int]:
        parameters = {
            "table": table,
            "engine": self._engine,
            "partition": log_range.partition.number,
            "start": log_range.start,
            "end": log_range.end,
        }
        rows, offsets = self._query("rows_in_range", parameters)[0]
        return int(rows), int(offsets)

    def _add_difference(self, grain: str, parameters: dict[str, Any]) -> None:
        target = f"decisions_{grain}"
        difference = sql(f"difference_{grain}").replace("{{feed}}", aggregate_feed(self._client, target))
        for _ in range(ATTEMPTS_MAX):
            counted = self._client.query(f"SELECT count() FROM ({difference})", parameters=parameters)
            missing = counted.result_rows[0][0]
            if not missing:
                return
            log.warning(
                "%s: %d keys of %s differ from the decisions: corrected", self._engine, missing, target
            )
            self._client.command(
                f"INSERT INTO {target} {difference}",
                parameters=parameters,
                settings={"insert_deduplicate": 0, "async_insert": 0},
            )
        raise Damaged(f"{target} of engine {self._engine} still differs after {ATTEMPTS_MAX} corrections")

    def _query(self, name: str, parameters: dict[str, Any]) -> Sequence[Sequence[Any]]:
        rows: Sequence[Sequence[Any]] = self._client.query(sql(name), parameters=parameters).result_rows
        return rows


def aggregate_feed(client: "Client", target: str) -> str:
    """The SELECT that fills an aggregate: ClickHouse's own text, so that there is no second one to keep
    equal.
    """
    return str(client.query(sql("feed_of"), parameters={"view": f"{target}_feed"}).result_rows[0][0])


def table_rows(client: "Client", table: str, engine: str) -> dict[int, int]:
    """How many rows of an engine a table holds by partition of the log."""
    rows = client.query(sql("rows_by_partition"), parameters={"table": table, "engine": engine}).result_rows
    return {int(partition): int(count) for partition, count in rows}


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


def _moment(millis: int) -> datetime:
    return datetime.fromtimestamp(millis // 1000, UTC)
