"""What a meter shows: one level of one programme for one subject and month, now and as projected.

Invariants
- A level is reached when all its conditions hold, and never otherwise.
- `events_left` is the smallest number of further events by which it would be reached, the payments being what
  they are: with one event less it would not be.
"""

from msgspec import Struct

from models.meters.condition import MeterCondition
from models.meters.programmes import MeterSubject, ProgrammeLevel
from models.meters.projection import MonthProjection
from models.units import BASIS_POINTS


class MonthTotals(Struct, frozen=True):
    """What a subject's month came to, counted until some moment or projected."""

    events: int
    """What the programme counts."""
    settled: int
    """Payments it is divided by."""
    authenticated: int
    """Payments among those that were authenticated."""
    amounts: dict[str, int]
    """Sum of the events' amounts by currency that a level asks for, minor units."""


class MeterReading(Struct, frozen=True):
    """One level of one programme."""

    programme: str
    """Id of the programme."""
    title: str
    """Its name for people."""
    level: str
    """Name of the level."""
    subject_kind: MeterSubject
    """Merchant or acquirer."""
    subject: str
    """Which one."""
    country: str | None
    """Its country, by which the level was chosen."""
    region: str | None
    """The scheme's region of that country."""
    month: str
    """Such as `2026-04`."""
    estimate: bool
    """The events are our estimate of what only the scheme can count."""
    events: MonthProjection
    """Events so far and at the month's end."""
    settled: MonthProjection
    """Payments so far and at the month's end."""
    conditions: tuple[MeterCondition, ...]
    """By what was counted until now."""
    projected: tuple[MeterCondition, ...]
    """By what the month will come to."""
    projected_high: tuple[MeterCondition, ...]
    """The same with the upper end of the events' range."""
    events_left: int | None
    """Further events until the level is reached; 0 where it is; None where events alone do not reach it."""
    unconverted: int
    """Events without an exchange rate for the level's currency: their amounts are not in the sum."""

    @property
    def reached(self) -> bool:
        """Whether the level is reached already."""
        return holds(self.conditions)

    @property
    def will_reach(self) -> bool:
        """Whether the projected month reaches it."""
        return holds(self.projected)

    @property
    def may_reach(self) -> bool:
        """Whether it is reached at the upper end of what chance does."""
        return holds(self.projected_high)

    @property
    def status(self) -> str:
        """One word: reached, heading (will reach), close (may reach), within."""
        if self.reached:
            return "reached"
        if self.will_reach:
            return "heading"
        return "close" if self.may_reach else "within"


def holds(conditions: tuple[MeterCondition, ...]) -> bool:
    """Whether all of them hold; never for none."""
    return bool(conditions) and all(condition.holds for condition in conditions)


def conditions_of(level: ProgrammeLevel, totals: MonthTotals) -> tuple[MeterCondition, ...]:
    """The conditions of a level, with these totals."""
    built = []
    if level.settled_from is not None:
        built.append(MeterCondition("settled", totals.settled, level.settled_from))
    if level.events_from is not None:
        built.append(MeterCondition("events", totals.events, level.events_from))
    if level.amount_from is not None and level.currency is not None:
        summed = totals.amounts.get(level.currency, 0)
        built.append(MeterCondition("amount", summed, level.amount_from, currency=level.currency))
    if level.rate_from_bp is not None:
        built.append(MeterCondition("rate", totals.events, level.rate_from_bp, over=totals.settled))
    if level.authenticated_below_bp is not None:
        bound = level.authenticated_below_bp
        built.append(
            MeterCondition("authenticated", totals.authenticated, bound, over=totals.settled, below=True)
        )
    return tuple(built)


def events_left(level: ProgrammeLevel, totals: MonthTotals) -> int | None:
    """How many further events would reach the level; see `MeterReading.events_left`."""
    conditions = conditions_of(level, totals)
    if not all(each.holds for each in conditions if each.measure not in ("events", "rate")):
        return None
    by_count = level.events_from or 1
    by_rate = -(-(level.rate_from_bp or 0) * totals.settled // BASIS_POINTS)
    return max(0, by_count - totals.events, by_rate - totals.events)
