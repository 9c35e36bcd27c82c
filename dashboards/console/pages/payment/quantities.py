"""Numbers of features as people say them."""

from typing import Final

from dashboards.fraud_report import money

HOUR_PARTS: Final = ((24 * 365.25, "year"), (24.0, "day"), (1.0, "hour"), (1 / 60, "minute"))


def number_words(value: float) -> str:
    """A number in at most three digits that matter.

    >>> number_words(4), number_words(0.317), number_words(12345), number_words(-2.5)
    ('4', '0.317', '12,345', '-2.5')
    """
    if float(value).is_integer() or abs(value) >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def counted(value: float, singular: str, plural: str) -> str:
    """A number of things.

    >>> counted(1, "payment", "payments"), counted(0, "payment", "payments"), counted(4, "day", "days")
    ('1 payment', 'no payments', '4 days')
    """
    if value == 0:
        return f"no {plural}"
    return f"{number_words(value)} {singular if value == 1 else plural}"


def money_words(cents: float) -> str:
    """EUR cents.

    >>> money_words(1250.4)
    '12.50 EUR'
    """
    return money(round(cents))


def share_words(share: float) -> str:
    """A share of one.

    >>> share_words(0.25), share_words(0)
    ('25 %', 'none')
    """
    return "none" if share == 0 else f"{100 * share:.3g} %"


def duration_words(hours: float) -> str:
    """A length of time in its largest unit.

    >>> duration_words(0.5), duration_words(1), duration_words(96), duration_words(0.001)
    ('30 minutes', '1 hour', '4 days', 'less than a minute')
    """
    for size, unit in HOUR_PARTS:
        number = int(hours / size + 1e-9)
        if number >= 1:
            return f"{number:,} {unit}{'s' if number > 1 else ''}"
    return "less than a minute"


def rate_words(expected: float) -> str:
    """How many of something are usual.

    >>> rate_words(0.3), rate_words(2.04), rate_words(0.001), rate_words(0), rate_words(25)
    ('0.3', '2', 'hardly any', 'none', '25')
    """
    if expected == 0:
        return "none"
    if expected < 0.05:
        return "hardly any"
    return f"{expected:,.1f}".removesuffix(".0") if expected < 10 else f"{expected:,.0f}"
