"""One condition of a programme's level, with both of its numbers: a verdict that can be checked by hand."""

from typing import Literal

from msgspec import Struct

from models.units import BASIS_POINTS

Measure = Literal["events", "rate", "settled", "amount", "authenticated"]


class MeterCondition(Struct, frozen=True, omit_defaults=True):
    """A count against a bound, or a share against a bound in basis points.

    Exact: shares are compared by their products, never divided. 15 of 1,000 are 150 basis points:

    >>> MeterCondition("rate", 15, 150, over=1_000).holds, MeterCondition("rate", 14, 150, over=1_000).holds
    (True, False)
    >>> MeterCondition("authenticated", 100, 1_000, over=1_000, below=True).holds
    False

    Where nothing was settled, any event at all reaches a rate: a merchant that stopped selling is still
    disputed. A share of nothing is not below anything.
    """

    measure: Measure
    """What is measured."""
    count: int
    """Events, payments, or minor units of `currency`."""
    limit: int
    """The bound: a count, or basis points where `over` is given."""
    over: int | None = None
    """What the count is a share of."""
    below: bool = False
    """It holds below the bound; otherwise from the bound on."""
    currency: str | None = None
    """Of an amount."""

    @property
    def holds(self) -> bool:
        """Whether the bound is reached; for `below`, whether it is not."""
        if self.below:
            return self._reach < self._bound
        return self.count > 0 and self._reach >= self._bound

    @property
    def near_bp(self) -> int:
        """How near the bound, basis points of it, rounded down; what is over a bound is over 10,000."""
        if not self._bound:
            return BASIS_POINTS if self.count else 0
        return self._reach * BASIS_POINTS // self._bound

    @property
    def rate_bp(self) -> float | None:
        """The share in basis points, for people; None for a count, and for a share of nothing."""
        return None if not self.over else self.count * BASIS_POINTS / self.over

    @property
    def _reach(self) -> int:
        return self.count if self.over is None else self.count * BASIS_POINTS

    @property
    def _bound(self) -> int:
        return self.limit if self.over is None else self.limit * self.over
