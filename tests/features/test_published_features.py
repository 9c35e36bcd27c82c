"""The short form of `tests/checks/published_features.py`: features that others computed come out of ours."""

from tests.checks import published_features
from tests.support import payment_sets

ROWS = 300_000


def differences(rows: int, delay: int = 7 * payment_sets.DAY) -> dict[str, int]:
    payment_sets.needs("handbook")
    report = published_features.compare(rows, delay)
    assert report["rows"] == rows
    assert isinstance(report["differences"], dict)
    assert len(report["differences"]) == 18
    return report["differences"]


def test_customers_and_terminals_have_the_published_counts_means_and_delayed_risks() -> None:
    found = differences(ROWS)
    assert found == dict.fromkeys(found, 0)


def test_labels_a_minute_late_give_other_risks_but_no_other_customers() -> None:
    late = differences(200_000, 7 * payment_sets.DAY + 60_000)
    assert late["TERMINAL_ID_NB_TX_30DAY_WINDOW"] > 0
    assert late["CUSTOMER_ID_NB_TX_30DAY_WINDOW"] == 0
