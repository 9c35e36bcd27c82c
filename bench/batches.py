"""What a batch costs by its size: the engine's core alone, from bytes to encoded decisions, without Kafka.

    python -m bench.batches [--home DIR --model SHA256] [--size 1 --size 500] [--profile FILE]

The judges are those of the bench: 50 rules, 300 trees of 63 leaves, authentication and the seed's policy.
Sizes are taken in turn, so that a busy machine falls on each alike. Process CPU time, the least of each
size's batches beside their median: what else runs on a shared machine can only add. With `--profile` the
time by function goes to a file for `python -m pstats`.
"""

import cProfile
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import numpy as np

from bench.place import announce
from bench.seeding import TRAINED_ON, ruleset
from bench.trial import RATE, START, batch_of, core
from models.messages.codec import encode
from models.messages.control import Change, ModelChange, RulesetChange
from simulation.traffic import SimulatedPayments, TrafficParameters
from streams.control_plane.artefacts import ArtefactStore
from streams.engine.core import Core
from streams.engine.input.batch import InputBatch
from streams.engine.process import spare_collector
from streams.engine.recovery.warm import warm
from training.seed_model import baseline

SIZES = (1, 4, 20, 100, 500, 2_000)
ROUNDS = 40
SMALL = 25
"""Batches of up to this size are taken this often a round: one alone is near the clock's own noise."""
WARM = 6_000


class Batches:
    """Simulated payments in batches of any size, one after the other."""

    def __init__(self) -> None:
        self._simulated = SimulatedPayments(TrafficParameters(3), start_ms=START, rate=RATE)
        self._at = 1_000

    def next(self, size: int) -> InputBatch:
        """The next `size` payments."""
        payments = self._simulated.payments(self._at, size)
        batch = batch_of([encode(payment) for payment in payments], self._at)
        self._at += size
        return batch


def judged(store: ArtefactStore, model: str | None) -> Core:
    """A core with the bench's judges; without the name of a model that is staged, one is trained."""
    sha256 = store.stage(baseline.bench(payments=TRAINED_ON)) if model is None else model
    changes: list[Change] = [ModelChange(sha256), RulesetChange(ruleset())]
    return core(store, None, changes)


def measure(one: Core, sizes: tuple[int, ...], profile: Any = None) -> list[dict[str, Any]]:
    """CPU milliseconds a batch and microseconds a payment, by size."""
    batches = Batches()
    for _ in range(3):
        for size in (WARM // 3, *sizes):
            one.apply(batches.next(size))
    taken: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(ROUNDS):
        for size in sizes:
            for _ in range(SMALL if size <= SMALL else 1):
                batch = batches.next(size)
                began = time.process_time()
                with profile or nullcontext():
                    one.apply(batch)
                taken[size].append(time.process_time() - began)
    return [_found(size, np.array(each)) for size, each in taken.items()]


def _found(size: int, taken: np.ndarray) -> dict[str, Any]:
    median, least = float(np.median(taken)), float(taken.min())
    return {
        "size": size,
        "batch_ms": median * 1e3,
        "batch_ms_least": least * 1e3,
        "payment_us": median / size * 1e6,
        "payment_us_least": least / size * 1e6,
    }


@click.command()
@click.option("--bootstrap", expose_value=False)
@click.option("--home", type=click.Path(path_type=Path), help="Artefacts are kept there.")
@click.option("--model", help="SHA-256 of one of them; without, a model is trained.")
@click.option("--size", "sizes", type=int, multiple=True, default=SIZES, show_default=True)
@click.option("--profile", "profiled", type=click.Path(path_type=Path), help="Where the time goes.")
def main(home: Path | None, model: str | None, sizes: tuple[int, ...], profiled: Path | None) -> None:
    """Measure what batches cost."""
    warm()
    profile = cProfile.Profile() if profiled else None
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as folder:
        one = judged(ArtefactStore((home or Path(folder)) / "artefacts"), model)
        spare_collector()
        measured = measure(one, tuple(sizes), profile)
    if profile is not None:
        profile.dump_stats(str(profiled))
    for found in measured:
        click.echo(
            f"batches of {found['size']:5,}: {found['batch_ms']:7.3f} ms CPU (least "
            f"{found['batch_ms_least']:.3f}), {found['payment_us']:8.1f} us a payment (least "
            f"{found['payment_us_least']:.1f})"
        )
    announce({"batches": measured})


if __name__ == "__main__":
    main()
