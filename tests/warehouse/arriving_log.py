"""A log in memory that arrives bit by bit, and the sink over it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaError, TopicPartition

from streams.warehouse.repair import Rebuild
from streams.warehouse.sink.ledger import ProgressLedger
from streams.warehouse.sink.log_range import LogRange, Partition, SinkProgress, progress
from streams.warehouse.sink.sink import WarehouseSink
from tests.docs.small_quarter import SmallQuarter
from tests.warehouse.log_messages import NETWORKS, LogMessage, PlaceOnLog, SmallLog

FIRST = 7
"""Offset of the first message of each topic of a small log."""


@dataclass
class ArrivingLog:
    """A log that becomes visible bit by bit, in the order in which it was appended."""

    log: SmallLog
    random: Random
    until_ms: int = 0
    ledger: dict[str, dict[Partition, SinkProgress | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        times = [m.appended_at for messages in self.log.messages.values() for m in messages]
        self.until_ms, self.last_ms = min(times), max(times)

    def advance(self) -> None:
        """Some more of it arrives."""
        self.until_ms += self.random.choice((0, 0, 1, 2, 6, 30))

    def visible(self, topic: str) -> list[LogMessage]:
        return [m for m in self.log.messages.get(topic, ()) if m.appended_at <= self.until_ms]

    @property
    def is_all_there(self) -> bool:
        return self.until_ms >= self.last_ms


class EndOfPartition(PlaceOnLog):
    """What a consumer gives when it has read all there is."""

    def error(self) -> Any:
        return SimpleNamespace(code=lambda: KafkaError._PARTITION_EOF)


class MemoryConsumer:
    """Reads an `ArrivingLog` as Kafka's consumer reads a log."""

    def __init__(self, arriving: ArrivingLog) -> None:
        self._arriving = arriving
        self._next: dict[str, int] = {}
        self._ended: dict[str, int] = {}

    def assign(self, places: list[TopicPartition]) -> None:
        self._next = {place.topic: max(FIRST, place.offset) for place in places}
        self._ended = {}

    def consume(self, most: int, _: float) -> list[Any]:
        self._arriving.advance()
        given: list[Any] = []
        for topic in self._next:
            new = [m for m in self._arriving.visible(topic) if m.offset() >= self._next[topic]]
            part = new[: min(most - len(given), self._arriving.random.choice((0, 1, 5, 500)))]
            given += part
            if part:
                self._next[topic] = part[-1].offset() + 1
            elif not new and self._ended.get(topic) != self._next[topic]:
                self._ended[topic] = self._next[topic]
                given.append(EndOfPartition(topic, self._next[topic]))
        return given

    def list_topics(self, timeout: float) -> Any:  # noqa: ARG002 - as the real one
        names = [name for name in self._arriving.log.messages if self._arriving.visible(name)]
        always = [f"{self._arriving.log.engine}.{role}" for role in ("decisions", "dead-letters")]
        topics = {
            name: SimpleNamespace(topic=name, error=None, partitions={0: None}) for name in {*names, *always}
        }
        return SimpleNamespace(topics=topics)

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:  # noqa: ARG002
        return FIRST, FIRST + len(self._arriving.visible(place.topic))

    def close(self) -> None:
        """Nothing is open."""


class MemoryLedger:
    """Keeps progress as the ledger in Kafka does."""

    def __init__(self, arriving: ArrivingLog, group: str) -> None:
        self._known = arriving.ledger.setdefault(group, {})

    def load(self, partitions: Any) -> dict[Partition, SinkProgress | None]:
        return {partition: self._known.get(partition) for partition in partitions}

    def record(self, ranges: Any, totals: dict[Partition, int], fill_ends: dict[Partition, int]) -> None:
        for each in ranges:
            assert isinstance(each, LogRange)
            self._note(each.partition, each.start, each, totals, fill_ends)

    def complete(
        self, positions: dict[Partition, int], totals: dict[Partition, int], fill_ends: dict[Partition, int]
    ) -> None:
        for partition, offset in positions.items():
            self._note(partition, offset, None, totals, fill_ends)

    def _note(self, partition: Partition, offset: int, pending: LogRange | None, *figures: Any) -> None:
        """By way of what is written down in Kafka."""
        place = ProgressLedger._place(_HERE, partition, offset, pending, *figures)
        self._known[partition] = progress("here", partition, offset, place.metadata)

    def close(self) -> None:
        """Nothing is open."""


_HERE: Any = SimpleNamespace(_warehouse="here")


class Interrupted(Exception):  # noqa: N818
    """Stands for a process that dies at this point."""


@pytest.fixture
def make_sink(client: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[[ArrivingLog], WarehouseSink]:
    def make(arriving: ArrivingLog) -> WarehouseSink:
        room = "streams.warehouse.sink"
        monkeypatch.setattr(f"{room}.log_reader.consumer", lambda _: MemoryConsumer(arriving))
        monkeypatch.setattr(f"{room}.log_reader.bulk_consumer_settings", lambda *_, **__: {})
        monkeypatch.setattr(
            f"{room}.stage_sink.ProgressLedger", lambda _, group, __: MemoryLedger(arriving, group)
        )
        monkeypatch.setattr(f"{room}.stage_sink.BRIEF_S", 0.0005)
        monkeypatch.setattr(f"{room}.sink.BRIEF_S", 0.0005)
        monkeypatch.setattr(f"{room}.sink.WAIT_S", 0.001)
        monkeypatch.setattr(f"{room}.sink.TOPICS_LOOK_S", 0.0)
        return WarehouseSink(arriving.log.engine, "nowhere", client, NETWORKS, Event())

    return make


def small(engine: str, seed: int, payments: int = 25) -> ArrivingLog:
    log = SmallLog(engine)
    SmallQuarter(log, payments)
    return ArrivingLog(log, Random(seed))


def rebuilt(
    arriving: ArrivingLog,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    request: str = "asked",
    tables: Sequence[str] = (),
) -> None:
    """Makes tables again from this log; none named: all."""
    room, engine = "streams.warehouse.repair.rebuild", arriving.log.engine
    monkeypatch.setattr(f"{room}.EngineDiscovery", lambda *_: SimpleNamespace(names=lambda: {engine}))
    monkeypatch.setattr(f"{room}.ProgressLedger", lambda _, group, __: MemoryLedger(arriving, group))
    Rebuild("nowhere", client, request, [engine], tables).run()


def sink_arriving(sink: WarehouseSink, arriving: ArrivingLog) -> None:
    sink.begin()
    quiet = 0
    while quiet < 3:
        before = sink.status.rows
        sink.step()
        quiet = quiet + 1 if arriving.is_all_there and sink.status.rows == before else 0
