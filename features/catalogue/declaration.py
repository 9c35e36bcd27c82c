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
    """One measure of one entity over several windows."""

    entity: str
    measure: Measure
    windows: tuple[str, ...] = (LIFETIME,)
    other: str | None = None
    """The token counted by a distinct measure."""
    default: float = nan
    """The value when the entity is absent or the measure undefined."""
    where: str = field(default_factory=declared_at, compare=False, repr=False)
    """File and line of the declaration."""


@dataclass(frozen=True)
class Feature:
    """One column of the vector computed from state."""

    name: str
    entity: str
    measure: Measure
    window: str
    window_ms: int
    """0 for `lifetime`."""
    other: str | None
    unit: str
    meaning: str
    default: float
