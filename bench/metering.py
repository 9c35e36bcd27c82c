"""What measuring costs the engine: the same engine with and without its metrics, in turn.

Each run decides other payments of the same kind, in a process of its own; their difference is taken pair by
pair. Beside it, how long one scrape of all figures takes.
"""

import statistics
from typing import Any

from bench.pairs import COUNT, WARM, middle
from bench.place import Place

PAIRS = 3


def measure(place: Place, pairs: int = PAIRS) -> dict[str, Any]:
    """Microseconds of CPU a decision, and the metrics' share of them."""
    size = f"--engine={place.name}", f"--warm={WARM}", f"--count={COUNT}"
    runs = []
    for number in range(pairs):
        order = ("--metrics", "--no-metrics")
        pair = {
            option: place.run("decide", *size, option) for option in (order if number % 2 else order[::-1])
        }
        runs.append((pair["--metrics"], pair["--no-metrics"]))
    return {
        "with_us": middle([measured["cpu_us"] for measured, _ in runs]),
        "without_us": middle([plain["cpu_us"] for _, plain in runs]),
        "own_thread_us": middle(
            [measured["own_thread_us"] - plain["own_thread_us"] for measured, plain in runs]
        ),
        "share": middle([measured["cpu_us"] / plain["cpu_us"] - 1 for measured, plain in runs]),
        "scrape_ms": statistics.median(measured["scrape_ms"] for measured, _ in runs),
        "batch": statistics.median(run["decisions"] / run["batches"] for pair in runs for run in pair),
    }
