"""Scheme meters: worked examples of each threshold, on both of its sides."""

import dataclasses

import numpy as np
import pytest

from models.meters import (
    CardActivity,
    MeterReading,
    MeterWindow,
    ReportKind,
    ReportRows,
    Resolution,
    SettledCells,
    meter_notes,
    parsed_month,
    scheme_readings,
    texts,
)
from models.meters.programmes import SHIPPED
from models.units import DAY_MS
from tests.models.meter_cases import RATES, attempts, day_of, joined, reached, readings, reported, settled

VAMP = ("visa_vamp_merchant", "excessive")
ABOVE, ACQUIRER = ("visa_vamp_acquirer", "above_standard"), ("visa_vamp_acquirer", "excessive")
ENUMERATION = ("visa_vamp_enumeration", "enumeration")
ECM, HECM = ("mastercard_ecp", "ecm"), ("mastercard_ecp", "hecm")
EFM = ("mastercard_efm", "efm")


@pytest.mark.parametrize(
    ("month", "country", "events", "payments", "is_reached"),
    [
        # 1,500 of 100,000 are exactly 150 basis points, the bound from April 2026 on.
        ("2026-04", "FR", 1_500, 100_000, True),
        ("2026-04", "FR", 1_500, 100_001, False),
        ("2026-04", "FR", 1_499, 90_000, False),  # enough by rate, too few by count
        ("2026-04", "US", 1_500, 100_000, True),
        # Until March 2026 it was 220: 2,200 of 100,000.
        ("2026-03", "FR", 1_500, 100_000, False),
        ("2026-03", "FR", 2_200, 100_000, True),
        ("2026-03", "FR", 2_199, 100_000, False),
        # Latin America had 150 all the time.
        ("2026-03", "BR", 1_500, 100_000, True),
        ("2026-03", "BR", 1_499, 99_000, False),
        # Before June 2025 the programme did not exist.
        ("2025-05", "FR", 5_000, 10_000, False),
        ("2025-06", "FR", 2_200, 100_000, True),
    ],
)
def test_visa_merchant(month: str, country: str, events: int, payments: int, is_reached: bool) -> None:
    found = readings(
        month, settled(month, payments, country=country), reported(month, events, country=country)
    )
    assert (VAMP in reached(found)) is is_reached


@pytest.mark.parametrize(
    ("events", "amount", "is_reached"),
    [(100, 75_000, True), (100, 74_999, False), (99, 100_000, False)],
)
def test_visa_merchant_where_the_amount_counts_too(events: int, amount: int, is_reached: bool) -> None:
    """CEMEA: 100 events and 75,000 USD: 100 times 750.00 USD."""
    rows = reported("2026-04", events, country="AE", amount=amount, currency="USD")
    assert (VAMP in reached(readings("2026-04", settled("2026-04", 2_000, country="AE"), rows))) is is_reached


def test_fraud_notice_and_dispute_of_a_payment_are_two_events() -> None:
    notices = reported("2026-04", 750, kind=ReportKind.FRAUD_NOTICE)
    rows = both(notices, reported("2026-04", 750))
    assert VAMP in reached(readings("2026-04", settled("2026-04", 100_000), rows))
    assert VAMP not in reached(readings("2026-04", settled("2026-04", 100_000), notices))


@pytest.mark.parametrize(
    ("month", "events", "levels"),
    [
        ("2026-01", 1_500, {ABOVE, ACQUIRER}),  # of 200,000: 75 basis points
        ("2025-12", 1_500, {ACQUIRER}),  # above standard came in January 2026
    ],
)
def test_visa_acquirer_by_date(month: str, events: int, levels: set[tuple[str, str]]) -> None:
    found = reached(readings(month, settled(month, 200_000), reported(month, events)))
    assert {key for key in found if key[0] == "visa_vamp_acquirer"} == levels


@pytest.mark.parametrize(
    ("payments", "levels"),
    [
        (300_000, {ABOVE}),  # 50 basis points
        (300_001, set()),
        (214_285, {ABOVE, ACQUIRER}),  # 1,500 / 214,285 is 70.0002
        (214_286, {ABOVE}),  # 69.9999
    ],
)
def test_visa_acquirer(payments: int, levels: set[tuple[str, str]]) -> None:
    found = reached(readings("2026-02", settled("2026-02", payments), reported("2026-02", 1_500)))
    assert {key for key in found if key[0] == "visa_vamp_acquirer"} == levels
    few = reached(readings("2026-02", settled("2026-02", 10_000), reported("2026-02", 1_499)))
    assert not {key for key in few if key[0] == "visa_vamp_acquirer"}


@pytest.mark.parametrize(
    ("tried", "honest", "is_reached"),
    [
        (300_000, 1_200_000, True),  # 20 %
        (300_000, 1_200_001, False),
        (299_999, 100_000, False),
    ],
)
def test_visa_enumeration(tried: int, honest: int, is_reached: bool) -> None:
    found = readings(
        "2026-04", settled("2026-04", 1), reported("2026-04", 0), attempts("2026-04", tried, honest)
    )
    assert (ENUMERATION in reached(found)) is is_reached
    assert found[ENUMERATION].estimate


@pytest.mark.parametrize(
    ("disputes", "payments", "levels"),
    [
        (100, 6_666, {ECM}),  # 150.01 basis points
        (100, 6_667, set()),  # 149.99
        (99, 1_000, set()),
        (299, 1_000, {ECM}),
        (300, 10_000, {ECM, HECM}),
        (300, 10_001, {ECM}),
        (300, 20_001, set()),
    ],
)
def test_mastercard_chargebacks_over_the_payments_of_the_month_before(
    disputes: int, payments: int, levels: set[tuple[str, str]]
) -> None:
    cells = joined(
        settled("2026-03", payments, scheme="mastercard", absent=False),
        settled("2026-04", 1_000_000, scheme="mastercard"),
    )
    rows = reported("2026-04", disputes, scheme="mastercard", fraud=False, absent=False)
    found = reached(readings("2026-04", cells, rows))
    assert {key for key in found if key[0] == "mastercard_ecp"} == levels


@pytest.mark.parametrize(
    ("country", "disputes", "payments", "amount", "currency", "authenticated", "is_reached"),
    [
        # Regulated: 50,000 EUR, 50 basis points, less than half by 3-D Secure.
        ("FR", 50, 10_000, 100_000, "EUR", 4_999, True),
        ("FR", 50, 10_000, 100_000, "EUR", 5_000, False),
        ("FR", 50, 10_000, 99_999, "EUR", 0, False),
        ("FR", 50, 10_001, 100_000, "EUR", 0, False),
        ("FR", 50, 1_000, 100_000, "EUR", 0, True),
        ("FR", 50, 999, 100_000, "EUR", 0, False),
        # Elsewhere: 50,000 USD, less than a tenth.
        ("US", 50, 10_000, 100_000, "USD", 999, True),
        ("US", 50, 10_000, 100_000, "USD", 1_000, False),
        # 50 x 909.09 EUR x 1.10 = 49,999.95 USD; with a cent more each, 50,000.50.
        ("US", 50, 10_000, 90_909, "EUR", 0, True),
        ("US", 50, 10_000, 90_908, "EUR", 0, False),
        # Australia: 15,000 USD and 20 basis points.
        ("AU", 20, 10_000, 75_000, "USD", 0, True),
        ("AU", 20, 10_001, 75_000, "USD", 0, False),
        ("AU", 20, 10_000, 74_999, "USD", 0, False),
        # Not in Germany.
        ("DE", 5_000, 10_000, 100_000, "EUR", 0, False),
    ],
)
def test_mastercard_fraud(
    country: str,
    disputes: int,
    payments: int,
    amount: int,
    currency: str,
    authenticated: int,
    is_reached: bool,
) -> None:
    cells = settled("2026-03", payments, scheme="mastercard", country=country, authenticated=authenticated)
    rows = reported(
        "2026-04", disputes, scheme="mastercard", country=country, amount=amount, currency=currency
    )
    assert (EFM in reached(readings("2026-04", cells, rows))) is is_reached


def test_mastercard_fraud_counts_fraud_codes_at_a_distance_only() -> None:
    cells = settled("2026-03", 10_000, scheme="mastercard")
    for fraud, absent in ((False, True), (True, False)):
        rows = reported("2026-04", 500, scheme="mastercard", amount=100_000, fraud=fraud, absent=absent)
        assert EFM not in readings("2026-04", cells, rows)


def test_an_amount_without_a_rate_is_in_no_sum_and_said() -> None:
    cells = settled("2026-03", 10_000, scheme="mastercard", country="US")
    rows = reported("2026-04", 60, scheme="mastercard", country="US", amount=10_000_000, currency="XYZ")
    reading = readings("2026-04", cells, rows)[EFM]
    assert (reading.reached, reading.unconverted) == (False, 60)
    assert [each.count for each in reading.conditions if each.measure == "amount"] == [0]
    (note,) = meter_notes(CardActivity(cells, rows, attempts("2026-04", 0, 0)), [reading, reading])
    assert note.startswith("60 fraud notices and disputes are in a currency without an exchange rate")


def test_amounts_that_64_bits_do_not_hold_are_summed() -> None:
    """Fifty of 2^62 cents of one day: the level is reached, and the sum is no negative one."""
    cells = settled("2026-03", 10_000, scheme="mastercard")
    rows = reported("2026-04", 50, scheme="mastercard", amount=2**62)
    reading = readings("2026-04", cells, rows)[EFM]
    assert [each.count for each in reading.conditions if each.measure == "amount"] == [50 * 2**62]
    assert reading.reached


def test_readings_without_payments_or_country_say_so() -> None:
    nothing, rows, tried = settled("2026-04", 0), reported("2026-04", 60), attempts("2026-04", 0, 0)
    found = readings("2026-04", nothing, rows)
    nowhere = dataclasses.replace(rows, countries=texts([None] * 60))
    without_payments, without_country = meter_notes(CardActivity(nothing, nowhere, tried), [*found.values()])
    assert "no payments to divide by" in without_payments
    assert without_country.startswith("60 fraud notices and disputes are of merchants without a country")
    assert list(meter_notes(CardActivity(nothing, rows, tried), [])) == []


@pytest.mark.parametrize(
    ("resolution", "day", "counts"),
    [
        (Resolution.PRE_DISPUTE, "2026-04-30", False),
        (Resolution.COMPELLING_EVIDENCE, "2026-04-30", False),
        (Resolution.COMPELLING_EVIDENCE, "2026-05-01", True),
        (Resolution.NONE, "2026-04-10", True),
    ],
)
def test_what_is_resolved_within_the_month_of_its_report_does_not_count(
    resolution: Resolution, day: str, counts: bool
) -> None:
    rows = resolved(reported("2026-04", 1_500), resolution, day)
    found = readings("2026-04", settled("2026-04", 100_000), rows, as_of="2026-06-01")
    assert (VAMP in reached(found)) is counts


def test_a_resolution_that_is_not_known_yet_takes_nothing_out() -> None:
    rows = resolved(reported("2026-04", 1_500), Resolution.COMPELLING_EVIDENCE, "2026-04-20")
    cells = settled("2026-04", 100_000)
    assert VAMP in reached(readings("2026-04", cells, rows, as_of="2026-04-20"))
    assert VAMP not in reached(readings("2026-04", cells, rows, as_of="2026-04-21"))


def test_a_dispute_that_was_prevented_is_no_chargeback_for_mastercard() -> None:
    rows = resolved(reported("2026-04", 500, scheme="mastercard"), Resolution.PRE_DISPUTE, "2026-04-03")
    assert not readings("2026-04", settled("2026-03", 1_000, scheme="mastercard"), rows)


def test_nothing_of_the_day_that_is_asked_for_or_later_is_looked_at() -> None:
    cells, rows = settled("2026-04", 100_000), reported("2026-04", 1_500)
    assert not readings("2026-04", cells, rows, as_of="2026-04-03")
    assert readings("2026-04", cells, rows, as_of="2026-04-04")[VAMP].events.so_far == 1_500


def test_a_merchant_that_sells_no_more_and_is_disputed_reaches_the_rate() -> None:
    found = readings("2026-04", settled("2026-01", 10), reported("2026-04", 100, scheme="mastercard"))
    assert found[ECM].reached


@pytest.mark.parametrize("country", ["US", None])
def test_an_acquirer_of_which_nothing_is_settled_is_where_its_reports_are(country: str | None) -> None:
    """Its meter must not vanish when it is all disputes. The country of its payments comes first."""
    rows = both(reported("2026-02", 1_000), reported("2026-02", 500, country="US"))
    cells = dataclasses.replace(settled("2026-02", 2), countries=texts([country] * 2))
    found = scheme_readings(
        CardActivity(cells, rows, attempts("2026-02", 0, 0)),
        MeterWindow(parsed_month("2026-02"), day_of("2026-03-01")), SHIPPED, RATES,
    )  # fmt: skip
    acquirers = [each for each in found if each.programme == "visa_vamp_acquirer"]
    assert {(each.level, each.reached, each.country) for each in acquirers} == {
        ("above_standard", True, country or "FR"), ("excessive", True, country or "FR")
    }  # fmt: skip


@pytest.mark.parametrize("events", [0, 1_000, 1_499, 1_500, 2_999])
def test_with_the_events_left_a_level_is_reached_and_with_one_less_it_is_not(events: int) -> None:
    cells = settled("2026-04", 200_000)
    left = reading_of(cells, events + 1).events_left
    assert left is not None
    assert reading_of(cells, events + 1 + left).reached
    assert left == 0 or not reading_of(cells, events + left).reached


def test_events_alone_do_not_reach_a_level_whose_other_conditions_fail() -> None:
    cells = settled("2026-03", 999, scheme="mastercard")
    rows = reported("2026-04", 10, scheme="mastercard", amount=10_000_000)
    assert readings("2026-04", cells, rows)[EFM].events_left is None


def test_a_steady_merchant_is_projected_to_twice_its_half_month() -> None:
    """1,000 payments and 20 events a day in March and the first half of April: 600 events of 30,000."""
    cells, rows = steady(payments=1_000, events=20)
    reading = readings("2026-04", cells, rows, as_of="2026-04-16")[VAMP]
    assert (reading.events.so_far, reading.events.expected) == (300, 600)
    assert (reading.settled.so_far, reading.settled.expected) == (15_000, 30_000)
    assert reading.status == "within"


def test_a_merchant_that_will_reach_a_level_is_heading_for_it() -> None:
    cells, rows = steady(payments=1_000, events=60)
    assert readings("2026-04", cells, rows, as_of="2026-04-16")[VAMP].status == "heading"
    assert readings("2026-04", cells, rows, as_of="2026-05-01")[VAMP].status == "reached"


def test_a_merchant_that_chance_may_bring_over_a_level_is_close() -> None:
    """49 a day are 1,470 in April: under 1,500, by less than two deviations of the 735 still to come."""
    cells, rows = steady(payments=1_000, events=49)
    assert readings("2026-04", cells, rows, as_of="2026-04-16")[VAMP].status == "close"


def steady(payments: int, events: int) -> tuple[SettledCells, ReportRows]:
    days = range(day_of("2026-03-01"), day_of("2026-05-01"))
    one = settled("2026-04", payments)
    cells = joined(*(dataclasses.replace(one, days=np.array([day, day])) for day in days))
    row = reported("2026-04", events)
    parts = [dataclasses.replace(row, reported_at=np.full(events, day * DAY_MS)) for day in days]
    return cells, both(*parts)


def both(*parts: ReportRows) -> ReportRows:
    return ReportRows(
        *(np.concatenate(c) for c in zip(*(vars(part).values() for part in parts), strict=True))
    )


def resolved(rows: ReportRows, resolution: Resolution, day: str) -> ReportRows:
    many = np.ones(len(rows.kinds), np.int64)
    return dataclasses.replace(
        rows, resolutions=(many * resolution).astype(np.uint8), resolved_at=many * day_of(day) * DAY_MS
    )


def reading_of(cells: SettledCells, events: int) -> MeterReading:
    return readings("2026-04", cells, reported("2026-04", events))[VAMP]
