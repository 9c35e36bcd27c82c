"""Some hours of a whole installation, for boards: every process works, and there is a bit of everything."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from models.labels import UnusableReason
from models.messages.codec import encode
from models.messages.control import AmountWaiver, Control
from models.messages.label import LabelValue
from models.messages.payment import Customer
from streams.agents.agent_record import AgentRecord
from streams.agents.label_keeping import LabelChanges
from streams.engine.result import BatchResult
from streams.metrics.by_process.agent_meters import AgentMeters
from streams.metrics.by_process.console_meters import ConsoleMeters
from streams.metrics.by_process.desk_meters import DeskMeters
from streams.metrics.by_process.retraining_meters import RetrainingMeters
from streams.metrics.by_process.sink_meters import SinkMeters
from streams.metrics.by_process.statement_meters import StatementMeters
from streams.metrics.by_process.supervisor_meters import SupervisorMeters
from streams.metrics.meters import Meters
from streams.warehouse.sink.status import SinkStatus
from tests.engine.engine_log import DAY, NOW, label
from tests.metrics.causes import World, following
from tests.metrics.metered_engine import MeteredEngine
from tests.metrics.scene import Scene


class BusyHours:
    """The processes, and what happens between two scrapes."""

    def __init__(self, scene: Scene, world: World) -> None:
        self.scene, self.world = scene, world
        self.engine = world.engine()
        self.engine.core.admission.late_after_ms = DAY
        self.watcher, self.follower = following(scene)
        self.sinks = [self._sink("warehouse", "clickhouse"), self._sink("parquet-sink", "parquet")]
        self.agents = [self._agent("label-agent", "labels"), self._agent("list-agent", "lists")]
        RetrainingMeters(self._meters("retrain"), "test", scene.clock).ran("shadow")
        self.desk = DeskMeters(self._meters("desk"), "test", scene.clock)
        self.console = ConsoleMeters(self._meters("console"), "test")
        self.statements = StatementMeters(scene.targets["warehouse"].meters)
        meters = self._meters("supervisor")
        parts = [
            SimpleNamespace(name=name, state="up", restarts=0) for name in ("kafka", "engine", "warehouse")
        ]
        self.supervisor, self.status = (
            SupervisorMeters(meters, Path("/"), scene.clock),
            SimpleNamespace(processes=parts),
        )

    def tick(self) -> None:
        """A quarter of a minute."""
        self._decide(self.engine)
        self.follower.state.position.number = self.engine.state.position.number
        self.follower.snapshot_at_s, self.follower.snapshot_took_s = self.scene.clock.now_s, 0.8
        self.watcher.look(self.follower)  # type: ignore[arg-type]
        now_ms = round(self.scene.clock.now_s * 1_000)
        for watcher, status in self.sinks:
            watcher.stored([now_ms - 300 * i for i in range(10)], 40)
            watcher.looked(status)
        for number in range(6):
            self.statements.answered("tollgate_analyst", 200 if number else 503, 0.02 * number)
        self._work(self.scene.ticks)
        self._handle(now_ms)
        self.supervisor.look(self.status)  # type: ignore[arg-type]

    def _work(self, tick: int) -> None:
        """What people do: every tenth answer is refused."""
        late: Any = SimpleNamespace(due_messages=tick % 3, outbox_lag_s=0.2, waiting=tick % 40, overdue_s=0.0)
        self.desk.looked(late)
        self.desk.worked()
        for number in range(10):
            self.console.answered(200 if number else 403, 0.03)

    def _decide(self, engine: MeteredEngine) -> None:
        tick, world = self.scene.ticks, self.world
        slow = 0.3 if 60 < tick % 240 < 75 else 0.02
        new = world.payments(40, amount=500 + 37 * (tick % 50))
        dear = world.payments(4, amount=900_000, customer=Customer("new", NOW - DAY), ip="203.0.113.7")
        late = world.payments(1, occurred_at=NOW - 2 * DAY)
        engine.step("payments", [*new, *dear, *late, new[0], b"{"], waited_s=slow)
        value = (LabelValue.FRAUD, LabelValue.LEGITIMATE)[tick % 2]
        known = NOW + (tick % 60) * DAY
        engine.step("labels", [encode(label(f"p{tick + 1}", label=value, known_at=known))])
        if tick % 40 == 0:
            engine.step("controls", [encode(Control(f"w{tick}", NOW, "test", AmountWaiver("EUR"))), b"{"])
        result = BatchResult()
        result.puts_refused["block_merchant", "protected"] = int(tick % 30 == 0)
        engine.observer.committed(engine, _NoBatch(), result)  # type: ignore[arg-type]

    def _handle(self, now_ms: int) -> None:
        (labels, handle_labels), (lists, handle_lists) = self.agents
        handle_labels([AgentRecord("test.disputes", 0, 1, now_ms, b"{}")] * 3)
        handle_lists([AgentRecord("test.list-requests", 0, 1, now_ms, b"{}")])
        parked: Any = [SimpleNamespace(reason=UnusableReason.INVALID_FIELD)]
        sent: Any = [SimpleNamespace(label=LabelValue.FRAUD)] * 2
        labels.labelled(LabelChanges(labels=sent, parked=parked if self.scene.ticks % 20 == 0 else []))
        answer: Any = SimpleNamespace(request=SimpleNamespace(answer=SimpleNamespace(status="accepted")))
        lists.answered([answer])

    def _meters(self, process: str) -> Meters:
        return self.scene.add(process, Meters()).meters

    def _sink(self, process: str, sink: str) -> tuple[SinkMeters, SinkStatus]:
        return SinkMeters(self._meters(process), "test", sink, self.scene.clock), SinkStatus("running")

    def _agent(self, process: str, agent: str) -> tuple[AgentMeters, Any]:
        watcher = AgentMeters(self._meters(process), "test", agent)
        watcher.ready()
        return watcher, watcher.timed(lambda _: None)


class _NoBatch:
    runs: tuple[()] = ()

    def __len__(self) -> int:
        return 0
