"""What the feature kernel costs, by process CPU time.

    python tests/bench/feature_kernel.py [--payments N] [--json]

Two million payments over 23 days (a payment a second), drawn by a square law (few entities are busy) from
200,000 cards, 120,000 customers, 150,000 devices, 180,000 IP addresses and 3,000 merchants; batches of 1,000.
"""

import json
import time

import click
import numpy as np
import numpy.typing as npt

from features.catalogue import CATALOGUE
from features.state import FeatureState, vector_hash, warm

POPULATIONS = {"card": 200_000, "customer": 120_000, "device": 150_000, "ip": 180_000, "merchant": 3_000}
BATCH = 1_000
SPREAD = -7046029254386353131
"""Odd, so multiplying by it maps the drawn numbers one to one onto well mixed 64-bit keys."""


def traffic(payments: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Seeded engine times, entity hashes and amounts."""
    numbers = np.random.default_rng(0)
    drawn = [(size * numbers.random(payments) ** 2).astype(np.int64) + 1 for size in POPULATIONS.values()]
    at = 1_700_000_000_000 + np.cumsum(numbers.integers(0, 2_000, payments))
    return at, np.stack(drawn) * SPREAD, np.exp(numbers.normal(8, 1, payments)).astype(np.int64)


def run(payments: int) -> tuple[FeatureState, npt.NDArray[np.float64]]:
    """The state after all payments, and the CPU microseconds a payment of each batch."""
    at, entities, amounts = traffic(payments)
    starts = range(0, payments, BATCH)
    batches = [np.ascontiguousarray(entities[:, start : start + BATCH]) for start in starts]
    adds, out = np.ones(payments, np.bool_), np.empty((BATCH, len(CATALOGUE.names)))
    state, costs = FeatureState.empty(CATALOGUE), []
    for start, keys in zip(starts, batches, strict=True):
        rows = slice(start, start + BATCH)
        began = time.process_time_ns()
        state.update(at[rows], keys, amounts[rows], adds[rows], out[: keys.shape[1]])
        costs.append((time.process_time_ns() - began) / 1_000 / keys.shape[1])
    return state, np.array(costs)


def cpu_seconds(work: object, times: int = 1) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    for _ in range(times):
        work()  # type: ignore[operator]
    return (time.process_time() - began) / times


def figures(payments: int) -> dict[str, float]:
    """All figures; the unit is the last word of the name."""
    warm()
    state, costs = run(payments)
    arrays = state.arrays()
    matrix = np.random.default_rng(1).random((BATCH, len(CATALOGUE.names)))
    return {
        "features": len(CATALOGUE.names),
        "payments": payments,
        "payment_mean_us": round(float(costs.mean()), 3),
        "payment_median_us": round(float(np.median(costs)), 3),
        "payment_last_eighth_us": round(float(np.median(costs[-len(costs) // 8 :])), 3),
        "payments_per_second": round(1e6 / float(costs.mean())),
        "longest_batch_ms": round(float(costs.max()) * BATCH / 1_000, 1),
        "entities": state.entities,
        "entity_bytes": round(state.bytes_used / state.entities),
        "state_mb": round(state.bytes_used / 1e6),
        "vector_hash_us": round(cpu_seconds(lambda: vector_hash(0, matrix), 50) / BATCH * 1e6, 3),
        "logical_hash_s": round(cpu_seconds(state.logical_hash), 3),
        "restore_s": round(cpu_seconds(lambda: FeatureState.from_arrays(CATALOGUE, arrays)), 3),
    }


@click.command()
@click.option("--payments", default=2_000_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def main(payments: int, as_json: bool) -> None:
    """Cost of the feature kernel by process CPU time."""
    measured = figures(payments)
    if as_json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:24} {value:>14,}")


if __name__ == "__main__":
    main()
