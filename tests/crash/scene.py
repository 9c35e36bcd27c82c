"""One engine's little world for tests: topics of its own, staged seed, payments to send, outputs to read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from features.catalogue import CATALOGUE
from simulation.traffic import SimulatedPayments, Traffic, TrafficParameters
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.seed import publish_seed
from streams.engine.process import Engine, EngineOptions
from streams.kafka import end_offsets
from streams.kafka.topics import Topics
from tests.crash.committed import committed

BATCH = 50
EMPTY_STEPS_MAX = 240


@dataclass(frozen=True)
class Scene:
    """An engine called `engine` on the broker at `bootstrap`, at home in `home`."""

    bootstrap: str
    engine: str
    home: Path

    def prepare(self) -> "Scene":
        """Makes the topics and publishes the seed."""
        publish_seed(self.bootstrap, self.home, self.engine)
        return self

    def options(self, batch_max: int = BATCH) -> EngineOptions:
        """As the command line would make them, with small batches: more transactions to interrupt."""
        return EngineOptions(
            bootstrap=self.bootstrap,
            engine=self.engine,
            folder=self.home / "engines" / self.engine,
            catalogue=CATALOGUE,
            artefacts=ArtefactStore(self.home / "artefacts").load,
            historical=True,
            batch_max=batch_max,
        )

    def started(self) -> Engine:
        """A new engine of this name, ready to step."""
        engine = Engine(self.options())
        engine.start()
        return engine

    def send(self, values: Sequence[bytes | None], role: str = "payments") -> None:
        """Puts records on an input topic and waits until they are there."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "enable.idempotence": True, "linger.ms": 5})
        for value in values:
            producer.produce(Topics(self.engine)[role], value)
        left = producer.flush(30)
        assert left == 0, f"{left} records were not delivered"

    def read(self, role: str) -> list[dict[str, Any]]:
        """The committed JSON messages of a topic."""
        return [
            json.loads(message.value()) for message in committed(self.bootstrap, Topics(self.engine)[role])
        ]


def simulated(count: int, first: int = 0, duplicates: float = 0.0) -> list[bytes]:
    """Simulated payments of this moment's past, the same ones each time."""
    parameters = TrafficParameters.of_shares(5, duplicates, 0.0, 0.0)
    simulated = SimulatedPayments(parameters, start_ms=1_780_000_000_000, rate=100.0)
    traffic = Traffic(simulated, first=first)
    return [*traffic.batch(first, count).values, *traffic.rest(first + count).values]


def drain(engine: Engine, empty_steps: int = 6) -> int:
    """Steps until the payments on the log are taken and nothing comes for a while; the number of records."""
    payments = Topics(engine.options.engine)["payments"]
    end = end_offsets(engine.options.bootstrap, [payments])[payments]
    done = empty = 0
    while empty < empty_steps or engine.state.position.inputs.get(payments, 0) < end:
        step = engine.step(0.25)
        done += step
        empty = 0 if step else empty + 1
        assert empty < EMPTY_STEPS_MAX, "payments on the log are not taken"
    return done
