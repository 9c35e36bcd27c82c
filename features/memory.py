"""Zeroed words that can grow to any size without being copied.

A state of gigabytes must not pause the engine to double an array. Anonymous private mappings grow by moving page
tables (`mremap`, Linux): about a millisecond a gigabyte. Pages are given by the system when they are first touched,
huge ones where it offers them: half of the cost of a random access is otherwise the page walk. Elsewhere, or while
someone holds a view (a snapshot being written), growing copies.
"""

import mmap
import sys
from contextlib import suppress

import numpy as np

from features.arrays import Int64s

WORD_BYTES = 8


class Words:
    """An int64 array beginning on a page boundary. `array` is replaced by `grow`: hold no view across it.

    >>> words = Words(1000)
    >>> words.array[999] = 5
    >>> words = words.grown(500_000)
    >>> int(words.array[999]), len(words.array)
    (5, 500000)
    """

    def __init__(self, count: int) -> None:
        self._map = _anonymous(count * WORD_BYTES)
        self.array: Int64s = np.frombuffer(self._map, dtype=np.int64, count=count)

    def grown(self, count: int) -> "Words":
        """The same words and zeros behind them; this object is spent."""
        words = len(self.array)
        del self.array
        try:
            self._map.resize(_pages(count * WORD_BYTES))
        except (BufferError, SystemError, OSError, ValueError):
            return self._copied(words, count)
        _advise(self._map)
        self.array = np.frombuffer(self._map, dtype=np.int64, count=count)
        return self

    def _copied(self, words: int, count: int) -> "Words":
        larger = Words(count)
        larger.array[:words] = np.frombuffer(self._map, dtype=np.int64, count=words)
        return larger


def _anonymous(size: int) -> mmap.mmap:
    if sys.platform == "win32":
        return mmap.mmap(-1, _pages(size))
    mapping = mmap.mmap(-1, _pages(size), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    _advise(mapping)
    return mapping


def _advise(mapping: mmap.mmap) -> None:
    """Huge pages are a wish: systems without them refuse, and nothing but speed changes."""
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is not None:
        with suppress(OSError):
            mapping.madvise(advice)


def _pages(size: int) -> int:
    return max(1, -(-size // mmap.PAGESIZE)) * mmap.PAGESIZE
