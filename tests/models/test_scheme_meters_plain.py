"""Scheme meters agree with a plain recomputation on random months, however the rows are cut and ordered."""

from datetime import date, timedelta

import numpy as np

from models.meters import (
    NEVER,
    CardActivity,
    MeterWindow,
    ReportKind,
    ReportRows,
    Resolution,
    scheme_readings,
    texts,
)
from models.meters.activity import SettledCells
from models.meters.calendar_months import first_day, month_of
from models.meters.programmes import SHIPPED
from models.units import DAY_MS
from tests.models.meter_cases import RATES, attempts, settled_cells
from tests.models.plain_meters import PlainEvent, PlainPayment, reached_levels

COUNTRIES = ("FR", "GB", "DE", "US", "AU", "BR", "AE")
EPOCH = date(1970, 1, 1)


def random_quarter(seed: int) -> tuple[list[PlainPayment], list[PlainEvent]]:
    """Merchants around all bounds: each has a size, a rate and a share of 3-D Secure of its own."""
    draw = np.random.default_rng(seed)
    payments: list[PlainPayment] = []
    events: list[PlainEvent] = []
    for number in range(5):
        country, scheme = COUNTRIES[draw.integers(7)], ("visa", "mastercard")[draw.integers(2)]
        name, by_3ds, away = f"m{number}", draw.choice([0.05, 0.05, 0.3]), draw.choice([1.0, 0.9])
        for _ in range(int(draw.choice([3_200, 3_200, 9_000]))):
            day = date(2026, 2, 1) + timedelta(int(draw.integers(89)))
            payments.append(
                PlainPayment(name, country, scheme, day, draw.random() < away, draw.random() < by_3ds)
            )
        amount = int(draw.choice([5_000, 150_000, 1_000_000]))
        for _ in range(int(draw.choice([90, 340, 1_100, 4_700]))):
            day = date(2026, 2, 1) + timedelta(int(draw.integers(89)))
            taken = day + timedelta(int(draw.integers(40))) if draw.random() < 0.1 else None
            kind = "notice" if draw.random() < 0.3 else "dispute"
            fraud = kind == "notice" or draw.random() < 0.7
            paid, code = amount + int(draw.integers(99)), str(draw.choice(["EUR", "USD", "GBP"]))
            at_distance = bool(draw.random() < away)
            events.append(PlainEvent(name, country, scheme, kind, fraud, at_distance, day, taken, paid, code))
    return payments, events


def test_the_same_levels_are_reached_as_by_a_plain_recomputation() -> None:
    seen: set[str] = set()
    for seed in range(6):
        payments, events = random_quarter(seed)
        for month in (date(2026, 3, 1), date(2026, 4, 1)):
            expected = reached_levels(payments, events, month.year, month.month)
            for cells in (single(payments), gathered(payments, seed)):
                assert by_meters(cells, columns(events, seed), month) == expected
            seen = seen.union(*expected.values())
    assert seen == {"excessive", "ecm", "hecm", "efm"}, (
        "draws in which a level is not reached show little of it"
    )


def by_meters(cells: SettledCells, rows: ReportRows, month: date) -> dict[tuple[str, str | None], set[str]]:
    number = month_of(month)
    window = MeterWindow(number, first_day(number + 1))
    found: dict[tuple[str, str | None], set[str]] = {}
    for reading in scheme_readings(
        CardActivity(cells, rows, attempts("2026-03", 0, 0)), window, SHIPPED, RATES
    ):
        if reading.reached and reading.subject_kind.value == "merchant":
            found.setdefault((reading.subject, reading.country), set()).add(reading.level)
    return found


def single(payments: list[PlainPayment]) -> SettledCells:
    return settled_cells(
        [
            (p.merchant, "bank", p.country, p.scheme, day(p.settled_on), p.at_distance, p.by_3ds, 1)
            for p in payments
        ]
    )


def gathered(payments: list[PlainPayment], seed: int) -> SettledCells:
    """The same in cells, in another order."""
    sums: dict[PlainPayment, int] = {}
    for payment in payments:
        sums[payment] = sums.get(payment, 0) + 1
    cells = list(sums)
    np.random.default_rng(seed).shuffle(cells)
    return settled_cells(
        [
            (p.merchant, "bank", p.country, p.scheme, day(p.settled_on), p.at_distance, p.by_3ds, sums[p])
            for p in cells
        ]
    )


def columns(events: list[PlainEvent], seed: int) -> ReportRows:
    order = np.random.default_rng(seed).permutation(len(events))
    rows = [events[place] for place in order]
    taken = [NEVER if e.taken_out_on is None else day(e.taken_out_on) * DAY_MS for e in rows]
    kinds = [ReportKind.DISPUTE if e.kind == "dispute" else ReportKind.FRAUD_NOTICE for e in rows]
    out = [Resolution.NONE if e.taken_out_on is None else Resolution.COMPELLING_EVIDENCE for e in rows]
    return ReportRows(
        merchants=texts([e.merchant for e in rows]), acquirers=texts(["bank"] * len(rows)),
        countries=texts([e.country for e in rows]), schemes=texts([e.scheme for e in rows]),
        kinds=np.array(kinds, np.uint8),
        reported_at=np.array([day(e.reported_on) * DAY_MS for e in rows], np.int64),
        fraud=np.array([e.fraud for e in rows]), card_absent=np.array([e.at_distance for e in rows]),
        resolutions=np.array(out, np.uint8), resolved_at=np.array(taken, np.int64),
        amounts=np.array([e.amount for e in rows], np.int64), currencies=texts([e.currency for e in rows]),
    )  # fmt: skip


def day(of_date: date) -> int:
    return (of_date - EPOCH).days
