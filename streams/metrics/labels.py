"""Labels of metrics, each with a bound on the values it can have.

Invariant: a value that a label does not know becomes `other`. So no input, however hostile, makes a series
more than the declaration says: the number of series is known before the first payment.
"""

from dataclasses import dataclass
from typing import Final

OTHER: Final = "other"


@dataclass(frozen=True)
class MetricLabel:
    """A label: a closed set of `values`, or the first `most` different ones that come."""

    name: str
    values: tuple[str, ...] = ()
    most: int = 0
    """Different values before the rest is `other`; only where `values` is empty."""

    @property
    def bound(self) -> int:
        """Values that there can be, `other` included.

        >>> MetricLabel("verdict", ("approve", "decline")).bound, MetricLabel("list", most=20).bound
        (3, 21)
        """
        return (len(self.values) or self.most) + 1


class BoundedValues:
    """The values of one label so far.

    >>> lists = BoundedValues(MetricLabel("list", most=1))
    >>> lists.known("block_card"), lists.known("block_ip"), lists.known("block_card")
    ('block_card', 'other', 'block_card')
    """

    def __init__(self, label: MetricLabel) -> None:
        self._label = label
        self._known = set(label.values)

    def known(self, value: str) -> str:
        """The value itself where it may be a label, else `other`."""
        if value in self._known:
            return value
        if not self._label.values and len(self._known) < self._label.most:
            self._known.add(value)
            return value
        return OTHER
