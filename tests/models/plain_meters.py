"""Scheme meters once more, as somebody would write them who read the schemes' pages: one payment and event at
a time, dates as dates, shares as fractions. Shares nothing with `models.meters`.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

USD_FOR_A_EURO: Final = {"EUR": Fraction(1), "USD": Fraction(110, 100), "GBP": Fraction(80, 100)}
EUROPE: Final = ("FR", "GB", "DE")


@dataclass(frozen=True)
class PlainPayment:
    """A settled card payment."""

    merchant: str
    country: str
    scheme: str
    settled_on: date
    at_distance: bool
    by_3ds: bool


@dataclass(frozen=True)
class PlainEvent:
    """A fraud notice or a first chargeback."""

    merchant: str
    country: str
    scheme: str
    kind: str
    fraud: bool
    at_distance: bool
    reported_on: date
    taken_out_on: date | None
    amount: int
    currency: str


def reached_levels(
    payments: list[PlainPayment], events: list[PlainEvent], year: int, month: int
) -> dict[tuple[str, str], set[str]]:
    """Levels reached by (merchant, country) in a month that is over, of merchants with an event."""
    who = {(event.merchant, event.country) for event in events}
    levels = {one: _merchant_levels(one, payments, events, year, month) for one in who}
    return {one: reached for one, reached in levels.items() if reached}


def _merchant_levels(
    who: tuple[str, str], payments: list[PlainPayment], events: list[PlainEvent], year: int, month: int
) -> set[str]:
    mine = [payment for payment in payments if (payment.merchant, payment.country) == who]
    theirs = [event for event in events if (event.merchant, event.country) == who]
    country = who[1]
    return _visa(mine, theirs, country, year, month) | _mastercard(mine, theirs, country, year, month)


def _visa(
    payments: list[PlainPayment], events: list[PlainEvent], country: str, year: int, month: int
) -> set[str]:
    sold = [p for p in payments if p.scheme == "visa" and p.at_distance and _in(p.settled_on, year, month)]
    counted = [
        event
        for event in events
        if event.scheme == "visa" and event.at_distance and _in(event.reported_on, year, month)
        and not (event.taken_out_on is not None and event.taken_out_on < _next(year, month))
    ]  # fmt: skip
    if not counted:
        return set()
    rate = Fraction(len(counted), len(sold)) if sold else Fraction(1)
    bound = (
        Fraction(22, 1000)
        if date(year, month, 1) < date(2026, 4, 1) and country != "BR"
        else Fraction(15, 1000)
    )
    least = 1500
    if country == "AE":
        bound, least = Fraction(22, 1000), 100
        if sum(_usd(event) for event in counted) < 75_000_00:
            return set()
    return {"excessive"} if len(counted) >= least and rate >= bound else set()


def _mastercard(
    payments: list[PlainPayment], events: list[PlainEvent], country: str, year: int, month: int
) -> set[str]:
    before = (year - 1, 12) if month == 1 else (year, month - 1)
    sold = [p for p in payments if p.scheme == "mastercard" and _in(p.settled_on, *before)]
    charged = [
        event
        for event in events
        if event.scheme == "mastercard" and event.kind == "dispute" and _in(event.reported_on, year, month)
    ]
    levels = set()
    rate = Fraction(len(charged), len(sold)) if sold else Fraction(1)
    if len(charged) >= 100 and rate >= Fraction(15, 1000):
        levels.add("ecm")
    if len(charged) >= 300 and rate >= Fraction(3, 100):
        levels.add("hecm")
    online = [payment for payment in sold if payment.at_distance]
    frauds = [event for event in charged if event.fraud and event.at_distance]
    if country != "DE" and len(online) >= 1000 and frauds and _efm(online, frauds, country):
        levels.add("efm")
    return levels


def _efm(online: list[PlainPayment], frauds: list[PlainEvent], country: str) -> bool:
    share_3ds = Fraction(sum(payment.by_3ds for payment in online), len(online))
    rate = Fraction(len(frauds), len(online))
    if country == "AU":
        return (
            sum(map(_usd, frauds)) >= 15_000_00 and rate >= Fraction(2, 1000) and share_3ds < Fraction(1, 10)
        )
    if country in EUROPE:
        euro = sum(_half_up(event.amount / USD_FOR_A_EURO[event.currency]) for event in frauds)
        return euro >= 50_000_00 and rate >= Fraction(5, 1000) and share_3ds < Fraction(1, 2)
    return sum(map(_usd, frauds)) >= 50_000_00 and rate >= Fraction(5, 1000) and share_3ds < Fraction(1, 10)


def _usd(event: PlainEvent) -> int:
    return _half_up(event.amount / USD_FOR_A_EURO[event.currency] * USD_FOR_A_EURO["USD"])


def _half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def _in(day: date, year: int, month: int) -> bool:
    return (day.year, day.month) == (year, month)


def _next(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)
