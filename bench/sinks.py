"""What the sinks take from the engine: decisions at a steady rate with the warehouse and the Parquet sink
beside it and without them, in turn, on the same engine.

A stretch with sinks begins when they have read all that lies on the log. The sinks are the processes that
`tollgate up` starts, giving way to the engine as they do there. Their CPU time is the whole process's: the
embedded ClickHouse, its inserts and its merges are in it.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psutil

from bench import latency
from bench.pairs import middle
from bench.place import ROOT, Place, StepFailed, read_line
from streams.platform.lag import lag
from streams.platform.processes import GIVES_WAY, session_gives_way

SINKS = {"warehouse": ("warehouse",), "parquet": ("parquet-sink", "--roll-seconds=5")}
READERS = {"warehouse": "clickhouse", "parquet": "parquet"}
PAIRS = 3
RATE = 1_000.0
SECONDS = 15.0
CAUGHT_UP_LIMIT_S = 180.0
PARQUET_SLACK = 20_000
"""Vectors that may lie in a file under way: its offsets are committed when it is whole."""


@contextmanager
def sinks(place: Place, engine: str) -> Iterator[dict[str, psutil.Process]]:
    """Both sinks, running; killed on leaving."""
    settings = {
        **os.environ, "KAFKA_BOOTSTRAP_SERVERS": place.bootstrap, "TOLLGATE_HOME": str(place.home / "sinks")
    }  # fmt: skip
    with ExitStack() as stack:
        found = {}
        for name, words in SINKS.items():
            command = [*GIVES_WAY, sys.executable, "-m", "streams.cli", *words, f"--engine={engine}"]
            log = stack.enter_context((place.home / f"{name}.log").open("a"))
            process = stack.enter_context(
                subprocess.Popen(
                    command, cwd=ROOT, env=settings, stdout=log, stderr=log, start_new_session=True
                )
            )
            session_gives_way(process.pid)
            stack.callback(process.kill)
            found[name] = psutil.Process(process.pid)
        yield found


def wait_until_read(place: Place, engine: str, running: dict[str, psutil.Process]) -> float:
    """Seconds until the sinks hold all that lies on the log. Raises `StepFailed` where they do not come so
    far.
    """
    began = time.monotonic()
    while time.monotonic() - began < CAUGHT_UP_LIMIT_S:
        for name, process in running.items():
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                raise StepFailed(f"{name} ended; {place.home / name}.log says why")
        behind = lag(place.bootstrap)[engine]
        if not any(behind["clickhouse"].values()) and sum(behind["parquet"].values()) <= PARQUET_SLACK:
            return time.monotonic() - began
        time.sleep(0.5)
    raise StepFailed(f"the sinks did not catch up in {CAUGHT_UP_LIMIT_S:.0f} s: {behind}")


def cpu_s(process: psutil.Process) -> float:
    """CPU time of a process so far, its threads' included."""
    times = process.cpu_times()
    return float(times.user + times.system)


def beside_sinks(place: Place, engine: str, rate: float, seconds: float, seed: int) -> dict[str, Any]:
    """One stretch with sinks: latencies, how long they took to hold its end, their CPU time a payment."""
    with sinks(place, engine) as running:
        wait_until_read(place, engine, running)
        before = {name: cpu_s(process) for name, process in running.items()}
        found = latency.traffic(place, engine, rate, seconds, seed)
        behind_s = wait_until_read(place, engine, running)
        used = {
            name: (cpu_s(process) - before[name]) * 1e6 / (rate * seconds)
            for name, process in running.items()
        }
    return {**found, "cpu_us": used, "behind_s": behind_s}


def measure(place: Place, engine: str, pairs: int = PAIRS, rate: float = RATE) -> dict[str, Any]:
    """Stretches with and without sinks in turn, after one that warms the engine up."""
    runs: dict[str, list[dict[str, Any]]] = {"with": [], "without": []}
    with place.running("serve", f"--engine={engine}") as serving:
        read_line(serving)
        latency.traffic(place, engine, rate, 5.0, seed=100)
        for number in range(pairs):
            order = ("with", "without") if number % 2 else ("without", "with")
            for turn, what in enumerate(order):
                seed = 200 + 2 * number + turn
                stretch = beside_sinks if what == "with" else latency.traffic
                runs[what].append(stretch(place, engine, rate, SECONDS, seed))
    return {
        "rate": rate,
        "runs": runs,
        **{
            f"{what}_{quantile}_ms": middle([run["wall_ms"][quantile] for run in found])
            for what, found in runs.items()
            for quantile in ("p50", "p99")
        },
        "p99_ratio": middle(
            [
                beside["wall_ms"]["p99"] / alone["wall_ms"]["p99"]
                for beside, alone in zip(runs["with"], runs["without"], strict=True)
            ]
        ),
        "unanswered": sum(run["unanswered"] for found in runs.values() for run in found),
        "behind_s": statistics.median(run["behind_s"] for run in runs["with"]),
        "cpu_us": {name: middle([run["cpu_us"][name] for run in runs["with"]]) for name in SINKS},
    }
