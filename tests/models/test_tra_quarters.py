"""Fraud rate by value and quarter: each threshold on both sides, two quarters running, several currencies."""

import numpy as np
import pytest

from models.labels import Maturity
from models.meters import RemoteCells, TraReading, texts, tra_readings
from models.meters.programmes import SHIPPED
from tests.models.meter_cases import RATES, day_of

Q2 = 4 * 56 + 1
"""2026-Q2."""
END = day_of("2026-07-01")


def cells(*rows: tuple[str, str, int, int], entity: str = "ltd") -> RemoteCells:
    """Rows of day, currency, value paid, value defrauded."""
    days, codes, paid, fraud = zip(*rows, strict=True)
    return RemoteCells(
        texts([entity] * len(rows)), np.array([day_of(day) for day in days]), texts(list(codes)),
        np.array(paid, np.object_), np.array(fraud, np.object_),
    )  # fmt: skip


def reading(
    remote: RemoteCells, country: str = "FR", as_of: int = END, curve: Maturity | None = None
) -> TraReading:
    (only,) = tra_readings(remote, Q2, as_of, {"ltd": country}, SHIPPED, RATES, curve)
    return only


@pytest.mark.parametrize(
    ("fraud", "threshold"),
    [
        (0, 50_000),
        (10_000, 50_000),  # 1 basis point of 1,000,000 EUR
        (10_001, 25_000),
        (60_000, 25_000),  # 6
        (60_001, 10_000),
        (130_000, 10_000),  # 13
        (130_001, 0),
    ],
)
def test_thresholds_of_the_european_economic_area(fraud: int, threshold: int) -> None:
    found = reading(cells(("2026-05-05", "EUR", 100_000_000, fraud)))
    assert (found.threshold, found.quarter, found.currency) == (threshold, "2026-Q2", "EUR")


@pytest.mark.parametrize(("fraud", "threshold"), [(10_000, 44_000), (60_000, 22_000), (60_001, 8_500)])
def test_thresholds_of_the_united_kingdom_are_in_pounds(fraud: int, threshold: int) -> None:
    found = reading(cells(("2026-05-05", "GBP", 100_000_000, fraud)), "GB")
    assert (found.threshold, found.currency) == (threshold, "GBP")


def test_values_of_other_currencies_are_converted_and_those_without_a_rate_are_said() -> None:
    remote = cells(("2026-05-05", "USD", 110, 11), ("2026-05-06", "GBP", 80, 0), ("2026-05-06", "XYZ", 9, 9))
    found = reading(remote)
    assert (found.paid.so_far, found.fraud.so_far, found.unconverted) == (200, 10, 1)


def test_values_that_64_bits_do_not_hold_are_summed() -> None:
    """Two of 2^62 of one day, and a fraud of as much again: 2 of 3 are defrauded."""
    large = 2**62
    found = reading(cells(("2026-05-05", "EUR", large, large), ("2026-05-05", "EUR", 2 * large, large)))
    assert (found.paid.so_far, found.fraud.so_far, found.threshold) == (3 * large, 2 * large, 0)


@pytest.mark.parametrize(
    ("before", "now", "must_cease"),
    [
        (130_001, 130_001, (50_000, 25_000, 10_000)),
        (130_000, 130_001, (50_000, 25_000)),
        (130_001, 60_000, (50_000,)),
        (10_000, 130_001, ()),
    ],
)
def test_a_rate_exceeded_for_two_quarters_running_ends_the_exemption(
    before: int, now: int, must_cease: tuple[int, ...]
) -> None:
    remote = cells(("2026-02-05", "EUR", 100_000_000, before), ("2026-05-05", "EUR", 100_000_000, now))
    assert reading(remote).must_cease == must_cease


def test_a_quarter_under_way_is_projected_and_its_frauds_are_expected_to_grow() -> None:
    """A steady 100.00 a day, 0.05 of it known to be fraud; half is known at once, all a day later."""
    rows = [(f"2026-0{month}-{day:02}", "EUR", 10_000, 5) for month in (3, 4, 5) for day in range(1, 31)]
    found = reading(cells(*rows), as_of=day_of("2026-05-31"), curve=Maturity((0.5, 1.0), 9))
    assert found.paid.so_far == 600_000
    assert abs(found.paid.expected - 910_000) <= 10_000
    assert found.threshold == found.projected_threshold == 25_000
    assert found.fraud_when_known == 305


def test_an_entity_outside_has_no_reading() -> None:
    remote = cells(("2026-05-05", "EUR", 1, 0))
    assert not tra_readings(remote, Q2, END, {"ltd": "US"}, SHIPPED, RATES)
    assert not tra_readings(remote, Q2, END, {}, SHIPPED, RATES)
    assert reading(cells(("2026-01-05", "EUR", 9, 0))).threshold == 0
