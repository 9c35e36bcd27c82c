"""Figures as people read them. Money is formatted from whole minor units, never by way of a float."""

from collections.abc import Mapping
from typing import Final

from models.meters import MeterCondition, MeterReading
from models.money import EXPONENTS
from models.units import BASIS_POINTS

UNKNOWN: Final = "–"
STATUS_WORDS: Final = {
    "reached": "reached",
    "heading": "will be reached",
    "close": "may be reached",
    "within": "within",
}
"""What a meter's status is called."""


def money(amount: int, currency: str = "EUR") -> str:
    """An amount in minor units.

    >>> money(-1234567), money(5, "JPY"), money(1234, "TND"), money(-7)
    ('-12,345.67 EUR', '5 JPY', '1.234 TND', '-0.07 EUR')
    """
    digits = EXPONENTS.get(currency, 0)
    whole, part = divmod(abs(amount), 10**digits)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole:,}.{part:0{digits}} {currency}" if digits else f"{sign}{whole:,} {currency}"


def gain(amount: int, currency: str = "EUR") -> str:
    """An amount with its sign.

    >>> gain(150), gain(-150), gain(0)
    ('+1.50 EUR', '-1.50 EUR', '0.00 EUR')
    """
    return f"+{money(amount, currency)}" if amount > 0 else money(amount, currency)


def gains(sums: Mapping[str, int]) -> str:
    """Sums of several currencies, side by side: they are never added up.

    >>> gains({"EUR": 5, "USD": -100}), gains({})
    ('+0.05 EUR, -1.00 USD', '0')
    """
    return ", ".join(gain(amount, currency) for currency, amount in sums.items()) or "0"


def percent(basis_points: float | None, digits: int = 2) -> str:
    """A share in basis points, in percent.

    >>> percent(150), percent(None), percent(0.5, 3)
    ('1.50 %', '–', '0.005 %')
    """
    return UNKNOWN if basis_points is None else f"{basis_points / 100:.{digits}f} %"


def share(value: float | None, digits: int = 1) -> str:
    """A share of one, in percent.

    >>> share(0.123), share(None)
    ('12.3 %', '–')
    """
    return UNKNOWN if value is None else f"{100 * value:.{digits}f} %"


def count(value: float | None) -> str:
    """A whole number.

    >>> count(1234567), count(None)
    ('1,234,567', '–')
    """
    return UNKNOWN if value is None else f"{value:,.0f}"


def figure(value: float | None, digits: int = 2) -> str:
    """A number with decimals.

    >>> figure(1.2345), figure(None)
    ('1.23', '–')
    """
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def ages(from_days: int, to_days: int | None) -> str:
    """The ages of a cohort.

    >>> ages(0, 7), ages(120, None)
    ('0 to 6 days', '120 days and older')
    """
    return f"{from_days} days and older" if to_days is None else f"{from_days} to {to_days - 1} days"


def condition(met: MeterCondition) -> str:
    """One condition with both of its numbers; its rate is rounded down, so that it shows the bound only from
    the bound on.

    >>> condition(MeterCondition("rate", 15, 150, over=1_000)), condition(MeterCondition("events", 9, 100))
    ('rate 1.50 % (from 1.50 %)', 'events 9 (from 100)')
    >>> condition(MeterCondition("rate", 14_996, 150, over=1_000_000))
    'rate 1.49 % (from 1.50 %)'
    """
    if met.over is not None:
        name = "3-D Secure" if met.measure == "authenticated" else met.measure
        rate_bp = met.count * BASIS_POINTS // met.over if met.over else None
        return f"{name} {percent(rate_bp)} ({'below' if met.below else 'from'} {percent(met.limit)})"
    if met.currency is not None:
        return f"{met.measure} {money(met.count, met.currency)} (from {money(met.limit, met.currency)})"
    return f"{'payments' if met.measure == 'settled' else met.measure} {met.count:,} (from {met.limit:,})"


def subject(reading: MeterReading) -> str:
    """Whom a reading is of."""
    place = reading.country or "country unknown"
    return f"{reading.subject_kind.value} {reading.subject} ({place})"


def nearness_bp(reading: MeterReading) -> int:
    """How near a level is, basis points: of its conditions the one that is farthest away, since all must
    hold. A bound that is kept from below counts as reached where it holds.
    """
    near = [
        10_000 if each.below and each.holds else 0 if each.below else each.near_bp
        for each in reading.projected
    ]
    return min(near, default=0)
