"""What makes each alert fire: a function for each, which runs a scene in which all is well, and then is not.

Each returns when all was still well (seconds of the scene); at the scene's end the alert must fire.
"""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import numpy as np

from models.labels import UnusableReason
from models.messages.codec import encode
from models.messages.control import Control, RulesetChange
from streams.agents.agent_record import AgentRecord
from streams.agents.label_keeping import LabelChanges
from streams.engine.core import Core
from streams.engine.result import BatchResult
from streams.metrics.by_process.agent_meters import AgentMeters
from streams.metrics.by_process.desk_meters import DeskMeters
from streams.metrics.by_process.follower_meters import FollowerMeters
from streams.metrics.by_process.retraining_meters import RetrainingMeters
from streams.metrics.by_process.sink_meters import SinkMeters
from streams.metrics.by_process.statement_meters import StatementMeters
from streams.metrics.by_process.supervisor_meters import SupervisorMeters
from streams.metrics.meters import Meters
from streams.warehouse.sink.status import SinkStatus
from tests.engine.engine_log import DAY, NOW, label, record
from tests.metrics.metered_engine import MeteredEngine
from tests.metrics.scene import Scene

MINUTE, HOUR = 60.0, 3_600.0
Cause = Callable[["World"], float]
CAUSES: Final[dict[str, Cause]] = {}
"""By the name of the alert."""


def makes(alert: str) -> Callable[[Cause], Cause]:
    """Marks the cause of an alert."""

    def noted(cause: Cause) -> Cause:
        assert alert not in CAUSES
        CAUSES[alert] = cause
        return cause

    return noted


class World:
    """The processes of a scene."""

    def __init__(self, scene: Scene, make_core: Callable[[], Core], seed_controls: list[bytes]) -> None:
        self.scene, self._make_core, self._seed = scene, make_core, seed_controls
        self._made = 0

    def engine(self, seeded: bool = True) -> MeteredEngine:
        """A new engine that decides."""
        meters = Meters(processes=self.scene.is_whole)
        engine = MeteredEngine(self._make_core(), self.scene.clock, meters)
        self.scene.add("engine", engine.meters)
        if seeded:
            engine.step("controls", self._seed)
        engine.observer.ready()
        return engine

    def payments(self, count: int, **changes: Any) -> list[bytes]:
        """Payments that nobody has seen yet, made now."""
        self._made += count
        now = {"occurred_at": round(self.scene.clock.now_s * 1_000)}
        return [record(f"p{self._made - i}", **(now | changes)) for i in range(count)]

    def calm(self, engine: MeteredEngine, seconds: float = 5 * MINUTE, count: int = 20) -> float:
        """Payments are decided, and all is well; until when."""
        self.scene.run(seconds, lambda: engine.step("payments", self.payments(count)))
        return self.scene.now_s


@makes("EngineDown")
def _(world: World) -> float:
    calm = world.calm(world.engine())
    world.scene.targets["engine"].is_up = False
    world.scene.run(2 * MINUTE)
    return calm


@makes("EngineNotReady")
def _(world: World) -> float:
    engine = world.engine()
    calm = world.calm(engine)
    engine.observer.ready(False)
    world.scene.run(6 * MINUTE)
    return calm


def waiting(engine: MeteredEngine, role: str) -> None:
    """A record is there, and the engine does not come to it."""
    appended = round(engine.clock.now_s * 1_000)
    head = engine.inputs.heads[f"test.{role}"]
    head.records.append(SimpleNamespace(timestamp=lambda: (2, appended)))
    head.at_end = False


@makes("PaymentsWait")
def _(world: World) -> float:
    engine = world.engine()
    calm = world.calm(engine)
    waiting(engine, "payments")
    world.scene.run(3 * MINUTE, engine.idle)
    return calm


@makes("JournalStands")
def _(world: World) -> float:
    """The broker has payments, and nothing comes."""
    engine = world.engine()
    calm = world.calm(engine)
    engine.inputs.heads["test.payments"].at_end = False
    engine.inputs.consumer.ends["test.payments"] = 10_000
    world.scene.run(4 * MINUTE, engine.idle)
    return calm


@makes("InputsWait")
def _(world: World) -> float:
    engine = world.engine()
    calm = world.calm(engine)
    waiting(engine, "labels")
    world.calm(engine, 8 * MINUTE)
    return calm


@makes("DecisionsDegraded")
def _(world: World) -> float:
    """An engine begins anew that nothing was published to."""
    calm = world.calm(world.engine(), 20 * MINUTE)
    bare = world.engine(seeded=False)
    world.calm(bare, 12 * MINUTE)
    return calm


@makes("HorizonShort")
def _(world: World) -> float:
    """More payments than there is memory for, over days."""
    engine = world.engine()
    calm = world.calm(engine)
    engine.core.admission.keys_max = 900
    start = world.scene.clock.now_s
    for day in (1, 2, 3):
        world.scene.clock.now_s = start + day * 86_400
        engine.step("payments", world.payments(500))
    world.scene.run(15 * MINUTE, engine.idle)
    return calm


@makes("MemoryOfDecisionsNearlyFull")
def _(world: World) -> float:
    engine = world.engine()
    calm = world.calm(engine)
    engine.core.admission.keys_max = engine.core.admission.remembered + 20
    world.scene.run(15 * MINUTE, engine.idle)
    return calm


@makes("ProcessDown")
def _(world: World) -> float:
    world.scene.add("follower", Meters(processes=False))
    calm = world.calm(world.engine())
    world.scene.targets["follower"].is_up = False
    world.scene.run(6 * MINUTE)
    return calm


@makes("ProcessRestarts")
def _(world: World) -> float:
    meters = Meters(processes=False)
    engine = SimpleNamespace(name="engine", state="up", restarts=1)
    watcher, status = SupervisorMeters(meters, Path("/")), SimpleNamespace(processes=[engine])
    world.scene.add("supervisor", meters)
    world.scene.run(5 * MINUTE, lambda: watcher.look(status))  # type: ignore[arg-type]

    def crash() -> None:
        engine.restarts += 1
        watcher.look(status)  # type: ignore[arg-type]

    calm = world.scene.now_s
    world.scene.run(MINUTE, crash)
    return calm


@makes("PartDown")
def _(world: World) -> float:
    meters = Meters(processes=False)
    kafka = SimpleNamespace(name="kafka", state="up", restarts=0)
    watcher, status = SupervisorMeters(meters, Path("/")), SimpleNamespace(processes=[kafka])
    world.scene.add("supervisor", meters)
    world.scene.run(5 * MINUTE, lambda: watcher.look(status))  # type: ignore[arg-type]
    calm, kafka.state = world.scene.now_s, "crashed"
    world.scene.run(3 * MINUTE, lambda: watcher.look(status))  # type: ignore[arg-type]
    return calm


@makes("DiskNearlyFull")
def _(world: World) -> float:
    meters = Meters(processes=False)
    disk = SimpleNamespace(free=400)
    scene, status = world.scene, SimpleNamespace(processes=[])
    watcher = SupervisorMeters(
        meters, Path("/"), scene.clock, lambda _: (1_000, 1_000 - disk.free, disk.free)
    )
    scene.add("supervisor", meters)
    scene.run(5 * MINUTE, lambda: watcher.look(status))  # type: ignore[arg-type]
    calm, disk.free = scene.now_s, 90
    scene.run(6 * MINUTE, lambda: watcher.look(status))  # type: ignore[arg-type]
    return calm


@makes("MetricsFaults")
def _(world: World) -> float:
    engine = world.engine()
    calm = world.calm(engine)
    engine.inputs.consumer = None
    world.calm(engine, 2 * MINUTE)
    return calm


def following(scene: Scene, snapshot_at_s: float | None = None) -> tuple[FollowerMeters, SimpleNamespace]:
    """A follower that starts; with `snapshot_at_s`, from a snapshot of that time."""
    meters = Meters(processes=scene.is_whole)
    follower = SimpleNamespace(
        is_at_end=True,
        snapshot_at_s=snapshot_at_s,
        snapshot_took_s=None,
        state=SimpleNamespace(position=SimpleNamespace(number=0)),
    )
    scene.add("follower", meters)
    watcher = FollowerMeters(meters, "test", scene.clock)
    watcher.watching(follower, bool)  # type: ignore[arg-type]
    return watcher, follower


@makes("FollowerBehind")
def _(world: World) -> float:
    """It hangs, while the engine goes on."""
    engine, (watcher, follower) = world.engine(), following(world.scene)

    def both() -> None:
        for _ in range(5):
            engine.step("payments", world.payments(1))
        follower.state.position.number = engine.state.position.number
        watcher.look(follower)  # type: ignore[arg-type]

    world.scene.run(5 * MINUTE, both)
    calm = world.scene.now_s
    world.scene.run(12 * MINUTE, lambda: [engine.step("payments", world.payments(1)) for _ in range(5)])
    return calm


@makes("SnapshotOld")
def _(world: World) -> float:
    engine, (watcher, follower) = world.engine(), following(world.scene)

    def both() -> None:
        engine.step("payments", world.payments(1))
        watcher.look(follower)  # type: ignore[arg-type]

    world.scene.run(5 * MINUTE, both)
    calm = world.scene.now_s
    world.scene.run(18 * MINUTE, both)
    return calm


def sinking(scene: Scene) -> tuple[SinkMeters, SinkStatus]:
    """A sink of decisions that works."""
    meters = Meters(processes=False)
    scene.add("warehouse", meters)
    watcher, status = SinkMeters(meters, "test", "clickhouse", scene.clock), SinkStatus("running")
    scene.run(5 * MINUTE, lambda: watcher.looked(status))
    return watcher, status


@makes("SinkPaused")
def _(world: World) -> float:
    watcher, status = sinking(world.scene)
    calm, status.state = world.scene.now_s, "paused"
    world.scene.run(6 * MINUTE, lambda: watcher.looked(status))
    return calm


@makes("StatementsRefused")
def _(world: World) -> float:
    meters = Meters(processes=False)
    world.scene.add("warehouse", meters)
    statements = StatementMeters(meters)

    def ask(status: int) -> None:
        for _ in range(3):
            statements.answered("tollgate_analyst", status, 0.02)

    world.scene.run(15 * MINUTE, lambda: ask(200))
    calm = world.scene.now_s
    world.scene.run(22 * MINUTE, lambda: ask(503))
    return calm


@makes("SinkFailed")
def _(world: World) -> float:
    watcher, status = sinking(world.scene)
    calm, status.state = world.scene.now_s, "failed"
    world.scene.run(4 * MINUTE, lambda: watcher.looked(status))
    return calm


@makes("ForeignRecords")
def _(world: World) -> float:
    watcher, status = sinking(world.scene)
    calm, status.foreign = world.scene.now_s, 3
    world.scene.run(MINUTE, lambda: watcher.looked(status))
    return calm


@makes("SinkLeavesOut")
def _(world: World) -> float:
    watcher, status = sinking(world.scene)
    calm, status.unreadable = world.scene.now_s, 7
    world.scene.run(MINUTE, lambda: watcher.looked(status))
    return calm


@makes("ManyDeadLetters")
def _(world: World) -> float:
    engine = world.engine()
    calm = world.calm(engine, 12 * MINUTE)
    world.scene.run(21 * MINUTE, lambda: engine.step("payments", [*world.payments(40), b"{"]))
    return calm


@makes("RecordsSkipped")
def _(world: World) -> float:
    return skipping(world, "engine_error")


def skipping(world: World, reason: str) -> float:
    """A running engine passes over a record for this reason."""
    engine = world.engine()
    calm = world.calm(engine)
    skips = {
        "engine_error": lambda: engine.step("payments", world.payments(1), skip={0: "ended it three times"}),
        "unreadable": lambda: engine.lose("payments", "cannot be read"),
    }
    skips[reason]()
    world.calm(engine, MINUTE)
    return calm


@makes("ControlsUnauthorised")
def _(world: World) -> float:
    """An unsigned control where controls must be signed."""
    engine = world.engine()
    unsigned = encode(Control("x", NOW, "nobody", RulesetChange({"rules": []})))
    engine.core.authority.state.pin("00" * 32, 0)
    calm = world.calm(engine)
    engine.step("controls", [unsigned])
    world.calm(engine, MINUTE)
    return calm


@makes("PaymentsLate")
def _(world: World) -> float:
    engine = world.engine()
    engine.core.admission.late_after_ms = DAY
    calm = world.calm(engine, 12 * MINUTE)
    old = NOW - 2 * DAY
    world.scene.run(22 * MINUTE, lambda: engine.step("payments", world.payments(40, occurred_at=old)))
    return calm


@makes("ScoresDrift")
def _(world: World) -> float:
    """As if the model saw other payments: their probabilities are those of fraud."""
    engine = world.engine()
    for _ in range(6):
        engine.step("payments", world.payments(2_000))
    calm = world.calm(engine, count=1)
    admission = engine.core.admission
    newest = np.arange(admission.sequence - 5_000, admission.sequence)
    admission.ring["probability"][admission.positions(newest)] = 900_000
    world.calm(engine, 33 * MINUTE, count=1)
    return calm


@makes("DeclinesJump")
def _(world: World) -> float:
    """A rule goes live that blocks everything."""
    world.scene.step_s = MINUTE
    engine = world.engine()
    calm = world.calm(engine, 3 * HOUR)
    rule = {
        "id": "oops",
        "description": "meant for a test",
        "owner": "test",
        "when": "reference_amount > 0",
        "action": "block",
    }
    document = {"name": "oops", "version": 2, "description": "blocks everything", "rules": [rule]}
    engine.step("controls", [encode(Control("oops", NOW, "test", RulesetChange(document)))])
    world.calm(engine, 40 * MINUTE)
    return calm


@makes("ListPutsRefused")
def _(world: World) -> float:
    engine = world.engine()
    result = BatchResult()
    result.puts_refused["block_merchant", "protected"] = 2
    calm = world.calm(engine)
    world.scene.run(MINUTE, lambda: engine.observer.committed(engine, _NoBatch(), result))  # type: ignore[arg-type]
    return calm


class _NoBatch:
    runs: tuple[()] = ()

    def __len__(self) -> int:
        return 0


@makes("LabelsOld")
def _(world: World) -> float:
    world.scene.step_s = 15 * MINUTE
    engine = world.engine()
    engine.step("payments", world.payments(1))
    engine.step("labels", [encode(label("p1"))])
    calm = world.calm(engine, HOUR)
    world.calm(engine, 75 * HOUR, count=1)
    return calm


@makes("EvidenceParked")
def _(world: World) -> float:
    meters = Meters(processes=False)
    world.scene.add("label-agent", meters)
    watcher = AgentMeters(meters, "test", "labels", world.scene.clock)
    handle = watcher.timed(lambda _: None)
    parked: Any = LabelChanges(parked=[SimpleNamespace(reason=UnusableReason.INVALID_JSON)] * 3)  # type: ignore[list-item]

    def read() -> None:
        handle([AgentRecord("test.disputes", 0, 1, NOW, b"{}")] * 10)

    def read_and_park() -> None:
        read()
        watcher.labelled(parked)

    world.scene.run(15 * MINUTE, read)
    calm = world.scene.now_s
    world.scene.run(20 * MINUTE, read_and_park)
    return calm


def retraining(world: World) -> RetrainingMeters:
    """A schedule that waits, and has run well."""
    world.scene.step_s = 15 * MINUTE
    meters = Meters(processes=False)
    world.scene.add("retrain", meters)
    watcher = RetrainingMeters(meters, "test", world.scene.clock)
    watcher.ran("shadow")
    world.scene.run(HOUR, lambda: None)
    return watcher


@makes("RetrainingFails")
def _(world: World) -> float:
    watcher = retraining(world)
    calm = world.scene.now_s
    watcher.ran("failed")
    world.scene.run(HOUR, lambda: None)
    return calm


@makes("RetrainingLate")
def _(world: World) -> float:
    retraining(world)
    calm = world.scene.now_s
    world.scene.run(50 * HOUR)
    return calm


@makes("LatencyBurnsFast")
def _(world: World) -> float:
    engine = world.engine()
    calm = world.calm(engine, 30 * MINUTE)
    world.scene.run(20 * MINUTE, lambda: engine.step("payments", world.payments(20), waited_s=0.4))
    return calm


@makes("LatencyBurns")
def _(world: World) -> float:
    """Every day 4 % are slow: too many, and no reason to wake anybody."""
    world.scene.step_s = 5 * MINUTE
    engine = world.engine()
    calm = world.calm(engine, 2 * HOUR)

    def some_slow() -> None:
        engine.step("payments", world.payments(48))
        engine.step("payments", world.payments(2), waited_s=0.4)

    world.scene.run(20 * HOUR, some_slow)
    return calm


def fresh(scene: Scene, seconds: float, delays_s: list[float], watcher: SinkMeters) -> None:
    """Decisions are stored so long after they were made."""
    appended = [0.0, *delays_s]

    def store() -> None:
        now = scene.clock.now_s
        watcher.stored([round((now - delay) * 1_000) for delay in appended], len(appended))

    scene.run(seconds, store)


@makes("FreshnessBurnsFast")
def _(world: World) -> float:
    watcher, _ = sinking(world.scene)
    fresh(world.scene, 20 * MINUTE, [1.0], watcher)
    calm = world.scene.now_s
    fresh(world.scene, 25 * MINUTE, [90.0], watcher)
    return calm


@makes("FreshnessBurns")
def _(world: World) -> float:
    world.scene.step_s = 5 * MINUTE
    watcher, _ = sinking(world.scene)
    fresh(world.scene, 2 * HOUR, [1.0], watcher)
    calm = world.scene.now_s
    fresh(world.scene, 20 * HOUR, [1.0] * 23 + [90.0], watcher)
    return calm


@makes("AvailabilityBurnsFast")
def _(world: World) -> float:
    calm = world.calm(world.engine(), 20 * MINUTE)
    world.scene.targets["engine"].is_up = False
    world.scene.run(MINUTE)
    world.scene.targets["engine"].is_up = True
    world.scene.run(2 * MINUTE)
    return calm


@makes("AvailabilityBurns")
def _(world: World) -> float:
    """It is away for a minute every six hours: that is too often, and no reason to wake anybody."""
    world.scene.step_s = MINUTE
    calm = world.calm(world.engine(), 5 * MINUTE)
    for hours in (6.0, 0.7):
        world.scene.targets["engine"].is_up = False
        world.scene.run(MINUTE)
        world.scene.targets["engine"].is_up = True
        world.scene.run(hours * HOUR)
    return calm


def at_the_desk(world: World, **late: float) -> float:
    """A desk where all is well for a while; then so much is late."""
    watcher = DeskMeters(meters := Meters(processes=world.scene.is_whole), "test", world.scene.clock)
    world.scene.add("desk", meters)

    def turn(**late: float) -> None:
        well = {"due_messages": 0, "outbox_lag_s": 0.0, "waiting": 3, "overdue_s": 0.0}
        watcher.looked(SimpleNamespace(**(well | late)))
        watcher.worked()

    world.scene.run(10 * MINUTE, turn)
    calm = world.scene.now_s
    world.scene.run(8 * MINUTE, lambda: turn(**late))
    return calm


@makes("VerdictsWait")
def _(world: World) -> float:
    return at_the_desk(world, due_messages=1, outbox_lag_s=400.0)


@makes("ReviewDeadlinesPass")
def _(world: World) -> float:
    return at_the_desk(world, overdue_s=400.0)
