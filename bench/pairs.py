"""Ceiling and engine in turn, over the same payments: their ratio is taken pair by pair, so that what the
machine does beside falls on both.

The engine goes first, since the ceiling writes the decisions that it made.
"""

import statistics
from typing import Any

from bench.place import Place
from streams.kafka.admin import end_offsets
from streams.kafka.topics import Topics

PAIRS = 3
WARM = 30_000
COUNT = 120_000
OVERSHOOT = 10_000


def payments(pairs: int) -> int:
    """Payments to be loaded: one stretch more than pairs, for the stages."""
    return (pairs + 1) * (WARM + COUNT + OVERSHOOT)


def pair(place: Place) -> dict[str, Any]:
    """One run of each over the next payments."""
    decisions = Topics(place.name)["decisions"]
    before = end_offsets(place.bootstrap, [decisions])[decisions]
    size = f"--engine={place.name}", f"--warm={WARM}", f"--count={COUNT}"
    engine = place.run("decide", *size)
    batch = round(engine["decisions"] / engine["batches"])
    ceiling = place.run(
        "ceiling", *size, f"--offset={engine['first']}", f"--decisions={before}", f"--batch={batch}"
    )
    return {"engine": engine, "ceiling": ceiling, "ratio": ceiling["cpu_us"] / engine["cpu_us"]}


def middle(values: list[float]) -> dict[str, float]:
    """Median and range."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def measure(place: Place, pairs: int = PAIRS) -> dict[str, Any]:
    """All pairs: microseconds of CPU a decision and their ratio."""
    runs = [pair(place) for _ in range(pairs)]
    return {
        "runs": runs,
        "engine_us": middle([run["engine"]["cpu_us"] for run in runs]),
        "ceiling_us": middle([run["ceiling"]["cpu_us"] for run in runs]),
        "ratio": middle([run["ratio"] for run in runs]),
        "engine_wall_us": statistics.median(run["engine"]["wall_us"] for run in runs),
        "batch": statistics.median(run["engine"]["decisions"] / run["engine"]["batches"] for run in runs),
        "scorer": runs[0]["engine"]["scorer"],
    }


def stages(place: Place) -> dict[str, Any]:
    """Another run of the engine, every stage timed."""
    return place.run("decide", f"--engine={place.name}", f"--warm={WARM}", f"--count={COUNT}", "--stages")
