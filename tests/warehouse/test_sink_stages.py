"""The whole sink on the embedded ClickHouse, over a log in memory: whatever arrives in which order, and
wherever it dies, tables and aggregates equal a recount of the log.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from streams.warehouse.audit import LogCopy, read_record, recount
from streams.warehouse.database import Database
from streams.warehouse.sink.block_insert import BlockInsert
from streams.warehouse.sink.sink import WarehouseSink
from streams.warehouse.sink.status import NoWatcher
from tests.warehouse.arriving_log import ArrivingLog, Interrupted, make_sink, rebuilt, sink_arriving, small
from tests.warehouse.log_messages import NETWORK_KEY, SmallLog

__all__ = ["make_sink"]


@pytest.fixture
def client(database: Database) -> Iterator[Client]:
    opened = database.client()
    yield opened
    opened.close()


def differences(client: Client, log: SmallLog) -> list[str]:
    records = [
        read_record(topic.rpartition(".")[2], 0, m.offset(), m.appended_at, m.value())
        for topic, messages in log.messages.items()
        for m in messages
    ]
    return recount(client, LogCopy(log.engine, records), NETWORK_KEY)


@pytest.mark.parametrize("seed", range(3))
def test_tables_equal_the_log_in_whatever_bits_it_arrives(
    client: Client, engine: str, make_sink: Callable[[ArrivingLog], WarehouseSink], seed: int
) -> None:
    arriving = small(engine, seed)
    sink_arriving(make_sink(arriving), arriving)
    assert differences(client, arriving.log) == []
    every = [m for messages in arriving.log.messages.values() for m in messages]
    totals = [known.total for group in arriving.ledger.values() for known in group.values() if known]
    assert sum(filter(None, totals)) == len(every)


@pytest.mark.parametrize("after", [False, True], ids=["before an insert", "after an insert"])
@pytest.mark.parametrize("deaths", [(1,), (2, 3), (4, 1, 2), (7, 5), (9, 6)])
def test_tables_equal_the_log_wherever_the_sink_dies(
    client: Client,
    engine: str,
    make_sink: Callable[[ArrivingLog], WarehouseSink],
    monkeypatch: pytest.MonkeyPatch,
    deaths: tuple[int, ...],
    after: bool,
) -> None:
    """`deaths`: at which insert of each life, which begins with the range under way."""
    arriving = small(engine, sum(deaths))
    insert = BlockInsert.insert
    for death in deaths:
        left = iter(range(death - 1))

        def planted(
            self: BlockInsert, *arguments: Any, is_repeated: bool, left: Iterator[int] = left
        ) -> None:
            if next(left, None) is not None:
                return insert(self, *arguments, is_repeated=is_repeated)
            if after:
                insert(self, *arguments, is_repeated=is_repeated)
            raise Interrupted

        monkeypatch.setattr(BlockInsert, "insert", planted)
        with pytest.raises(Interrupted):
            sink_arriving(make_sink(arriving), arriving)
    monkeypatch.setattr(BlockInsert, "insert", insert)
    sink_arriving(make_sink(arriving), arriving)
    assert differences(client, arriving.log) == []


@pytest.mark.parametrize("death", range(2, 14))
def test_tables_equal_the_log_when_the_record_of_a_half_inserted_range_is_lost(
    client: Client,
    engine: str,
    make_sink: Callable[[ArrivingLog], WarehouseSink],
    monkeypatch: pytest.MonkeyPatch,
    death: int,
) -> None:
    """Dead between the tables of a range, and the group's offsets are gone from Kafka."""
    arriving = small(engine, death)
    insert = BlockInsert.insert
    left = iter(range(death - 1))

    def planted(self: BlockInsert, *arguments: Any, is_repeated: bool) -> None:
        if next(left, None) is None:
            raise Interrupted
        insert(self, *arguments, is_repeated=is_repeated)

    with monkeypatch.context() as patch, suppress(Interrupted):
        patch.setattr(BlockInsert, "insert", planted)
        sink_arriving(make_sink(arriving), arriving)
    arriving.ledger.clear()
    sink_arriving(make_sink(arriving), arriving)
    assert differences(client, arriving.log) == []


def test_a_stopped_sink_leaves_nothing_half_done(
    client: Client, engine: str, make_sink: Callable[[ArrivingLog], WarehouseSink]
) -> None:
    """Stopped while it waits for payments, it records nothing of the decisions that it has read."""
    arriving = small(engine, 1)
    sink = make_sink(arriving)
    sink.begin()
    for _ in range(3):
        sink.step()
    sink._stop.set()
    sink.run()
    assert sink.status.state == "stopped"
    sink_arriving(make_sink(arriving), arriving)
    assert differences(client, arriving.log) == []


class StandingLog(ArrivingLog):
    """A log to which something comes only when the test says so."""

    def advance(self) -> None:
        """Nothing comes."""

    def reach(self, share: float) -> list[int]:
        """So much of it is there. Append times of what came to topics that there were."""
        times = sorted(m.appended_at for messages in self.log.messages.values() for m in messages)
        there = {topic: len(self.visible(topic)) for topic in list(self.log.messages)}
        self.until_ms = self.last_ms = times[round(share * (len(times) - 1))]
        return sorted(m.appended_at for topic, n in there.items() if n for m in self.visible(topic)[n:])


class Delays(NoWatcher):
    """Notes the append times of the rows whose delay is measured."""

    def __init__(self) -> None:
        self.appended: list[int] = []

    def stored(self, appended_ms: Sequence[int], rows: int) -> None:  # noqa: ARG002
        self.appended += appended_ms


@pytest.fixture
def standing(engine: str) -> StandingLog:
    """Half of a log."""
    arriving = StandingLog(small(engine, 3).log, Random(3))
    arriving.reach(0.5)
    return arriving


def delays(sink: WarehouseSink, arriving: ArrivingLog) -> list[int]:
    """Append times of the rows whose delay is measured while it sinks what is there."""
    sink.status.watcher = watcher = Delays()
    sink_arriving(sink, arriving)
    return sorted(watcher.appended)


def test_the_delay_of_what_fills_empty_tables_is_not_measured(
    make_sink: Callable[[ArrivingLog], WarehouseSink], standing: StandingLog
) -> None:
    """What was appended while the sink was away is, at its next start."""
    first = make_sink(standing)
    assert delays(first, standing) == []
    assert first.status.rows
    came = standing.reach(1.0)
    assert delays(make_sink(standing), standing) == came


def test_a_sink_that_dies_while_it_fills_knows_where_that_ends(
    make_sink: Callable[[ArrivingLog], WarehouseSink], standing: StandingLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, left = BlockInsert.insert, iter(range(3))

    def dies(self: BlockInsert, *arguments: Any, is_repeated: bool) -> None:
        if next(left, None) is None:
            raise Interrupted
        insert(self, *arguments, is_repeated=is_repeated)

    with monkeypatch.context() as patch:
        patch.setattr(BlockInsert, "insert", dies)
        with pytest.raises(Interrupted):
            sink_arriving(make_sink(standing), standing)
    begun = {partition.topic for group in standing.ledger.values() for partition in group}
    ends = {topic: len(standing.visible(topic)) for topic in begun}
    standing.reach(1.0)
    came = [m.appended_at for topic, end in ends.items() for m in standing.visible(topic)[end:]]
    assert came
    assert delays(make_sink(standing), standing) == sorted(came)


def test_the_delay_of_what_a_rebuild_reads_again_is_not_measured(
    client: Client,
    make_sink: Callable[[ArrivingLog], WarehouseSink],
    standing: StandingLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of what had come before it and was not sunk yet, it is."""
    sink_arriving(make_sink(standing), standing)
    came = standing.reach(0.8)
    for request in ("first", "second"):
        rebuilt(standing, client, monkeypatch, request)
    came += standing.reach(1.0)
    assert delays(make_sink(standing), standing) == sorted(came)
    assert differences(client, standing.log) == []
