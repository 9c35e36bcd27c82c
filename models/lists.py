"""Lists of values (blocked BINs, trusted customers) as the log has built them up.

Invariant: what is on a list for a payment depends only on list changes before it on the log and on the
engine time of the payment itself, never on when expired entries are swept. An entry counts while `engine
time < expires_at`; the last change of a value wins. Entries are bounded by `ENTRIES_MAX` in all lists
together; a change beyond that is refused (`ListsFull`) and becomes a dead letter, it never evicts another
entry.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.control import ListChange

ENTRIES_MAX: Final = 2_000_000
"""About 200 MB; a bigger list belongs into a reference table."""

NEVER: Final = 2**63 - 1


class ListsFull(ValueError):  # noqa: N818 - reads as the field says it
    """No room for another entry; take some off or let them expire."""


class Lists:
    """Values on lists, each until it expires.

    >>> lists = Lists()
    >>> lists.apply(ListChange("blocked_bins", "411111", expires_at=2000))
    >>> values = np.array(["411111", "411111", None], object)
    >>> lists.contains("blocked_bins", values, np.array([1999, 2000, 1999])).tolist()
    [True, False, False]
    """

    def __init__(self, entries_max: int = ENTRIES_MAX) -> None:
        """`entries_max` bounds the entries of all lists together."""
        self._lists: dict[str, dict[str, int]] = {}
        self._entries = 0
        self._entries_max = entries_max

    def __len__(self) -> int:
        return self._entries

    def apply(self, change: ListChange) -> None:
        """Put a value on a list or take it off. Raises `ListsFull`."""
        entries = self._lists.setdefault(change.list, {})
        if not change.present:
            self._entries -= entries.pop(change.value, None) is not None
            return
        if change.value not in entries:
            if self._entries >= self._entries_max:
                raise ListsFull(
                    f"list {change.list!r}: {self._entries_max} entries are the most for all lists"
                )
            self._entries += 1
        entries[change.value] = NEVER if change.expires_at is None else change.expires_at

    def contains(self, name: str, values: Sequence[Any], times: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each value (str or None) is on the list at its engine time; an unknown list is empty."""
        entries = self._lists.get(name)
        if not entries:
            return np.zeros(len(values), np.bool_)
        get = entries.get
        until = np.fromiter((get(value, -1) for value in values), np.int64, len(values))
        return until > times

    def expire(self, now: int) -> int:
        """Forget entries expired at engine time `now` (times never go back); returns how many."""
        expired = 0
        for entries in self._lists.values():
            gone = [value for value, until in entries.items() if until <= now]
            for value in gone:
                del entries[value]
            expired += len(gone)
        self._entries -= expired
        return expired

    def to_dict(self) -> dict[str, dict[str, int]]:
        """List -> value -> expiry (`NEVER` when none), sorted: for snapshots and state hashes."""
        return {
            name: dict(sorted(entries.items())) for name, entries in sorted(self._lists.items()) if entries
        }

    @classmethod
    def from_dict(cls, lists: dict[str, dict[str, int]], entries_max: int = ENTRIES_MAX) -> "Lists":
        """The inverse of `to_dict`."""
        restored = cls(entries_max)
        restored._lists = {name: dict(entries) for name, entries in lists.items()}
        restored._entries = sum(map(len, lists.values()))
        return restored
