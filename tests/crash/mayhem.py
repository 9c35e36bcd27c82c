"""What is killed, and when: a plan drawn from a seed, then carried out on the running platform.

Kills of engine and warehouse count towards the number asked for. On top come kills of the follower in the
middle of a snapshot and one `kill -9` of the broker.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.parts import Part, wait_for

# What happens, and how many kills of engine and warehouse it holds.
ENGINE, WAREHOUSE, ENGINE_TWICE, WAREHOUSE_TWICE, ENGINE_SAVING = (
    "engine",
    "warehouse",
    "engine, and again while it starts",
    "warehouse, and again while it starts",
    "engine while it writes its last snapshot",
)
FOLLOWER_SAVING = "follower while it writes a snapshot"
BROKER = "broker"
COUNTED = {ENGINE: 1, WAREHOUSE: 1, ENGINE_TWICE: 2, WAREHOUSE_TWICE: 2, ENGINE_SAVING: 1}
SAVING_TIMEOUT_S = 30.0
READY_TIMEOUT_S = 180.0


@dataclass(frozen=True, order=True)
class Blow:
    """One thing that happens `at` seconds after the start, and again after `again_s` where it says so."""

    at: float
    what: str
    again_s: float = 0.0


def plan(seed: int, kills: int, seconds: float, broker: bool = True) -> list[Blow]:
    """Blows spread at random over `seconds`, with at least `kills` kills of engine and warehouse."""
    draw = random.Random(seed)
    whats: list[str] = []
    while sum(COUNTED[what] for what in whats) < kills:
        # In turns, so that both get their share.
        engine = [ENGINE, ENGINE_TWICE, ENGINE_SAVING]
        whats.append(draw.choice([WAREHOUSE, WAREHOUSE_TWICE] if len(whats) % 2 else engine))
    whats += [FOLLOWER_SAVING] * max(1, kills // 6)
    if broker:
        whats.append(BROKER)
    draw.shuffle(whats)
    step = seconds / len(whats)
    return [Blow(step * (i + draw.random()), what, draw.uniform(0.05, 3.0)) for i, what in enumerate(whats)]


@dataclass
class Mayhem:
    """Deals the blows. `tick` is called all the while, so that what ended by itself is started again."""

    engine: Part
    warehouse: Part
    follower: Part
    snapshots: Path
    restart_broker: Callable[[], None]
    tick: Callable[[], None]
    sending: Callable[[], bool]
    kills_while_sending: int = 0
    dealt: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)

    def carry_out(self, blows: list[Blow]) -> None:
        """Every blow at its time, or once its victim works when that is later."""
        began = time.monotonic()
        for blow in sorted(blows):
            self._wait(blow.at - (time.monotonic() - began))
            hit = self._deal(blow)
            (self.dealt if hit else self.missed)[blow.what] += 1

    def _deal(self, blow: Blow) -> bool:
        if blow.what == BROKER:
            self.restart_broker()
            return True
        part = {
            FOLLOWER_SAVING: self.follower,
            WAREHOUSE: self.warehouse,
            WAREHOUSE_TWICE: self.warehouse,
        }.get(blow.what, self.engine)
        wait_for(f"{part.name} at work", part.is_ready, READY_TIMEOUT_S, self.tick)
        if blow.what == ENGINE_SAVING:
            part.ask_to_stop()
        if blow.what in (FOLLOWER_SAVING, ENGINE_SAVING):
            return self._kill_while_saving(part)
        self._kill(part)
        if blow.what in (ENGINE_TWICE, WAREHOUSE_TWICE):
            self._wait(blow.again_s)
            self._kill(part)
        return True

    def _kill(self, part: Part) -> None:
        part.kill()
        self.kills_while_sending += part is not self.follower and self.sending()

    def _kill_while_saving(self, part: Part) -> bool:
        """Kills `part` when a snapshot is half written, or at the end of the time; whether it was writing."""
        known = set(self.snapshots.glob("*.partial"))
        deadline = time.monotonic() + SAVING_TIMEOUT_S
        writing = False
        while not writing and time.monotonic() < deadline and part.alive:
            writing = not known.issuperset(self.snapshots.glob("*.partial"))
        if part.alive:
            self._kill(part)
        return writing

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.tick()
            time.sleep(min(0.05, left))
