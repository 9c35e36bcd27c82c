"""Kernel against oracle, bit for bit, on the first payments of a published set; exit code 1 at a difference.

    python -m tests.checks.feature_parity --set handbook|sparkov|ucsd_fico [--rows 100000] [--json]

Labels are released after seven days, before payments of the same moment. The kernel gets the log in batches
of 1,000 rows and goes through a snapshot halfway; the oracle (`tests/features/oracle.py`) computes every
vector anew from lists of events. It takes minutes: ucsd_fico's one merchant has all 71,115 payments.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalogue import CATALOGUE, Catalogue
from features.columns.events import Events
from features.state.state import FeatureState
from tests.support import oracle, parity, payment_sets

BATCH = 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--set", required=True, choices=payment_sets.SETS)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    started = time.perf_counter()
    events = payment_sets.with_labels(payment_sets.load(arguments.set, arguments.rows))
    report = {"set": arguments.set, **compare(CATALOGUE, events)}
    report["seconds"] = round(time.perf_counter() - started, 1)
    print(json.dumps(report) if arguments.json else in_words(report))
    return 0 if report["values_that_differ"] == 0 else 1


def compare(catalogue: Catalogue, events: Events) -> dict[str, Any]:
    """Compares all vectors; how many there were, and what differs by feature."""
    expected = oracle.each_vector(catalogue, events)
    rows, known, differing = 0, 0, Counter[str]()
    for found in _by_kernel(catalogue, events):
        wanted = np.array([*islice(expected, len(found))], np.float64).reshape(found.shape)
        columns = np.nonzero(~parity.same_bits(found, wanted))[1]
        differing.update(catalogue.features[column].name for column in columns)
        known += int((~np.isnan(wanted)).sum())
        rows += len(found)
    return {
        "rows": rows,
        "labels": len(events.at) - rows,
        "columns": len(catalogue.features),
        "values_known": known,
        "values_that_differ": differing.total(),
        "differing": dict(differing.most_common(10)),
    }


def _by_kernel(catalogue: Catalogue, events: Events) -> Iterator[npt.NDArray[np.float64]]:
    state, end = FeatureState.empty(catalogue), len(events.at)
    for number, part in enumerate(parity.parts(events, [*range(BATCH, end, BATCH), end])):
        yield parity.batch(state, part)
        if number == end // BATCH // 2:
            state = parity.restored(state)


def in_words(report: dict[str, object]) -> str:
    """The report for people."""
    return (
        f"{report['set']}: {report['rows']:,} payments and {report['labels']:,} labels, {report['columns']} "
        f"features, {report['values_known']:,} known values, {report['values_that_differ']:,} that differ "
        f"{report['differing'] or ''} in {report['seconds']} s"
    )


if __name__ == "__main__":
    sys.exit(main())
