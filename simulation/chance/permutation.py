"""A reversible shuffle of the numbers below 2**48, so that an id looks random and still tells its index.

Method: three rounds of a multiplication by an odd number modulo 2**48 and `x ^= x >> 24`. Each step has an
exact inverse (an odd number is invertible modulo a power of two; the shift by half the width undoes itself).
"""

from typing import Final

import numpy as np

BITS: Final = 48
MASK: Final = (1 << BITS) - 1
_ROUNDS: Final = 3
_NIBBLES: Final = BITS // 4
# Letters only: nothing here can be mistaken for a card number, a time or a word.
_ALPHABET: Final = np.frombuffer(b"bcdfghjklmnpqrst", np.uint8)
_DIGITS: Final = {letter: value for value, letter in enumerate(_ALPHABET.tobytes().decode())}


def spell(values: np.ndarray) -> list[str]:
    """Numbers below 2**48 (uint64) as twelve letters each, the highest four bits first.

    >>> spell(np.array([0, 18], np.uint64))
    ['bbbbbbbbbbbb', 'bbbbbbbbbbcd']
    """
    shifts = np.arange(BITS - 4, -1, -4, dtype=np.uint64)
    nibbles = (values[:, None] >> shifts) & np.uint64(15)
    letters = np.ascontiguousarray(_ALPHABET[nibbles])
    text: list[str] = letters.view(f"S{_NIBBLES}").ravel().astype(f"U{_NIBBLES}").tolist()
    return text


def unspell(text: str) -> int:
    """The number behind twelve letters. Raises ValueError for anything else."""
    if len(text) != _NIBBLES or not set(text) <= _DIGITS.keys():
        raise ValueError(f"{text!r} is not {_NIBBLES} letters of {''.join(_DIGITS)}")
    value = 0
    for letter in text:
        value = value << 4 | _DIGITS[letter]
    return value


class Permutation:
    """The shuffle that belongs to `seed`.

    >>> shuffle = Permutation(7)
    >>> shuffle.invert(int(shuffle.apply(np.array([41], np.uint64))[0]))
    41
    """

    def __init__(self, seed: int) -> None:
        mixed = [(seed * 2 + 1) * odd for odd in (0x9E3779B97F4B, 0xC2B2AE3D27D5, 0x165667B19E37)]
        self._odd = [(value | 1) & MASK for value in mixed]
        self._inverse = [pow(value, -1, 1 << BITS) for value in self._odd]

    def apply(self, indexes: np.ndarray) -> np.ndarray:
        """Shuffled numbers of an array of indexes (uint64, each below 2**48)."""
        values = indexes
        for odd in self._odd:
            values = values * np.uint64(odd) & np.uint64(MASK)
            values = values ^ values >> np.uint64(BITS // 2)
        return values

    def invert(self, value: int) -> int:
        """The index that `apply` turned into `value`."""
        for inverse in reversed(self._inverse):
            value = value ^ value >> BITS // 2
            value = value * inverse & MASK
        return value
