"""What decisions keep of a trial: one word for each `admission.RECORD`.

A record holds the result of the model that decided, its word the result of the other one, so that a duplicate
can repeat both. Words are kept from the first trial on: an engine without one pays nothing for them, in
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
PRESENT_AT: Final = DECIDED_AT + 1
NO_TRIAL: Final = 0

TrialWords = NDArray[np.uint32]


class TrialOutcome(NamedTuple):
    """What a trial word says."""

    probability: int
    """Of the model that did not decide, micro-units; -1 none."""
    verdict: int
    """What that model would have brought about."""
    challenger_decided: bool


def pack_trial_words(
    probability: NDArray[np.int64], verdict: NDArray[np.uint8], challenger_decided: NDArray[np.bool_]
) -> TrialWords:
    """The words of n payments."""
    words = np.asarray(probability + 1, np.uint32)
    words |= np.asarray(verdict, np.uint32) << np.uint32(VERDICT_AT)
    words |= np.asarray(challenger_decided, np.uint32) << np.uint32(DECIDED_AT)
    words |= np.uint32(1 << PRESENT_AT)
    return words


def unpack_trial_word(word: int) -> TrialOutcome:
    """What a word other than `NO_TRIAL` says.

    >>> unpack_trial_word(int(pack_trial_words(np.array([-1]), np.array([3], np.uint8), np.array([True]))[0]))
    TrialOutcome(probability=-1, verdict=3, challenger_decided=True)
    """
    probability = (word & (1 << PROBABILITY_BITS) - 1) - 1
    return TrialOutcome(probability, word >> VERDICT_AT & 3, bool(word >> DECIDED_AT & 1))


class TrialWordRing:
    """The words of the records, by the records' positions in their ring."""

    def __init__(self, size: int) -> None:
        self._words = np.zeros(size, np.uint32)

    def keep(self, positions: NDArray[np.int64], words: TrialWords | None) -> None:
        """The words of new records; None: no challenger was on trial."""
        self._words[positions] = NO_TRIAL if words is None else words

    def at_positions(self, positions: NDArray[np.int64]) -> TrialWords:
        """The words of these records."""
        return self._words[positions]


def trial_word_hash(sequences: NDArray[np.int64], words: TrialWords) -> int:
    """64 bits over the words of these records; 0 where none was decided during a trial."""
    if not words.any():
        return 0
    present = words != NO_TRIAL
    digest = xxhash.xxh3_64(sequences[present].astype("<i8").tobytes())
    digest.update(words[present].astype("<u4").tobytes())
    return digest.intdigest()
