"""A small log without Kafka: messages of every type as a consumer gives them, and a sink for them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client
from msgspec import json

from models.messages import Change, Control, ControlStatement, KeySignature
from models.trust import kind_of, sealed, statement_text
from streams.warehouse.sink.block_insert import BlockInsert
from streams.warehouse.sink.log_range import LogRange, Partition
from streams.warehouse.sink.lookups import RowLookups
from streams.warehouse.sink.stage_sink import range_of
from streams.warehouse.stages import STAGES
from streams.warehouse.tables import IpNetworks, Row, RowReader, blocks

START_MS = 1_790_000_000_000
DAY_MS = 86_400_000
NETWORK_KEY = b"a key of the tests"
NETWORKS = IpNetworks(NETWORK_KEY)


KEY_IDS = ("a" * 24, "b" * 24)


def signed_control(engine: str, change: Change) -> bytes:
    """A control with two signatures, which nobody checks here."""
    control = Control("signed-1", START_MS, "ana", change, "by two")
    text = statement_text(
        ControlStatement("here", engine, kind_of(change), KEY_IDS[0], None, START_MS + DAY_MS, control)
    )
    return sealed(text, [KeySignature(key, "A" * 86) for key in KEY_IDS])


@dataclass(frozen=True)
class PlaceOnLog:
    """What consumers give, messages or not, says where it stands: as `confluent_kafka.Message`."""

    the_topic: str
    the_offset: int

    def topic(self) -> str:
        return self.the_topic

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.the_offset


@dataclass(frozen=True)
class LogMessage(PlaceOnLog):
    """A message that can be read."""

    appended_at: int
    the_value: bytes

    def timestamp(self) -> tuple[int, int]:
        return 2, self.appended_at

    def value(self) -> bytes:
        return self.the_value

    def error(self) -> None:
        return None

    def __len__(self) -> int:
        return len(self.the_value)


class SmallLog:
    """The topics of one engine, in memory."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.messages: dict[str, list[LogMessage]] = defaultdict(list)
        self.now = START_MS
        self.sunk: list[tuple[LogRange, list[Row]]] = []
        self._ends: dict[tuple[str, str], int] = {}

    def add(self, role: str, content: Any, after_ms: int = 1) -> LogMessage:
        """Appends a message (a struct, or bytes), `after_ms` later than the one before."""
        self.now += after_ms
        value = content if isinstance(content, bytes) else json.encode(content)
        topic = f"{self.engine}.{role}"
        message = LogMessage(topic, len(self.messages[topic]) + 7, self.now, value)
        self.messages[topic].append(message)
        return message

    def sink(self, client: Client, *, size: int = 1_000, is_repeated: bool = False) -> None:
        """Brings what is new into the tables, stage by stage, in ranges of at most `size` rows; repeated: all
        that was sunk before, in the same ranges.
        """
        insert, lookups = BlockInsert(client, self.engine), RowLookups(client, self.engine)
        for log_range, rows in list(self.sunk) if is_repeated else self._new(size):
            for table, block in blocks(lookups.completed(log_range, rows), NETWORKS).items():
                insert.insert(table, log_range, block, is_repeated=is_repeated)

    def _new(self, size: int) -> Iterator[tuple[LogRange, list[Row]]]:
        for stage in STAGES:
            reader = RowReader(self.engine, stage)
            for role in stage.sources:
                rows = reader.rows(self.messages[f"{self.engine}.{role}"])
                end = self._ends.get((stage.name, role), 0)
                new = [row for row in rows if row.offset >= end]
                for start in range(0, len(new), size):
                    part = new[start : start + size]
                    log_range = range_of(Partition(part[0].topic, 0), part)
                    self._ends[stage.name, role] = log_range.end
                    self.sunk.append((log_range, part))
                    yield log_range, part
