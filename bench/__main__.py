"""Runs the whole bench on one broker and prints a table; with `--json` its figures as one JSON object, last
line.

    python -m bench [--json] [--bootstrap HOST:PORT] [--only PART ...]

Parts: kernel (features alone), rules (50 and 500), batch sizes (the core alone, by the size of its batches),
trial (a challenger beside the champion), pairs (ceiling and engine in turn), stages, metrics (engine with and
without, in turn), others (Quix Streams, Faust), latency (engine and echo engine in turn), sinks (decisions
with and without them, in turn), recovery, training (a million rows of 200 features; needs no broker). Without
`--bootstrap` (or KAFKA_BOOTSTRAP_SERVERS) a broker is started for the run and removed afterwards.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from bench import latency, metering, others, pairs, recovery, sinks, table
from bench.place import Place, result_of

PARTS = (
    "kernel",
    "rules",
    "batch sizes",
    "trial",
    "pairs",
    "stages",
    "metrics",
    "others",
    "latency",
    "sinks",
    "recovery",
    "training",
)
CACHE = Path(".tollgate/bench")
LATENCY_S = 20.0
LATENCY_RATES = (300.0, 1_000.0, 3_000.0)
"""Payments a second; half of full load is added."""
TRAINING_LIMIT_S = 1_800.0
BY_CARD = 60_000
WARM = {"Quix Streams, sliding window": 4_000, "Faust, pass-through": 4_000, "Faust, hopping table": 2_000}
COUNT = {"Quix Streams, sliding window": 20_000, "Faust, pass-through": 20_000, "Faust, hopping table": 6_000}


def say(text: str) -> None:
    """Progress, beside the results."""
    print(text, file=sys.stderr, flush=True)


def begin(part: str, text: str, found: dict[str, Any]) -> None:
    """Says what comes, and notes how busy the machine is: a busy one answers late."""
    say(text)
    found["load_average"][part] = os.getloadavg()[0]


@contextmanager
def broker(bootstrap: str | None, home: Path) -> Iterator[str]:
    """The address of the broker to measure on."""
    if bootstrap:
        yield bootstrap
        return
    from streams.platform.broker.local_kafka import LocalKafka

    kafka = LocalKafka(home, say=say)
    kafka.start()
    try:
        yield kafka.bootstrap
    finally:
        kafka.stop()


def measure(place: Place, parts: tuple[str, ...], count: int) -> dict[str, Any]:
    """Every part that is asked for, in the order that lets a later one use an earlier one's topics."""
    began = time.perf_counter()
    found: dict[str, Any] = {"cores": os.cpu_count(), "parts": list(parts), "load_average": {}}
    say("model, topics, payments")
    rest, live, sunk = f"{place.name}-recovery", f"{place.name}-latency", f"{place.name}-sinks"
    engines = (f"--engine={name}" for name in (place.name, rest, live, sunk))
    found["model"] = place.run("seeding", *engines)
    stretches = count + (2 * metering.PAIRS if "metrics" in parts else 0)
    place.run("payments", f"--engine={place.name}", f"--count={pairs.payments(stretches)}")
    if "kernel" in parts:
        begin("kernel", "feature kernel", found)
        found["kernel"] = place.run("kernel")
    if "rules" in parts:
        begin("rules", "rules", found)
        found["rules"] = place.run("rules")["rules"]
    if "batch sizes" in parts:
        begin("batch sizes", "the core alone, by size of its batches", found)
        found["batch sizes"] = place.run("batches", f"--model={found['model']['sha256']}")["batches"]
    if "trial" in parts:
        begin("trial", "a challenger beside the champion", found)
        found["trial"] = place.run("trial")["trial"]
    begin("pairs", "ceiling and engine in turn", found)
    found["pairs"] = pairs.measure(place, count)
    if "stages" in parts:
        begin("stages", "engine by stage", found)
        found["stages"] = pairs.stages(place)
    if "metrics" in parts:
        begin("metrics", "engine with and without metrics, in turn", found)
        found["metrics"] = metering.measure(place)
    if "others" in parts:
        begin("others", "Quix Streams and Faust", found)
        place.run("payments", f"--engine={place.name}", f"--count={BY_CARD}", "--by-card")
        found["others"] = others.measure(place, f"{place.name}.by-card", WARM, COUNT)
    if "latency" in parts:
        begin("latency", "latency, engine and echo engine in turn", found)
        found["floor"] = place.run("floor", f"--engine={live}")
        half = 0.5e6 / found["pairs"]["engine_wall_us"]
        found["latency"] = [
            latency.beside_echo(place, live, rate, LATENCY_S, seed)
            for seed, rate in enumerate((*LATENCY_RATES, half), start=11)
        ]
    if "sinks" in parts:
        begin("sinks", "decisions with and without sinks, in turn", found)
        found["sinks"] = sinks.measure(place, sunk)
    if "recovery" in parts:
        begin("recovery", "recovery after kill -9", found)
        found["recovery"] = recovery.measure(place, rest)
    if "training" in parts:
        train(found)
    found["seconds"] = time.perf_counter() - began
    return found


def train(found: dict[str, Any]) -> None:
    """The part that needs no broker."""
    begin("training", "training, on this machine and on a Dask cluster", found)
    found["training"] = result_of([sys.executable, "-m", "bench.training"], TRAINING_LIMIT_S)


def without_broker() -> dict[str, Any]:
    """Training alone."""
    began = time.perf_counter()
    found: dict[str, Any] = {"cores": os.cpu_count(), "parts": ["training"], "load_average": {}}
    train(found)
    return found | {"seconds": time.perf_counter() - began}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Last line: all figures as one JSON object.")
@click.option(
    "--bootstrap", default=lambda: os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), help="A broker of yours."
)
@click.option(
    "--only",
    "parts",
    multiple=True,
    type=click.Choice(PARTS),
    help="Only these parts, and the pairs (`training` alone: nothing else).",
)
@click.option(
    "--pairs", "count", default=pairs.PAIRS, show_default=True, help="Runs of ceiling and engine in turn."
)
@click.option(
    "--cache", type=click.Path(path_type=Path), default=CACHE, help="Environments of others are kept there."
)
def main(as_json: bool, bootstrap: str | None, parts: tuple[str, ...], count: int, cache: Path) -> None:
    """Measure Tollgate beside other ways to do it."""
    if set(parts) == {"training"}:
        found = without_broker()
    else:
        with (
            tempfile.TemporaryDirectory(prefix="tollgate-bench-") as folder,
            broker(bootstrap, Path(folder)) as address,
        ):
            place = Place(address, Path(folder), cache.absolute(), f"bench-{os.getpid()}")
            found = measure(place, parts or PARTS, count)
    table.show(found)
    if as_json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
