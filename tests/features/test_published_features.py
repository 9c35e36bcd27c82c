"""The short form of `tests/checks/published_features.py`: features that others computed come out of ours."""

import sys
from pathlib import Path

import payment_sets
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "checks"))
import published_features

ROWS = 300_000


@pytest.fixture(scope="module")
def report() -> dict[str, object]:
    payment_sets.needs("handbook")
    return published_features.compare(ROWS)


def test_customers_and_terminals_have_the_published_counts_means_and_delayed_risks(
    report: dict[str, object],
) -> None:
    differences = report["differences"]
    assert isinstance(differences, dict)
    assert report["rows"] == ROWS
    assert len(differences) == 18
    assert differences == dict.fromkeys(differences, 0)


def test_at_equal_times_labels_must_come_before_payments(report: dict[str, object]) -> None:
    late = report["differences_with_labels_after_payments"]
    assert isinstance(late, dict)
    assert late["TERMINAL_ID_NB_TX_30DAY_WINDOW"] > 0
    assert late["CUSTOMER_ID_NB_TX_30DAY_WINDOW"] == 0
