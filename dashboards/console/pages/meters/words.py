"""What a meter says in words: how near, how long, and what to do about it."""

from dataclasses import dataclass
from typing import Final

from dashboards.fraud_report import condition, money, nearness_bp, percent
from models.meters import MeterCondition, MeterReading, TraReading
from models.units import BASIS_POINTS

TONES: Final = {"reached": "bad", "heading": "bad", "close": "warning", "within": "good"}
STATUS: Final = {
    "reached": "Reached",
    "heading": "Will be reached",
    "close": "May be reached",
    "within": "Within",
}
SHOWN_BP: Final = 15_000
"""How far bars go: half as much again as the level."""
COUNTED: Final = {
    "visa_vamp_merchant": (
        "Each fraud notice and each dispute counts, so a dispute that was also reported as fraud counts "
        "twice. What is resolved before it becomes a dispute, or qualifies for Compelling Evidence 3.0, does "
        "not count where that happens within the same month: answer inquiries first."
    ),
    "visa_vamp_acquirer": (
        "All merchants of the acquirer count together: begin with those that have most events."
    ),
    "visa_vamp_enumeration": (
        "Attempts that try cards rather than pay count whether or not they were approved: find the run (many "
        "cards of one BIN or device), and decline it before authorisation by a rule."
    ),
    "mastercard_ecp": (
        "First chargebacks are divided by the sales of the month before, so the rate is known early: what is "
        "declined today lowers the months to come, not this one."
    ),
    "mastercard_efm": (
        "All of its conditions must hold: a larger share of payments that were authenticated by 3-D Secure "
        "keeps a merchant out of it."
    ),
}
"""What counts, and what lowers it, by programme."""


@dataclass(frozen=True)
class Bar:
    """One condition: its words, and how far now and at the month's end, in percent of the level (at most
    150).
    """

    text: str
    now: float
    then: float
    is_reached: bool


def bars(reading: MeterReading) -> list[Bar]:
    """The conditions of a level, which must all hold."""
    return [
        Bar(condition(now), _width(now), _width(then), now.holds)
        for now, then in zip(reading.conditions, reading.projected, strict=True)
    ]


def nearest_first(readings: tuple[MeterReading, ...]) -> list[MeterReading]:
    """By how near they will be at the month's end."""
    return sorted(readings, key=nearness_bp, reverse=True)


def advice(reading: MeterReading, days_left: int) -> str:
    """What to do about a meter; nothing while it is within its level."""
    if reading.status == "within":
        return ""
    counted = COUNTED.get(reading.programme, "")
    when = "this month" if days_left <= 0 else f"in the {days_left} days that are left"
    begin = {
        "reached": "The level is reached: tell the acquirer now, with what is being done.",
        "heading": f"The level will be reached {when} if nothing changes.",
        "close": f"Chance alone can bring the level {when}.",
    }[reading.status]
    return f"{begin} {counted}".strip()


def exemption_advice(reading: TraReading) -> str:
    """What to do about the exemption for transaction risk."""
    if reading.must_cease:
        amounts = ", ".join(money(each, reading.currency) for each in reading.must_cease)
        return (
            "The reference rate was exceeded two quarters running: the exemption may no longer be used up "
            f"to {amounts}. Publish a lower band, and tell the competent authority."
        )
    if not reading.threshold:
        return (
            "The rate allows no threshold now: payments that use the exemption make the next quarter worse."
        )
    if reading.projected_threshold < reading.threshold:
        then = money(reading.projected_threshold, reading.currency)
        return (
            f"By the quarter's end the rate will allow {then} only: ask for authentication of the riskier "
            "payments."
        )
    return f"The rate allows the exemption up to {money(reading.threshold, reading.currency)}."


def rate_words(reading: TraReading) -> str:
    """The rate by value."""
    return percent(reading.rate_bp, 4)


def _width(met: MeterCondition) -> float:
    if met.below:  # it is kept from below: whether it holds is all there is to draw
        return BASIS_POINTS / 100 if met.holds else 0.0
    return min(met.near_bp, SHOWN_BP) / 100
