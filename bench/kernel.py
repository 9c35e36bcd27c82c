"""What the feature kernel and what stands around it cost, in CPU time of one process, without Kafka.

The kernel alone is measured as in `bench.growth`, an issuer's answer following every payment. `intake` turns
the simulator's payments into columns and attributes, with the seed's reference tables.
"""

import time
from typing import Any

import click
import numpy as np

from bench.growth import growth
from bench.place import announce
from features.catalogue import CATALOGUE
from features.ingest import intake, reference_amounts
from features.state.state import FeatureState, vector_hash, warm
from models.reference.tables import REFERENCE_TABLES
from models.seed import seed_tables
from simulation.traffic import SimulatedPayments, TrafficParameters

CARDS = 20_000
PAYMENTS = 60_000
BATCH = 1_000
START = 1_780_000_000_000
RATE = 10_000.0


def without_answers() -> dict[str, float]:
    """CPU microseconds a payment of each step, over simulated payments."""
    tables = {name: REFERENCE_TABLES[name].load(blob) for name, blob in seed_tables().items()}
    simulated = SimulatedPayments(TrafficParameters(3), start_ms=START, rate=RATE)
    state, chain = FeatureState.empty(CATALOGUE), 0
    spent = dict.fromkeys(("intake", "kernel", "vector hash"), 0.0)
    for first in range(0, PAYMENTS, BATCH):
        payments = simulated.payments(first, BATCH)
        times = simulated.times(np.arange(first, first + BATCH))
        amounts = reference_amounts(tables["fx"], payments, times)
        began = time.process_time()
        adds = np.ones(BATCH, np.bool_)
        events, attributes, _ = intake(payments, times, amounts, adds, tables, CATALOGUE.attributes)
        taken = time.process_time()
        matrix = np.empty((BATCH, len(CATALOGUE.names)))
        matrix[:, : attributes.shape[1]] = attributes
        state.update(events, matrix)
        updated = time.process_time()
        chain = vector_hash(chain, matrix)
        if first >= PAYMENTS // 2:
            for step, since, until in (
                ("intake", began, taken),
                ("kernel", taken, updated),
                ("vector hash", updated, time.process_time()),
            ):
                spent[step] += until - since
    return {step: 1e6 * seconds / (PAYMENTS // 2) for step, seconds in spent.items()}


def measure() -> dict[str, Any]:
    """All of it."""
    warm()
    point, _ = growth(CARDS)
    return {
        "features": len(CATALOGUE.names),
        "answered_us": point.us_per_payment,
        "answered_logs": point.logs,
        "steps_us": without_answers(),
    }


@click.command()
@click.option("--bootstrap", expose_value=False)
@click.option("--home", expose_value=False)
def main() -> None:
    """Measure the kernel."""
    announce(measure())


if __name__ == "__main__":
    main()
