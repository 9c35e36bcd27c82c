"""What decisions keep of a trial: one word a record, beside `admission.RECORD`.

A record says what the model found that decided; its word says what the other one did, so that a duplicate can
repeat both. Words are kept from the first trial on only: an engine without one pays nothing for them, in
memory, snapshots and hash.

A word, lowest bit first: probability + 1 of the model that did not decide (21 bits; 0 none), the verdict it
would have brought about (2), whether the challenger decided (1), and a 1 that tells it from no trial.
"""

from typing import Final, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

PROBABILITY_BITS: Final = 21
VERDICT_AT: Final = PROBABILITY_BITS
DECIDED_AT: Final = VERDICT_AT + 2
THERE_AT: Final = DECIDED_AT + 1
NO_TRIAL: Final = 0

Words = NDArray[np.uint32]


class Other(NamedTuple):
    """What a word says; `probability` in micro-units, -1 none."""

    probability: int
    verdict: int
    challenger_decided: bool


def packed(
    probability: NDArray[np.int64], verdict: NDArray[np.uint8], challenger_decided: NDArray[np.bool_]
) -> Words:
    """The words of n payments."""
    words = np.asarray(probability + 1, np.uint32)
    words |= np.asarray(verdict, np.uint32) << np.uint32(VERDICT_AT)
    words |= np.asarray(challenger_decided, np.uint32) << np.uint32(DECIDED_AT)
    words |= np.uint32(1 << THERE_AT)
    return words


def unpacked(word: int) -> Other:
    """What a word other than `NO_TRIAL` says.

    >>> unpacked(int(packed(np.array([-1]), np.array([3], np.uint8), np.array([True]))[0]))
    Other(probability=-1, verdict=3, challenger_decided=True)
    """
    probability = (word & (1 << PROBABILITY_BITS) - 1) - 1
    return Other(probability, word >> VERDICT_AT & 3, bool(word >> DECIDED_AT & 1))


class Tried:
    """The words by the records' places in the ring."""

    def __init__(self) -> None:
        self._words: Words | None = None

    def keep(self, places: NDArray[np.int64], size: int, words: Words | None) -> None:
        """The words of new records in a ring of that size; None: no challenger was on trial."""
        if self._words is None and words is not None:
            self._words = np.zeros(size, np.uint32)
        if self._words is not None:
            self._words[places] = NO_TRIAL if words is None else words

    def of(self, places: NDArray[np.int64]) -> Words | None:
        """The words of records; None before the first trial."""
        return None if self._words is None else self._words[places]

    def move(self, places: NDArray[np.int64], size: int, words: Words | None) -> None:
        """A new ring of that size holds these words there."""
        self._words = None
        if words is not None and words.any():
            self.keep(places, size, words)


def logical_hash(sequences: NDArray[np.int64], words: Words | None) -> int:
    """64 bits over the words of these records; 0 where there are none."""
    if words is None or not words.any():
        return 0
    there = words != NO_TRIAL
    digest = xxhash.xxh3_64(sequences[there].astype("<i8").tobytes())
    digest.update(words[there].astype("<u4").tobytes())
    return digest.intdigest()
