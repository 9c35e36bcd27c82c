"""Labels that wait until they are known.

Invariants
- A label comes before the first payment of its time or later, and after its own payment.
- Labels due at one place are in order of release, then of arrival.
- Time is the running maximum of the payments' times.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.arrays import Int64s


@dataclass
class PendingLabels:
    """Labels not yet known, in order of release; at most as many as payments fall into the delay."""

    _times: Int64s = field(default_factory=lambda: np.zeros(0, np.int64))
    _labels: list[Any] = field(default_factory=list)

    def due(
        self, running: Int64s, rows: Sequence[int], times: Int64s, labels: Sequence[Any]
    ) -> list[tuple[int, Any]]:
        """Takes in `labels` of these `rows`, known at `times`; gives (row it comes before, label) of all that
        become known within these rows, whose times are `running`. The others stay.
        """
        release = np.concatenate((self._times, times))
        known = [*self._labels, *labels]
        after_own = np.concatenate((np.zeros(len(self._labels), np.int64), np.array(rows, np.int64) + 1))
        place = np.maximum(np.searchsorted(running, release, side="left"), after_own)
        order = np.lexsort((release, place))
        due = order[place[order] < len(running)].tolist()
        late = order[place[order] >= len(running)]
        late = late[np.argsort(release[late], kind="stable")]
        self._times, self._labels = release[late], [known[at] for at in late.tolist()]
        return [(int(place[at]), known[at]) for at in due]

    def rest(self) -> list[Any]:
        """All that were never due, in order of release."""
        rest, self._times, self._labels = self._labels, np.zeros(0, np.int64), []
        return rest
