"""Figures as people read them. Money is formatted from whole minor units; times are UTC."""

import math
from datetime import UTC, date, datetime
from typing import Final

from models.money import EXPONENTS

UNKNOWN: Final = "–"
KNOWN_MIN: Final = 30
"""Payments of known truth below which no share is shown: of fewer, one in two may be off by 18 points."""


def amount_text(amount: int | None, currency: str = "EUR") -> str:
    """An amount in minor units, without its currency.

    >>> amount_text(-1234567), amount_text(5, "JPY"), amount_text(1234, "TND"), amount_text(None)
    ('−12,345.67', '5', '1.234', '–')
    """
    if amount is None:
        return UNKNOWN
    digits = EXPONENTS.get(currency, 0)
    whole, part = divmod(abs(int(amount)), 10**digits)
    sign = "−" if amount < 0 else ""
    return f"{sign}{whole:,}.{part:0{digits}}" if digits else f"{sign}{whole:,}"


def count_text(value: float | None) -> str:
    """A whole number.

    >>> count_text(1234567), count_text(None)
    ('1,234,567', '–')
    """
    return UNKNOWN if value is None else f"{value:,.0f}"


def counted_text(value: float | None, noun: str, plural: str = "") -> str:
    """A whole number and what is counted, in the right number.

    >>> counted_text(1, "payment"), counted_text(1234, "payment"), counted_text(0, "entry", "entries")
    ('1 payment', '1,234 payments', '0 entries')
    """
    return f"{count_text(value)} {noun if value == 1 else plural or noun + 's'}"


def short_text(value: float | None) -> str:
    """A large number in few characters.

    >>> short_text(950), short_text(12_345), short_text(2_500_000), short_text(None)
    ('950', '12.3k', '2.5M', '–')
    """
    if value is None:
        return UNKNOWN
    for limit, unit in ((1e9, "B"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return f"{value / min(limit, 1e3 if unit == 'k' else limit):.1f}{unit}"
    return f"{value:,.0f}"


def share_text(value: float | None, digits: int = 1) -> str:
    """A share of one, in percent.

    >>> share_text(0.123), share_text(None)
    ('12.3 %', '–')
    """
    return UNKNOWN if value is None or math.isnan(value) else f"{100 * value:.{digits}f} %"


def rate_text(value: float | None, known: float | None, digits: int = 1) -> str:
    """A share of payments whose truth is known; where too few are, that instead of a percentage.

    >>> rate_text(0.5, 165), rate_text(1.0, 3), rate_text(None, 0)
    ('50.0 %', 'too few known', 'none known')
    """
    if value is None or not known:
        return "none known"
    return share_text(value, digits) if known >= KNOWN_MIN else "too few known"


def sentence_text(text: str) -> str:
    """A message as a sentence.

    >>> sentence_text("try again in 5 min"), sentence_text("Done."), sentence_text("")
    ('Try again in 5 min.', 'Done.', '')
    """
    closed = text if text.endswith((".", "?", "!")) or not text else f"{text}."
    return closed[:1].upper() + closed[1:]


def groups_text(secret: str) -> str:
    """A long text in groups of four, for whoever types it.

    >>> groups_text("ABCDEFGHIJ")
    'ABCD EFGH IJ'
    """
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def moment_of(value: "datetime | date | int | None") -> datetime | None:
    """A time of the warehouse (without a zone it is UTC), or milliseconds since 1970, as a time in UTC.

    >>> moment_of(0)
    datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    if value is None:
        return None
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC)
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def time_text(value: "datetime | date | int | None", until: str = "second") -> str:
    """A time in UTC, cut at the day, the minute or the second.

    >>> time_text(datetime(2026, 6, 1, 9, 5, 7)), time_text(None), time_text(0, "minute"), time_text(0, "day")
    ('2026-06-01 09:05:07', '–', '1970-01-01 00:00', '1970-01-01')
    """
    moment = moment_of(value)
    if moment is None:
        return UNKNOWN
    return moment.strftime({"day": "%Y-%m-%d", "minute": "%Y-%m-%d %H:%M"}.get(until, "%Y-%m-%d %H:%M:%S"))


def machine_time(value: "datetime | date | int | None") -> str:
    """A time as `<time datetime>` takes it.

    >>> machine_time(0)
    '1970-01-01T00:00:00.000Z'
    """
    moment = moment_of(value)
    return (
        "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
    )


def ago_text(value: "datetime | date | int | None", now: datetime) -> str:
    """How long ago, in one unit.

    >>> ago_text(datetime(2026, 6, 1), datetime(2026, 6, 1, 0, 3, tzinfo=UTC))
    '3 min ago'
    """
    moment = moment_of(value)
    if moment is None:
        return UNKNOWN
    seconds = int((now - moment).total_seconds())
    if seconds < 0:
        return f"in {duration_text(-seconds)}"
    return "just now" if seconds < 5 else f"{duration_text(seconds)} ago"


def duration_text(seconds: float) -> str:
    """A duration in its largest unit.

    >>> duration_text(42), duration_text(3_700), duration_text(200_000)
    ('42 s', '1 h', '2 d')
    """
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
