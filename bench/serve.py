"""One engine in the foreground, as `tollgate engine` runs it, saying when it is ready and what that took.

First line, once ready: wall clock then, and seconds by stage since this process began, of wall clock and of
CPU. Last line, after SIGTERM: the process's CPU time since it was ready and the number of decisions.
"""

import time

BEGAN = time.time() - time.process_time()  # before any import of ours: the interpreter's own start counts

import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import click  # noqa: E402


class Stages:
    """Seconds by stage, wall clock and CPU of the whole process."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def add(self, stage: str, wall: float, cpu: float) -> None:
        """Counts towards a stage."""
        self.wall[stage] = self.wall.get(stage, 0.0) + wall
        self.cpu[stage] = self.cpu.get(stage, 0.0) + cpu

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, counted as `stage`."""

        def counted(*given: Any, **named: Any) -> Any:
            wall, cpu = time.perf_counter(), time.process_time()
            try:
                return call(*given, **named)
            finally:
                self.add(stage, time.perf_counter() - wall, time.process_time() - cpu)

        return counted

    def without(self, stage: str, parts: tuple[str, ...]) -> None:
        """Takes from `stage` what its parts took."""
        for taken in (self.wall, self.cpu):
            taken[stage] -= sum(taken.get(part, 0.0) for part in parts)


def started(bootstrap: str, home: Path, name: str, stages: Stages) -> Any:
    """The engine, ready."""
    from bench.decide import options_of
    from streams.engine import process as module
    from streams.engine.recovery import catching_up, replay
    from streams.engine.recovery.warm import warm

    stages.add("imports", time.time() - BEGAN, time.process_time())
    stages.timed("warm", warm)()
    watched: Any = replay, catching_up
    watched[0].restore = stages.timed("snapshot", replay.restore)
    watched[1].catch_up = stages.timed("journal tail", catching_up.catch_up)
    engine = module.Engine(options_of(bootstrap, home, name))
    stages.timed("rest of start", engine.start)()
    stages.without("rest of start", ("snapshot", "journal tail"))
    return engine


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", type=click.Path(path_type=Path), required=True)
@click.option("--engine", "name", required=True)
@click.option("--counts-waits", is_flag=True, help="Of Kafka's client (`bench.waits`); costs a little.")
def main(bootstrap: str, home: Path, name: str, counts_waits: bool) -> None:
    """Serve until told to stop."""
    from bench.place import announce
    from bench.waits import FixedWaits
    from streams.process import stop_flag

    stages, waits = Stages(), FixedWaits()
    if counts_waits:
        waits.watch()
    stopping = stop_flag()
    engine = started(bootstrap, home, name, stages)
    core, position = engine.state.core, engine.state.position
    cpu, decisions, batches = time.process_time(), core.admission.sequence, position.number
    ready = {"ready_at": time.time(), "stages": stages.wall, "stages_cpu": stages.cpu}
    announce({**ready, "entities": core.features.entities, "batches": batches, "decisions": decisions})
    engine.run(stopping)
    ended = {"cpu_s": time.process_time() - cpu, "decisions": core.admission.sequence - decisions}
    engine.close()
    announce({**ended, "batches": engine.state.position.number - batches, **waits.figures()})
    sys.exit(0)


if __name__ == "__main__":
    main()
