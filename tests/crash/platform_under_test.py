"""A whole Tollgate of its own: a real broker, engine, follower and warehouse as processes."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.control_plane.seed import publish_seed
from streams.kafka.topics import INPUTS, Topics
from streams.keys import ensure_local_keys
from streams.platform.broker.local_kafka import QUICK, LocalKafka
from streams.settings import Settings
from tests.crash.committed import committed
from tests.crash.parts import Part, tollgate, wait_for

SNAPSHOT_EVERY_S = "4"
REST_TIMEOUT_S = 180.0
READY_LINES = {
    "engine": "resumes after",
    "historian": "resumes after",
    "follower": "resumes after",
    "warehouse": "sink starts",
}


@dataclass
class Platform:
    """The processes of one engine called `engine`, at home in `home`.

    `variants` replaces command lines by name: how sabotage gets in without a hook in the product.
    """

    home: Path
    engine: str
    variants: Mapping[str, list[str]] = field(default_factory=dict)
    broker_starts: int = 0
    signed: bool = False
    """Whether controls must be signed; the keys are made in `home`."""

    def __post_init__(self) -> None:
        self.home = self.home.absolute()
        self.kafka = LocalKafka(self.home, say=lambda _: None, java_options=QUICK)
        self.snapshots = self.home / "engines" / self.engine / "snapshots"
        self.topics = Topics(self.engine)
        self.parts: list[Part] = []

    def start(self) -> None:
        """Broker, topics, seed, then the three processes."""
        self.kafka.start()
        self.bootstrap = self.kafka.bootstrap
        keyring = ensure_local_keys(Settings(home=self.home)) if self.signed else None
        publish_seed(self.bootstrap, self.home, self.engine, keyring=keyring)
        self.engine_part = self._part("engine", tollgate("engine", "--engine", self.engine))
        follow = tollgate("follower", "--engine", self.engine, "--every", SNAPSHOT_EVERY_S)
        self.follower_part = self._part("follower", follow)
        self.warehouse_part = self._part("warehouse", tollgate("warehouse"))
        for part in self.parts:
            part.start()

    def _part(self, name: str, command: list[str]) -> Part:
        command = self.variants.get(name, command)
        part = Part(name, command, self.environment(), self.home / "logs", READY_LINES[name])
        self.parts.append(part)
        return part

    def environment(self) -> dict[str, str]:
        """What our processes get: this home, this broker, and nothing of the caller's Tollgate."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOLLGATE_")}
        kept.pop("CLICKHOUSE_URL", None)
        ours = {"TOLLGATE_HOME": str(self.home), "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap}
        return kept | ours | {"PYTHONFAULTHANDLER": "1"}

    def tick(self) -> None:
        """Starts again what ended by itself."""
        for part in self.parts:
            part.tick()

    def restart_broker(self) -> None:
        """`kill -9` of the broker, and a new one on the same data and port."""
        self.kafka.kill9()
        self.kafka.start()
        self.broker_starts += 1

    def clickhouse(self) -> Any:
        """A client of the warehouse as it is now, as an analyst."""
        from streams.warehouse.client import connect
        from streams.warehouse.credentials import WarehouseUser, url_as

        url = json.loads((self.home / "run" / "warehouse.json").read_text())["url"]
        return connect(url_as(url, self.home, WarehouseUser.ANALYST))

    def read(self, role: str) -> list[Message]:
        """Every committed record of one of the engine's topics."""
        return committed(self.bootstrap, self.topics[role])

    def read_inputs(self) -> dict[str, list[Message]]:
        return {self.topics[role]: self.read(role) for role in INPUTS}

    def undecided(self) -> int:
        """Input records that no journal entry covers yet."""
        positions: dict[str, int] = {}
        for message in self.read("journal"):
            positions |= json.loads(message.value())["positions"]
        return sum(self._behind(topic, positions.get(topic, 0)) for topic in self.topics.inputs)

    def _behind(self, topic: str, position: int) -> int:
        """Records, not offsets: those at the end may be markers of transactions."""
        client = AdminClient({"bootstrap.servers": self.bootstrap})
        place = TopicPartition(topic, 0)
        end = client.list_offsets({place: OffsetSpec.latest()})[place].result(30).offset
        return len(committed(self.bootstrap, topic, position)) if end > position else 0

    def rest(self) -> dict[str, int]:
        """Stops follower and engine cleanly, in this order: the last snapshot is the engine's. Exit codes."""
        for part in (self.follower_part, self.engine_part):
            wait_for(f"{part.name} at work", part.is_ready, REST_TIMEOUT_S, self.tick)
        return {part.name: part.stop() for part in (self.follower_part, self.engine_part)}

    def stop(self) -> None:
        """Ends all."""
        for part in self.parts:
            part.stop()
        self.kafka.stop()
