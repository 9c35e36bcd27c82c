"""Small worlds that several tests look at, made once."""

from functools import lru_cache

from simulation.aftermath.potential_outcomes import PotentialOutcomes
from simulation.payments.columns import PaymentColumns, joined
from simulation.world.world import World

START = 1_735_689_600_000
"""2025-01-01."""

DAYS = 250


@lru_cache(maxsize=4)
def world(seed: int = 7, per_day: int = 400, fraud: float = 0.011) -> World:
    """A world of 250 days."""
    return World(seed, START, per_day=per_day, days=DAYS, fraud=fraud)


@lru_cache(maxsize=4)
def month(first: int, fraud: float = 0.011, days: int = 30, per_day: int = 400) -> PaymentColumns:
    """Payments of consecutive days."""
    of = world(fraud=fraud, per_day=per_day)
    return joined([of.columns(day) for day in range(first, first + days)])


@lru_cache(maxsize=4)
def potential_outcomes(
    first: int, fraud: float = 0.011, days: int = 30, per_day: int = 400
) -> PotentialOutcomes:
    """What would become of them."""
    return world(fraud=fraud, per_day=per_day).potential_outcomes(month(first, fraud, days, per_day))
