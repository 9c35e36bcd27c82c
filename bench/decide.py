"""The engine at full load on payments that lie ready, in a process of its own.

Process CPU time a decision (librdkafka's threads count) after a warm-up; with `--stages` also where it
goes.
"""

import time
from pathlib import Path
from typing import Any

import click
from prometheus_client import generate_latest

from bench.place import announce
from features.catalogue import CATALOGUE
from streams.control_plane.artefacts import ArtefactStore
from streams.engine.process import Engine, EngineOptions, spare_collector
from streams.engine.recovery.warm import warm as warm_kernels
from streams.engine.result import BatchObserver, NoObserver
from streams.metrics import Meters
from streams.metrics.by_process import EngineMeters


def options_of(
    bootstrap: str, home: Path, engine: str, observer: BatchObserver | None = None
) -> EngineOptions:
    """As `tollgate engine` would have them, its metrics included; `observer`: another one."""
    return EngineOptions(
        bootstrap=bootstrap,
        engine=engine,
        folder=home / "engines" / engine,
        catalogue=CATALOGUE,
        artefacts=ArtefactStore(home / "artefacts").load,
        observer=observer or EngineMeters(Meters(), engine),
    )


def decide(engine: Engine, count: int) -> tuple[int, int]:
    """Steps until `count` payments are decided, whatever else is read meanwhile (the controls of a new
    engine); the payments and the batches it took.
    """
    admission = engine.state.core.admission
    first, batches = admission.sequence, 0
    while admission.sequence - first < count:
        batches += engine.step() > 0
    return admission.sequence - first, batches


def measure(engine: Engine, count: int) -> dict[str, Any]:
    """One stretch at full load."""
    cpu, own, wall = time.process_time(), time.thread_time(), time.perf_counter()
    done, batches = decide(engine, count)
    return {
        "decisions": done,
        "batches": batches,
        "cpu_us": (time.process_time() - cpu) / done * 1e6,
        "own_thread_us": (time.thread_time() - own) / done * 1e6,
        "wall_us": (time.perf_counter() - wall) / done * 1e6,
    }


def scrape_ms(meters: Meters) -> float:
    """Time in which all figures are put into words."""
    began = time.perf_counter()
    generate_latest(meters.registry)
    return (time.perf_counter() - began) * 1e3


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", type=click.Path(path_type=Path), required=True)
@click.option("--engine", "name", required=True)
@click.option("--warm", type=int, required=True)
@click.option("--count", type=int, required=True)
@click.option("--stages", is_flag=True, help="Time every stage as well; that costs some time itself.")
@click.option("--metrics/--no-metrics", "is_measured", default=True, help="Whether the engine counts.")
def main(
    bootstrap: str, home: Path, name: str, warm: int, count: int, stages: bool, is_measured: bool
) -> None:
    """Measure the engine."""
    warm_kernels()
    meters = Meters()
    observer = EngineMeters(meters, name) if is_measured else NoObserver()
    engine = Engine(options_of(bootstrap, home, name, observer))
    engine.start()
    spare_collector()
    first = engine.state.position.inputs.get(f"{name}.payments", 0)
    warmed, _ = decide(engine, warm)
    if stages:
        from bench.stages import Stopwatch

        result = Stopwatch().over(engine, lambda: measure(engine, count))
    else:
        result = measure(engine, count)
    scorer = engine.state.core.context.scorer
    engine.close()
    scorer_kind = scorer.kind if scorer else "none"
    scrape = {"scrape_ms": scrape_ms(meters)}
    announce({**result, **scrape, "first": first, "warmed": warmed, "scorer": scorer_kind})


if __name__ == "__main__":
    main()
