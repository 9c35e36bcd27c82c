"""Lists of values (blocked BINs, trusted customers) as the log has built them up.

Invariants
- What is on a list for a payment depends only on list changes before it on the log and on the engine time of
  the payment itself: never on when expired entries are swept, and never on which payments are judged
  together. An entry counts while `engine time < expires_at`; the last change of a value wins.
- Changes among the payments of one segment are all applied before any of them is judged: cutting the segment
  at each would leave the engine with batches of one. Each gives its place in the batch, and what it
  overwrote is kept until `settle`; `contains` asks for a payment's place and answers as of there.
- Entries are bounded by `ENTRIES_MAX` in all lists together; a change beyond that is refused (`ListsFull`)
  and becomes a dead letter, it never evicts another entry. What was overwritten is bounded by the records
  of one batch, and the entries of one sweep.
- An entry that expires is noted under the hour in which it does, once: a sweep visits what is due and not
  all that is there.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.messages import ListChange
from models.units import HOUR_MS

ENTRIES_MAX: Final = 2_000_000
"""About 300 MB where all of them expire; a bigger list belongs into a reference table."""


NEVER: Final = 2**63 - 1
ABSENT: Final = -1
"""Expiry of what is not on the list: before any engine time."""

Overwritten = tuple[list[int], list[int]]
"""Places at which one value changed, rising, and its expiry before each."""


class ListsFull(ValueError):  # noqa: N818 - what it is, in plain words
    """No room for another entry; take some off or let them expire."""


class ListMemory:
    """Values on lists, each until it expires.

    >>> lists = ListMemory()
    >>> lists.apply(ListChange("blocked_bins", "411111", expires_at=2000))
    >>> values = np.array(["411111", "411111", None], object)
    >>> lists.contains("blocked_bins", values, np.array([1999, 2000, 1999])).tolist()
    [True, False, False]

    Within a segment, changes and questions name their places:

    >>> lists.apply(ListChange("blocked_bins", "520000"), place=1)
    >>> values = np.array(["520000", "520000"], object)
    >>> lists.contains("blocked_bins", values, np.array([5, 5]), places=np.array([0, 2])).tolist()
    [False, True]
    >>> lists.settle()
    """

    def __init__(self, entries_max: int = ENTRIES_MAX) -> None:
        """`entries_max` bounds the entries of all lists together."""
        self._lists: dict[str, dict[str, int]] = {}
        self._overwritten: dict[str, dict[str, Overwritten]] = {}
        self._due: dict[int, dict[str, set[str]]] = {}
        self._entries = 0
        self._entries_max = entries_max

    def __len__(self) -> int:
        return self._entries

    def apply(self, change: ListChange, place: int | None = None) -> None:
        """Put a value on a list or take it off. Raises `ListsFull`.

        With a `place` (no lower than any before it since `settle`) payments before it still see what was
        there.
        """
        entries = self._lists.setdefault(change.list, {})
        before = entries.get(change.value, ABSENT)
        if change.present and before == ABSENT and self._entries >= self._entries_max:
            raise ListsFull(f"list {change.list!r}: {self._entries_max} entries are the most for all lists")
        if place is not None:
            self._keep(change.list, change.value, place, before)
        self._forget_due(change.list, change.value, before)
        if change.present:
            self._entries += before == ABSENT
            until = NEVER if change.expires_at is None else change.expires_at
            entries[change.value] = until
            self._note_due(change.list, change.value, until)
        elif before != ABSENT:
            self._entries -= 1
            del entries[change.value]

    def contains(
        self,
        name: str,
        values: Sequence[Any],
        times: NDArray[np.int64],
        places: NDArray[np.int64] | None = None,
    ) -> NDArray[np.bool_]:
        """Whether each value (str or None) is on the list at its engine time; an unknown list is empty.

        `places` are those of the payments asked about; without them all changes count.
        """
        entries, overwritten = self._lists.get(name), self._overwritten.get(name)
        if not entries and not overwritten:
            return np.zeros(len(values), np.bool_)
        get = (entries or {}).get
        until = np.fromiter([get(value, ABSENT) for value in values], np.int64, len(values))
        if overwritten and places is not None:
            for row, value in enumerate(values):
                if value in overwritten:
                    until[row] = _as_of(overwritten[value], int(places[row]), int(until[row]))
        return until > times

    def expire(self, now: int, place: int | None = None) -> int:
        """Forget entries expired at engine time `now` (times never go back); returns how many."""
        expired = 0
        for hour in [hour for hour in self._due if hour <= now // HOUR_MS]:
            for name, values in list(self._due[hour].items()):
                entries = self._lists[name]
                gone = [(value, entries[value]) for value in values if entries[value] <= now]
                for value, until in gone:
                    self._forget_due(name, value, until)
                    del entries[value]
                    if place is not None:
                        self._keep(name, value, place, until)
                expired += len(gone)
        self._entries -= expired
        return expired

    def settle(self) -> None:
        """The payments of the segment are judged: what was overwritten among them is forgotten."""
        self._overwritten.clear()

    def to_dict(self) -> dict[str, dict[str, int]]:
        """List -> value -> expiry (`NEVER` when none), sorted: for snapshots and state hashes."""
        return {
            name: dict(sorted(entries.items())) for name, entries in sorted(self._lists.items()) if entries
        }

    @classmethod
    def from_dict(cls, lists: dict[str, dict[str, int]], entries_max: int = ENTRIES_MAX) -> "ListMemory":
        """The inverse of `to_dict`."""
        restored = cls(entries_max)
        restored._lists = {name: dict(entries) for name, entries in lists.items()}
        restored._entries = sum(map(len, lists.values()))
        for name, entries in lists.items():
            for value, until in entries.items():
                restored._note_due(name, value, until)
        return restored

    def _note_due(self, name: str, value: str, until: int) -> None:
        if until != NEVER:
            self._due.setdefault(until // HOUR_MS, {}).setdefault(name, set()).add(value)

    def _forget_due(self, name: str, value: str, until: int) -> None:
        if until in (ABSENT, NEVER):
            return
        names = self._due[until // HOUR_MS]
        names[name].remove(value)
        if not names[name]:
            del names[name]
        if not names:
            del self._due[until // HOUR_MS]

    def _keep(self, name: str, value: str, place: int, before: int) -> None:
        places, befores = self._overwritten.setdefault(name, {}).setdefault(value, ([], []))
        places.append(place)
        befores.append(before)


def _as_of(overwritten: Overwritten, place: int, now: int) -> int:
    """The expiry that a payment at `place` sees: what the first change after it overwrote."""
    places, befores = overwritten
    at = bisect_right(places, place)
    return befores[at] if at < len(places) else now
