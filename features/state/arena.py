"""Zeroed words that grow in place, so that a state of gigabytes never pauses the engine to be copied.

Address space is reserved for the largest size at once (or half of it, and so on, where a system refuses);
pages come when they are first touched, huge ones where the system offers them: the page walk was otherwise
half of a random access. Moving a mapping to grow it breaks huge pages up again. Beyond the reservation
growing copies.
"""

import mmap
import platform
import sys
from contextlib import suppress

import numpy as np

from models.arrays import Int64s

WORD_BYTES = 8
_NO_RESERVE = 0x4000 if sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"} else 0
"""MAP_NORESERVE, which Python 3.11 does not name: more address space than memory may be reserved."""


class GrowableWords:
    """The first `count` of `reserved` zeroed int64 words, beginning on a page boundary.

    >>> words = GrowableWords(1000, reserved=10**9)
    >>> words.array[999] = 5
    >>> words.grow(500_000)
    >>> int(words.array[999]), len(words.array)
    (5, 500000)
    """

    def __init__(self, count: int, *, reserved: int) -> None:
        self._all = _reserve(count, max(count, reserved))
        self.array: Int64s = self._all[:count]

    def grow(self, count: int) -> None:
        """Make `array` longer; earlier views stay valid, but see later writes only where nothing was
        copied."""
        if count > len(self._all):
            larger = _mapped(count)
            larger[: len(self.array)] = self.array
            self._all = larger
        self.array = self._all[:count]


def _reserve(count: int, wanted: int) -> Int64s:
    """Zeroed words: `wanted` of them, or as many as the system lets us reserve, at least `count`."""
    while wanted > count:
        with suppress(OSError, OverflowError, ValueError):
            return _mapped(wanted)
        wanted //= 2
    return _mapped(count)


def _mapped(count: int) -> Int64s:
    size = max(1, -(-count * WORD_BYTES // mmap.PAGESIZE)) * mmap.PAGESIZE
    mapping = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE)
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is not None:
        with suppress(OSError):
            mapping.madvise(advice)
    return np.frombuffer(mapping, dtype=np.int64, count=count)
