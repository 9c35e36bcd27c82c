"""An engine without Kafka whose batches are measured: a real core, and what the meters look at besides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast

from models.messages import LostRecords
from streams.engine.core import Core
from streams.engine.input.batch import InputBatch, LostRange
from streams.engine.input.merge import InputHead
from streams.engine.recovery.replay import EngineState, JournalPosition
from streams.engine.result import BatchResult
from streams.metrics.by_process.engine_meters import EngineMeters
from streams.metrics.meters import Meters
from tests.engine.engine_log import NOW

TOPICS = tuple(f"test.{role}" for role in ("artefacts", "controls", "labels", "outcomes", "payments"))


class HandClock:
    """A clock that a test turns by hand."""

    def __init__(self, now_s: float = NOW / 1_000) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


class KnownEnds:
    """Stands for the consumer: what it heard of the ends of topics."""

    def __init__(self) -> None:
        self.ends: dict[str, int] = {}

    def get_watermark_offsets(self, place: Any, cached: bool) -> tuple[int, int]:
        assert cached, "the broker is not asked in the engine's loop"
        return 0, self.ends.get(place.topic, -1001)


class HeardNow:
    """Stands for `BrokerContact`: Kafka was heard just now, until it falls silent."""

    def __init__(self, clock: HandClock) -> None:
        self._clock, self.silent_since_s = clock, 0.0

    @property
    def heard_s(self) -> float:
        return self.silent_since_s or self._clock.now_s


@dataclass
class MeteredEngine:
    """One engine and its figures."""

    core: Core
    clock: HandClock = field(default_factory=HandClock)
    meters: Meters = field(default_factory=lambda: Meters(processes=False))

    def __post_init__(self) -> None:
        self.observer = EngineMeters(self.meters, "test", self.clock, self.clock)
        heads = {topic: InputHead(topic, 0, rank, at_end=True) for rank, topic in enumerate(TOPICS)}
        self.contact = HeardNow(self.clock)
        self.inputs = SimpleNamespace(heads=heads, consumer=KnownEnds(), contact=self.contact)
        self.state = EngineState(self.core, JournalPosition())
        self._offsets = dict.fromkeys(TOPICS, 0)

    def step(
        self,
        role: str,
        records: list[bytes],
        waited_s: float = 0.02,
        apply_s: float = 0.003,
        skip: Mapping[int, str] = MappingProxyType({}),
    ) -> BatchResult:
        """One batch of this topic, applied and committed `waited_s` after it was appended."""
        topic = f"test.{role}"
        batch, first = InputBatch(), self._offsets[topic]
        appended = round(self.clock.now_s * 1_000)
        batch.extend(topic, 0, [(value, first + i, appended) for i, value in enumerate(records)])
        self._offsets[topic] += len(records)
        return self._make(topic, batch, waited_s, apply_s, skip)

    def lose(self, role: str, detail: str) -> BatchResult:
        """One record of this topic that Kafka's client cannot read."""
        topic = f"test.{role}"
        batch, at = InputBatch(), self._offsets[topic]
        self._offsets[topic] += 1
        lost = LostRecords(round(self.clock.now_s * 1_000), "unreadable", detail)
        batch.lose(topic, 0, LostRange(at, at + 1, lost))
        return self._make(topic, batch)

    def _make(
        self,
        topic: str,
        batch: InputBatch,
        waited_s: float = 0.02,
        apply_s: float = 0.003,
        skip: Mapping[int, str] = MappingProxyType({}),
    ) -> BatchResult:
        self.observer.begins()
        self.observer.stage("wait")
        result = self.core.apply(batch, skip)
        self.clock.now_s += apply_s
        self.observer.stage("apply")
        self.clock.now_s += waited_s - apply_s
        self.observer.stage("commit")
        self.state.position.number += 1
        self.state.position.inputs[topic] = self._offsets[topic]
        self.observer.committed(cast(Any, self), batch, result)
        return result

    def idle(self) -> None:
        """A step in which nothing had come."""
        self.observer.idle(cast(Any, self))
