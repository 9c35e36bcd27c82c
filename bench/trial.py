"""What a challenger costs: the engine's core alone, with one in shadow, and with one in canary.

    python -m bench.trial

The three apply the same batches in turn, so that a busy machine falls on each alike; without Kafka. Champion
and challenger are the seed's model, the challenger with another calibration.
"""

import time
from collections.abc import Sequence
from typing import Any

import click
import msgspec
import numpy as np

from bench.place import announce
from features.catalogue import CATALOGUE
from models.messages.codec import encode
from models.messages.control import ChallengerChange, Change, Control, TrialBounds
from models.seed import seed_model_artefact
from simulation.traffic import SimulatedPayments, TrafficParameters
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.seed import seed_changes
from streams.engine.core import Core
from streams.engine.decision.context import Context
from streams.engine.input.batch import InputBatch
from streams.engine.process import spare_collector
from streams.engine.recovery.warm import warm

START = 1_780_000_000_000
RATE = 10_000.0
WARM = 4_000
SIZES = {500: 40, 4: 500}
"""Payments a batch, and how many batches: full load, and a quiet hour."""
SHARES = {"alone": None, "shadow": 0, "canary 5 %": 50_000}
UNBOUND = TrialBounds(psi_max=None, verdict_gap_max=None, errors_max=None)


def challenger() -> bytes:
    """The seed's model, a tenth surer."""
    document = msgspec.json.decode(seed_model_artefact())
    document["calibration"]["a"] *= 1.1
    return msgspec.json.encode(document)


def core(store: ArtefactStore, share: int | None, others: Sequence[Change] = ()) -> Core:
    """A core with the seed's judges, `others` in their place, and a challenger unless `share` is None."""
    made = Core("bench", CATALOGUE, Context(CATALOGUE, store.load))
    changes: list[Change] = [*seed_changes(store), *others]
    if share is not None:
        changes.append(ChallengerChange(store.stage(challenger()), share, bounds=UNBOUND))
    made.apply(
        batch_of([encode(Control(f"c{at}", START, "bench", each)) for at, each in enumerate(changes)], 0)
    )
    return made


def batch_of(values: list[bytes], first: int) -> InputBatch:
    """Records on one topic, `first` the number of the first: ten of them come in a millisecond."""
    batch, at = InputBatch(), START + first // 10
    batch.extend("bench.history", 0, [(value, first + place, at) for place, value in enumerate(values)])
    return batch


def measure(cores: dict[str, Core]) -> list[dict[str, Any]]:
    """CPU microseconds a payment of each, median over the batches, by size of batch."""
    simulated = SimulatedPayments(TrafficParameters(3), start_ms=START, rate=RATE)
    at, found = 1_000, []
    for size, batches in ({WARM: 1} | SIZES).items():
        taken: dict[str, list[float]] = {name: [] for name in cores}
        for _ in range(batches):
            batch = batch_of([encode(payment) for payment in simulated.payments(at, size)], at)
            for name, one in cores.items():
                began = time.thread_time()
                one.apply(batch)
                taken[name].append((time.thread_time() - began) / size * 1e6)
            at += size
        if size in SIZES:
            found.append({"batch": size} | {name: float(np.median(each)) for name, each in taken.items()})
    return found


@click.command()
@click.option("--bootstrap", expose_value=False)
@click.option("--home", expose_value=False)
def main() -> None:
    """Measure what a challenger costs."""
    import tempfile
    from pathlib import Path

    warm()
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as folder:
        store = ArtefactStore(Path(folder))
        cores = {name: core(store, share) for name, share in SHARES.items()}
        spare_collector()
        measured = measure(cores)
    for found in measured:
        told = ", ".join(f"{name} {found[name]:.1f}" for name in SHARES)
        click.echo(f"batches of {found['batch']:3}: us CPU a payment {told}")
    announce({"trial": measured})


if __name__ == "__main__":
    main()
