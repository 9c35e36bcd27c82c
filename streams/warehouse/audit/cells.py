"""Aggregates as arrays, so that millions of cells can be added up and compared in bounded memory.

A cell is one key of an aggregate: start of the minute or hour, and the group (verdict, country, model,
currency). Its measures are six integers; its histograms are counts by bucket. Amounts are kept as two
32-bit halves, since sums of 64-bit amounts do not fit into 64 bits.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

GRAINS_MS: Final = {"minute": 60_000, "hour": 3_600_000}
Array = np.ndarray[Any, Any]
Group = tuple[str, str, str, str]

MEASURES: Final = ("decisions", "duplicates", "amount high", "amount low", "reference high", "reference low")
GROUP_BITS: Final = 24
BUCKET_BITS: Final = 8
LOW: Final = (1 << 32) - 1
HISTOGRAMS: Final = {"score_histogram": 0, "probability_histogram": 64, "latency_histogram": 128}


@dataclass
class GroupNumbers:
    """Numbers for groups, shared by the two sides of a comparison."""

    numbers: dict[Group, int] = field(default_factory=dict)

    def number(self, group: Group) -> int:
        """The group's number. Raises `ValueError` for more groups than a key has room for."""
        known = self.numbers.setdefault(group, len(self.numbers))
        if known >= 1 << GROUP_BITS:
            raise ValueError(f"more than {1 << GROUP_BITS} groups of verdict, country, model and currency")
        return known

    def names(self) -> list[Group]:
        """The groups by number."""
        return list(self.numbers)


class AggregateCells:
    """Sums by key: `measures` by cell, `counts` by cell and histogram bucket."""

    def __init__(self) -> None:
        self.keys = np.empty(0, np.int64)
        self.measures = np.empty((0, len(MEASURES)), np.int64)
        self.count_keys = np.empty(0, np.int64)
        self.counts = np.empty(0, np.int64)

    def add(self, keys: Array, measures: Array) -> None:
        """`keys` (rows,) as made by `cell_keys`; `measures` (rows, 6) in the order of MEASURES."""
        self.keys, self.measures = _summed(self.keys, keys, self.measures, measures)
        self.measures[:, 2:4] = _carried(self.measures[:, 2], self.measures[:, 3])
        self.measures[:, 4:6] = _carried(self.measures[:, 4], self.measures[:, 5])

    def add_counts(self, keys: Array, buckets: Array, histogram: str, counts: Array) -> None:
        """`buckets` are places in the bounds of `histogram` (one more for what has no value)."""
        count_keys = (keys << BUCKET_BITS) | (buckets + HISTOGRAMS[histogram])
        self.count_keys, self.counts = _summed(self.count_keys, count_keys, self.counts, counts)

    def differences(self, other: "AggregateCells", limit: int) -> Iterator[tuple[int, str, int, int]]:
        """(key, measure or histogram bucket, value here, value there) of at most `limit` differing keys."""
        for key, here, there in _differing(self.keys, self.measures, other.keys, other.measures, limit):
            for name, mine, its in zip(MEASURES, here, there, strict=True):
                if mine != its:
                    yield int(key), name, int(mine), int(its)
        for key, here, there in _differing(
            self.count_keys, self.counts[:, None], other.count_keys, other.counts[:, None], limit
        ):
            yield int(key) >> BUCKET_BITS, _bucket_name(int(key)), int(here[0]), int(there[0])


def cell_keys(starts: Array, groups: Array) -> Array:
    """One integer per cell of the start (in minutes or hours since 1970) and the group's number."""
    return (starts.astype(np.int64) << GROUP_BITS) | groups.astype(np.int64)


def split_key(key: int) -> tuple[int, int]:
    """Start and group number of a cell."""
    return key >> GROUP_BITS, key & ((1 << GROUP_BITS) - 1)


def _summed(keys: Array, more_keys: Array, values: Array, more_values: Array) -> tuple[Array, Array]:
    """Both sets of keyed values as one: keys in order, each once, values of equal keys added."""
    all_keys = np.concatenate([keys, more_keys])
    all_values = np.concatenate([values, more_values.astype(np.int64)])
    order = np.argsort(all_keys, kind="stable")
    ordered = all_keys[order]
    if not ordered.size:
        return ordered, all_values
    firsts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[firsts], np.add.reduceat(all_values[order], firsts, axis=0)


def _carried(high: Array, low: Array) -> Array:
    return np.stack([high + (low >> 32), low & LOW], axis=1)


def _differing(
    keys: Array, values: Array, other_keys: Array, other_values: Array, limit: int
) -> Iterator[tuple[int, Array, Array]]:
    """Where two keyed sets differ; a key that is missing stands for zeros."""
    merged_keys, difference = _summed(keys, other_keys, values, -other_values)
    for key in merged_keys[np.any(difference != 0, axis=1)][:limit]:
        yield key, _value_at(keys, values, key), _value_at(other_keys, other_values, key)


def _value_at(keys: Array, values: Array, key: int) -> Array:
    place = int(np.searchsorted(keys, key))
    there = place < keys.size and keys[place] == key
    zero: Array = np.zeros(values.shape[1], np.int64)
    return values[place] if there else zero


def _bucket_name(count_key: int) -> str:
    bucket = count_key & ((1 << BUCKET_BITS) - 1)
    name, first = max((item for item in HISTOGRAMS.items() if item[1] <= bucket), key=lambda item: item[1])
    return f"{name} bucket {bucket - first}"
