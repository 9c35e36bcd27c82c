"""Zeroed words that grow in place, so that a state of gigabytes never pauses the engine to be copied.

Address space is reserved for the largest size at once; the system gives pages only where they are touched,
huge ones where it offers them (otherwise half of a random access is the page walk: 1.55 against 0.9 us a
payment when it was measured; moving the mapping to grow it breaks huge pages up again). Where a reservation
is refused, growing copies.
"""

import mmap
from contextlib import suppress

import numpy as np

from features.arrays import Int64s

WORD_BYTES = 8


class Words:
    """The first `count` of `reserved` zeroed int64 words, beginning on a page boundary.

    >>> words = Words(1000, reserved=10**9)
    >>> words.array[999] = 5
    >>> words.grow(500_000)
    >>> int(words.array[999]), len(words.array)
    (5, 500000)
    """

    def __init__(self, count: int, *, reserved: int) -> None:
        try:
            self._all = _reserve(max(count, reserved))
        except (OSError, OverflowError, ValueError):
            self._all = np.zeros(count, dtype=np.int64)
        self.array: Int64s = self._all[:count]

    def grow(self, count: int) -> None:
        """Make `array` longer; earlier views stay valid, but see later writes only where nothing was
        copied."""
        if count > len(self._all):
            larger = np.zeros(count, dtype=np.int64)
            larger[: len(self.array)] = self.array
            self._all = larger
        self.array = self._all[:count]


def _reserve(count: int) -> Int64s:
    size = -(-count * WORD_BYTES // mmap.PAGESIZE) * mmap.PAGESIZE
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
    mapping = mmap.mmap(-1, size, flags=flags)
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is not None:
        with suppress(OSError):
            mapping.madvise(advice)
    return np.frombuffer(mapping, dtype=np.int64, count=count)
