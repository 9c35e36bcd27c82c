"""Our features against the published ones of the Fraud Detection Handbook; exit code 1 at any difference.

    python -m tests.checks.published_features [--rows N] [--json]

The published file gives, for every payment, its customer's payments and their mean amount in the last 1, 7
and 30 days, and its terminal's payments and share of frauds in as long a time that ended seven days ago. In
our terms: a customer's attempts; a merchant's labels, each released seven days after its payment. Ours
exclude the payment itself, so it is added back. Where the published risk is 0 for want of payments, ours is
unknown.

Counts must be equal, means within 1e-6 of the currency's unit, risks within 1e-9. As a check of the check,
the same is done with labels after payments at equal times: that differs.
"""

import argparse
import json
import sys
import time

import numpy as np
import numpy.typing as npt
import pyarrow.parquet

from features.catalogue import ENTITIES, Catalogue, Family
from features.catalogue import measures as m
from features.catalogue.measures import Measure, Op
from features.columns.events import Events, Stream
from features.state.state import FeatureState
from tests.support import payment_sets

WINDOWS = {"24h": 1, "7d": 7, "30d": 30}
LABEL_COUNT = Measure(
    "{entity}_labels_learned_{window}", "labels", "labels learned", Op.SUM, Stream.LABEL, m.LABELLED
)
CATALOGUE = Catalogue(
    ENTITIES,
    [
        Family("customer", m.PAYMENT_COUNT, tuple(WINDOWS)),
        Family("customer", m.AMOUNT_SUM, tuple(WINDOWS)),
        Family("customer", m.AMOUNT_MEAN, tuple(WINDOWS)),
        Family("merchant", LABEL_COUNT, tuple(WINDOWS)),
        Family("merchant", m.FRAUD_SHARE_OF_LABELS, tuple(WINDOWS)),
    ],
)
ROWS = 1_236_698
BATCH = 50_000

Column = npt.NDArray[np.float64]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    report = compare(arguments.rows)
    late = compare(arguments.rows, labels_first=False)
    report["differences_with_labels_after_payments"] = late["differences"]
    print(json.dumps(report) if arguments.json else in_words(report))
    return 0 if report["equal"] else 1


def compare(rows: int, delay: int = 7 * payment_sets.DAY, *, labels_first: bool = True) -> dict[str, object]:
    """What differs over the first rows of the set, by kind of feature."""
    started = time.perf_counter()
    made, published = _aligned(rows)
    ours = _features(payment_sets.with_labels(made, delay, labels_first=labels_first))
    differences = _differences(ours, published, made.payments.amount)
    return {
        "rows": len(made.at),
        "differences": differences,
        "equal": not any(differences.values()),
        "seconds": round(time.perf_counter() - started, 1),
    }


def in_words(report: dict[str, object]) -> str:
    """The report for people."""
    lines = [f"{report['rows']:,} payments in {report['seconds']} s; rows that differ by feature:"]
    differences, late = report["differences"], report["differences_with_labels_after_payments"]
    assert isinstance(differences, dict)
    assert isinstance(late, dict)
    lines += [
        f"  {name:42} {count:>9,}   labels after payments at equal times: {late[name]:,}"
        for name, count in differences.items()
    ]
    return "\n".join([*lines, "equal" if report["equal"] else "NOT EQUAL"])


def _aligned(rows: int) -> tuple[payment_sets.PaymentSet, dict[str, Column]]:
    """The first payments and their published features, in one order.

    Seventeen times a customer pays twice in a second. The two files differ in their order there, and neither
    has the one in which the published counts were made; the counts themselves tell it: the lower came first.
    """
    handbook = payment_sets.DATA / "handbook"
    asked = pyarrow.parquet.read_table(handbook / "payments.parquet", columns=["TRANSACTION_ID"])
    table = pyarrow.parquet.read_table(handbook / "published_features.parquet")
    numbers, made = table["TRANSACTION_ID"].to_numpy(), payment_sets.load("handbook", rows)
    by_number = np.argsort(numbers)
    rows_of = by_number[np.searchsorted(numbers, asked["TRANSACTION_ID"].to_numpy()[:rows], sorter=by_number)]
    published = {name: table[name].to_numpy()[rows_of].astype(np.float64) for name in table.column_names}
    order = np.lexsort((published["CUSTOMER_ID_NB_TX_1DAY_WINDOW"], made.at))
    return made.taken(order), {name: column[order] for name, column in published.items()}


def _features(events: Events) -> dict[str, Column]:
    """Through the kernel in batches, as the engine does it."""
    state = FeatureState.empty(CATALOGUE)
    parts = []
    for start in range(0, len(events.at), BATCH):
        part = Events._make(np.ascontiguousarray(column[..., start : start + BATCH]) for column in events)
        parts.append(np.zeros((int((part.stream == Stream.ATTEMPT).sum()), len(CATALOGUE.names))))
        state.update(part, parts[-1])
    return dict(zip(CATALOGUE.names, np.concatenate(parts).T, strict=True))


def _differences(
    ours: dict[str, Column], published: dict[str, Column], cents: npt.NDArray[np.int64]
) -> dict[str, int]:
    """Rows that differ, by published feature."""
    found = {}
    for window, days in WINDOWS.items():
        payments = ours[f"customer_payment_count_{window}"] + 1
        amounts = ours[f"customer_amount_sum_{window}"] + cents
        means = np.nan_to_num(ours[f"customer_amount_mean_{window}"]) * (payments - 1)
        labels = ours[f"merchant_labels_learned_{window}"]
        risk = ours[f"merchant_frauds_over_labels_{window}"]
        compared = {
            f"CUSTOMER_ID_NB_TX_{days}DAY_WINDOW": (payments, 0.0),
            f"CUSTOMER_ID_AVG_AMOUNT_{days}DAY_WINDOW": (amounts / payments / 100, 1e-6),
            f"TERMINAL_ID_NB_TX_{days}DAY_WINDOW": (labels, 0.0),
            f"TERMINAL_ID_RISK_{days}DAY_WINDOW": (np.where(labels == 0, 0.0, risk), 1e-9),
        }
        for name, (column, tolerance) in compared.items():
            found[name] = _unequal(column, published[name], tolerance)
        mean = (means + cents) / payments / 100
        found[f"{days}d mean of the mean feature"] = _unequal(
            mean, published[f"CUSTOMER_ID_AVG_AMOUNT_{days}DAY_WINDOW"], 1e-6
        )
        found[f"{days}d risk known without labels"] = int((np.isnan(risk) != (labels == 0)).sum())
    return found


def _unequal(ours: Column, published: Column, tolerance: float) -> int:
    return int((~(np.abs(ours - published) <= tolerance)).sum())


if __name__ == "__main__":
    sys.exit(main())
