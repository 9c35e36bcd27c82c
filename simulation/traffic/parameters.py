"""What traffic is made from, and how a payment's id carries it.

An id is `sim<seed>w<world>d<n>c<n>m<n>-<twelve letters>`: shares sent twice, sent again in conflict and
broken, in thousandths; the letters are the payment's index, shuffled by a reversible permutation.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Self

from simulation.payments import SEED_MAX, WorldParameters, checked_seed

PER_DAY: Final = 1_024
"""Payments of a day. So small, since the same 20,480 people should come back within minutes."""

FRAUD: Final = 110
"""Fraudulent attempts, in ten-thousandths."""

FIRST_DAY: Final = 48
"""Day of the world on which traffic begins: every scenario is under way by then."""

DAYS: Final = 8_000
"""Days of one world; then the next world begins."""

_EPOCH_DAY: Final = 20_089
"""Where a world stands in the calendar (2025-01-01). It matters only for its weekends."""

_ID: Final = re.compile(r"sim(\d{1,10})w(\d{1,6})d(\d{1,4})c(\d{1,4})m(\d{1,4})-([a-z]{12})")


@dataclass(frozen=True)
class TrafficParameters:
    """Everything that decides what is paid and how it is sent, but not when."""

    seed: int
    duplicates: int = 0
    """Sent twice, in thousandths of payments."""

    conflicts: int = 0
    """Sent again with another body, in thousandths."""

    malformed: int = 0
    """Sent broken, in thousandths."""

    world: int = 0
    """Which of the worlds of this seed, one after the other."""

    def __post_init__(self) -> None:
        checked_seed(self.seed)
        for name in ("duplicates", "conflicts", "malformed"):
            if not 0 <= getattr(self, name) <= 1_000:
                raise ValueError(f"a share of {name} of {getattr(self, name) / 1000} is not within 0..1")

    @classmethod
    def of_shares(cls, seed: int, duplicates: float, conflicts: float, malformed: float) -> Self:
        """From shares of payments, each kept to a thousandth since the id carries it."""
        return cls(seed, round(duplicates * 1000), round(conflicts * 1000), round(malformed * 1000))

    def of_world(self, number: int) -> Self:
        """The same of another of its worlds."""
        return replace(self, world=number)

    @property
    def prefix(self) -> str:
        """What every id begins with."""
        return f"sim{self.seed}w{self.world}d{self.duplicates}c{self.conflicts}m{self.malformed}-"

    @property
    def people(self) -> WorldParameters:
        """The world that pays."""
        return WorldParameters(self.seed + self.world * (SEED_MAX + 1), _EPOCH_DAY, PER_DAY, FRAUD)


def parsed_id(payment_id: str) -> tuple[TrafficParameters, str]:
    """Parameters and shuffled index of an id. Raises ValueError for other ids."""
    match = _ID.fullmatch(payment_id)
    if match is None:
        raise ValueError(
            f"{payment_id!r} is not the id of a simulated payment (sim<seed>w<n>d<n>c<n>m<n>-<letters>)"
        )
    *numbers, word = match.groups()
    seed, world, duplicates, conflicts, malformed = map(int, numbers)
    return TrafficParameters(seed, duplicates, conflicts, malformed, world), word
