"""One engine in the foreground, as `tollgate engine` runs it, saying when it is ready and what that took.

First line, once ready: wall clock then and seconds by stage since this process began. Last line, after
SIGTERM: the process's CPU time since it was ready and the number of decisions.
"""

import time

BEGAN = (
    time.time() - time.process_time()
)  # before any import of ours; the interpreter's own start counts as well

import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import click  # noqa: E402


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", type=click.Path(path_type=Path), required=True)
@click.option("--engine", "name", required=True)
def main(bootstrap: str, home: Path, name: str) -> None:
    """Serve until told to stop."""
    from bench.decide import options_of
    from bench.place import announce
    from streams.engine import engine as module
    from streams.engine import replay
    from streams.engine.warm import warm
    from streams.process import stop_flag

    taken = {"imports": time.time() - BEGAN}
    stopping = stop_flag()
    _timed(taken, "warm", warm)
    engine = module.Engine(options_of(bootstrap, home, name))
    for owner, attribute, stage in (
        (replay, "restore", "snapshot"),
        (module, "catch_up", "journal tail"),
    ):
        _watch(owner, attribute, stage, taken)
    before = sum(taken.values())
    _timed(taken, "start", engine.start)
    taken["rest of start"] = taken.pop("start") - (sum(taken.values()) - before)
    features = engine.state.core.features
    cpu, first = time.process_time(), engine.state.core.admission.sequence
    number = engine.state.position.number
    ready = {"ready_at": time.time(), "stages": taken, "entities": features.entities}
    announce({**ready, "batches": number, "decisions": first})
    engine.run(stopping)
    decided = engine.state.core.admission.sequence - first
    cpu = time.process_time() - cpu
    engine.close()
    announce({"cpu_s": cpu, "decisions": decided, "batches": engine.state.position.number - number})
    sys.exit(0)


def _timed(taken: dict[str, float], stage: str, call: Any, *given: Any) -> Any:
    began = time.perf_counter()
    try:
        return call(*given)
    finally:
        taken[stage] = taken.get(stage, 0.0) + time.perf_counter() - began


def _watch(owner: Any, attribute: str, stage: str, taken: dict[str, float]) -> None:
    call = getattr(owner, attribute)
    setattr(owner, attribute, lambda *given: _timed(taken, stage, call, *given))


if __name__ == "__main__":
    main()
