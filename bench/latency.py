"""From a payment handed to Kafka's client to its decision in a reader's hand: three processes beside the
broker. Beside it, in the same run, an echo engine (`bench.echo`): what the transaction itself costs.

All share this machine's cores: on two cores the broker, the engine, the source and the reader compete.
"""

import os
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from bench.place import Place, read_line

QUANTILES = (50, 99, 99.9)


def quantiles(values: np.ndarray) -> dict[str, float]:
    """p50, p99, p99.9 and the maximum."""
    p50, p99, p999 = np.percentile(values, QUANTILES)
    return {"p50": float(p50), "p99": float(p99), "p999": float(p999), "max": float(values.max())}


def join(sent: Path, answered: Path, skip: int) -> dict[str, Any]:
    """Latencies of the payments after the first `skip`, by wall clocks and by append timestamps."""
    keys, stamps = msgspec.msgpack.decode(sent.read_bytes())
    answers, clocks, appended, received = msgspec.msgpack.decode(answered.read_bytes())
    place = {key: at for at, key in enumerate(keys)}
    rows = np.array([place[key] for key in answers], np.int64)
    later = rows >= skip
    wall = (np.array(clocks, np.int64) - np.array(stamps, np.int64)[rows])[later] / 1e6
    log = (np.array(appended, np.int64) - np.array(received, np.int64))[later].astype(np.float64)
    return {
        "payments": int(later.sum()),
        "unanswered": len(keys) - len(answers),
        "wall_ms": quantiles(wall),
        "append_ms": quantiles(log),
    }


def traffic(place: Place, engine: str, rate: float, seconds: float, seed: int) -> dict[str, Any]:
    """Payments at `rate` to an engine that runs already; their latencies without the first fifth."""
    count = int(rate * seconds)
    sent, answered = place.home / f"{engine}.sent", place.home / f"{engine}.answered"
    at = f"--engine={engine}", f"--count={count}"
    with ExitStack() as stack:
        source = stack.enter_context(
            _source(place, (*at, f"--seed={seed}", f"--rate={rate}", f"--out={sent}"))
        )
        read_line(source)
        reader = stack.enter_context(place.running("answers", *at, f"--out={answered}"))
        read_line(reader)
        assert source.stdin is not None
        source.stdin.write("go\n")
        source.stdin.flush()
        pace = read_line(source, seconds + 120)
        read_line(reader, 120)
    return {**pace, **join(sent, answered, count // 5)}


def _source(place: Place, arguments: tuple[str, ...]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        place.command("source", *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def measure(place: Place, engine: str, rate: float, seconds: float, seed: int = 11) -> dict[str, Any]:
    """An engine started for it, then stopped; its own CPU time a decision at this load is told as well."""
    return _served(place, ("serve", f"--engine={engine}", "--counts-waits"), engine, rate, seconds, seed)


def beside_echo(place: Place, engine: str, rate: float, seconds: float, seed: int) -> dict[str, Any]:
    """The engine, then an echo engine that writes the same transactions and computes nothing."""
    echo = f"{engine}-echo"
    answers = ("echo", f"--engine={echo}", f"--like={engine}")
    return {
        "rate": rate,
        "load_average": os.getloadavg()[0],
        "engine": measure(place, engine, rate, seconds, seed),
        "echo": _served(place, answers, echo, rate, seconds, seed),
    }


def _served(
    place: Place, step: tuple[str, ...], engine: str, rate: float, seconds: float, seed: int
) -> dict[str, Any]:
    with place.running(*step) as serving:
        read_line(serving)
        found = traffic(place, engine, rate, seconds, seed)
        serving.send_signal(signal.SIGTERM)
        ended = read_line(serving)
    kept = ("batches", "waits_of_20_ms", "waits_of_500_ms")
    cpu_us = ended["cpu_s"] / max(ended["decisions"], 1) * 1e6
    return {**found, "engine_cpu_us": cpu_us} | {name: ended[name] for name in kept}
