"""Kernel against oracle, bit for bit, on random logs for as long as one likes; exit code 1 at a difference.

    python -m tests.checks.random_parity [--seed 0] [--seconds 60]

Each seed is one log: up to five stretches of all three streams at paces from one event a millisecond to one
in months, cut into batches at random, restored from snapshots in between. Vectors must be the oracle's, the
logical hash that of the log in one batch. A seed that differs is printed and gives the same log again.
"""

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np

from features.columns.events import Stream
from features.state.state import FeatureState
from tests.support import event_logs, oracle, parity
from tests.support.sample_catalogues import CATALOGUES

SIZES = (20, 200, 1_200, 2_500)
SAMPLE = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    end, seed, differences = time.monotonic() + arguments.seconds, arguments.seed, 0
    while time.monotonic() < end:
        found = difference(seed)
        if found is not None:
            differences += 1
            print(f"seed {seed}: {found}", flush=True)
        seed += 1
    print(f"{seed - arguments.seed:,} logs, {differences} that differ")
    return 1 if differences else 0


def difference(seed: int, sizes: Sequence[int] = SIZES) -> str | None:
    """What differs on the log of this seed, in words."""
    numbers = np.random.default_rng(seed)
    name = list(CATALOGUES)[int(numbers.integers(len(CATALOGUES)))]
    catalogue = CATALOGUES[name]
    events = event_logs.columns(event_logs.changing_log(catalogue, seed, sizes))
    ends = sorted({*numbers.integers(1, len(events.at), 6).tolist(), len(events.at)})
    state, rows = FeatureState.empty(catalogue, logs=int(numbers.choice((16, 4_096)))), []
    for part in parity.parts(events, ends):
        rows.append(parity.batch(state, part))
        state = parity.restored(state) if numbers.random() < 0.4 else state
    whole = FeatureState.empty(catalogue)
    parity.batch(whole, events)
    if whole.logical_hash() != state.logical_hash():
        return f"{name}: logical hash {state.logical_hash()} in batches, {whole.logical_hash()} at once"
    attempts = int((events.stream == Stream.ATTEMPT).sum())
    wanted = {*numbers.integers(0, max(attempts, 1), SAMPLE).tolist(), *range(attempts - 20, attempts)}
    expected = oracle.vectors(catalogue, events, wanted)
    try:
        kept = np.concatenate(rows)[sorted(index for index in wanted if 0 <= index < attempts)]
        parity.assert_same_bits(kept, expected, catalogue)
    except AssertionError as error:
        return f"{name}: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main())
