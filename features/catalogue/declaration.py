"""What a feature is declared with: entities, families (one measure of one entity over several windows).

Adding a feature is one line in `features.catalogue.families`, or in a file of your own
(`features.catalogue.own_files`).
"""

from dataclasses import dataclass, field
from math import nan

from features.catalogue.measures import Measure, declared_at

LIFETIME = "lifetime"
"""The window that holds everything since the entity was first seen."""
LIFETIME_MS = 0


@dataclass(frozen=True)
class Entity:
    """Something payments have in common: one token of `features.columns.events.TOKENS`, or a pair of them."""

    name: str
    meaning: str
    parts: tuple[str, ...] = ()
    where: str = field(default_factory=declared_at, compare=False, repr=False)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens it is known by; without `parts` the one of its name."""
        return self.parts or (self.name,)


@dataclass(frozen=True)
class Family:
    """One measure of one entity over several windows. `other` is the token counted by a distinct measure.

    `default` is the value when the entity is absent or the measure undefined: unknown (NaN) unless stated.
    """

    entity: str
    measure: Measure
    windows: tuple[str, ...] = (LIFETIME,)
    other: str | None = None
    default: float = nan
    where: str = field(default_factory=declared_at, compare=False, repr=False)


@dataclass(frozen=True)
class Feature:
    """One column of the vector computed from state. `window_ms` is 0 for `lifetime`."""

    name: str
    entity: str
    measure: Measure
    window: str
    window_ms: int
    other: str | None
    unit: str
    meaning: str
    default: float
