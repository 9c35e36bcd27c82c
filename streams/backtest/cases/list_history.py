"""Lists as the log changed them: who was on a list when a payment was decided.

A change acts on the payments appended to the log at its own append time or later (controls are read first);
an entry counts while the payment's engine time is before its expiry. What the *new* rules would put on a
list is not in the vectors.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.lists import NEVER
from models.messages import ListChange

ABSENT: Final = -1
Entries = dict[str, tuple[list[int], list[int]]]


@dataclass
class ListHistory:
    """For each list and value: when it changed, and until when it was on the list from then on.

    >>> history = ListHistory.of([(100, ListChange("vip", "c1")), (200, ListChange("vip", "c1", False))])
    >>> values, times = np.array(["c1", "c1", None, "c1"], object), np.array([99, 100, 150, 200])
    >>> history.contains("vip", values, times, times).tolist()
    [False, True, False, False]
    """

    lists: dict[str, Entries] = field(default_factory=dict)

    @classmethod
    def of(cls, changes: Iterable[tuple[int, ListChange]]) -> "ListHistory":
        """From (append time in ms, change), in order of the log."""
        history = cls()
        for appended, change in changes:
            times, until = history.lists.setdefault(change.list, {}).setdefault(change.value, ([], []))
            times.append(appended)
            expires = NEVER if change.expires_at is None else change.expires_at
            until.append(expires if change.present else ABSENT)
        return history

    def contains(
        self,
        name: str,
        values: Sequence[Any] | NDArray[Any],
        received: NDArray[np.int64],
        times: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Whether each value (str or None) was on the list, by append and engine times (ms)."""
        entries = self.lists.get(name)
        present = np.zeros(len(values), np.bool_)
        if not entries:
            return present
        for row, value in enumerate(values):
            known = entries.get(value)
            if known is not None:
                last = bisect_right(known[0], received[row]) - 1
                present[row] = last >= 0 and known[1][last] > times[row]
        return present
