"""Compiled scanning for `models.json_keys.repetition`: one pass over bytes, no allocation."""

from typing import Final

import numpy as np

from models.arrays import Bools, Bytes, Int64s, UInt64s
from models.kernels import inlined, kernel, mix, signed

PROBES_MAX: Final = 128
"""Slots looked at for one key. Keys chosen to fall into the same slots would make a message slow to read: one
that needs more is flagged. Other keys never come near: at most two of three slots are taken.
"""

_FNV_BASIS: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
_HALF: Final = np.uint64(32)
_QUOTE, _BACKSLASH, _COLON, _OPEN, _CLOSE = ord('"'), ord("\\"), ord(":"), ord("{"), ord("}")
_BLANKS: Final = 1 << 9 | 1 << 10 | 1 << 13 | 1 << 32


def _meanings() -> Bytes:
    meanings = np.arange(256, dtype=np.uint8)
    for letter, character in zip(b"bfnrt", b"\b\f\n\r\t", strict=True):
        meanings[letter] = character
    return meanings


_MEANINGS: Final = _meanings()
r"""What the byte after a backslash stands for: \n is a line feed, \" a quote."""


@kernel
def flag_rows(
    joined: Bytes, offsets: Int64s, table: UInt64s, stamps: Int64s, objects: Int64s, flags: Bools
) -> None:
    """Sets `flags[i]` where an object of message i has a key twice.

    `table` and `stamps` (zeros) hold `slots(n)` places for the longest message, of n bytes; `objects` n + 1.
    """
    for row in range(len(flags)):
        text = joined[offsets[row] : offsets[row + 1]]
        flags[row] = _repeats(text, row + 1, table, stamps, objects)


@kernel
def slots(length: int) -> int:
    """Places for the keys of a message of so many bytes: a power of two. A key takes three bytes at least."""
    count = signed(64)
    while 2 * count < length:
        count *= 2
    return count


@kernel
def _repeats(text: Bytes, stamp: int, table: UInt64s, stamps: Int64s, objects: Int64s) -> bool:
    n, i, depth, number, mask = len(text), 0, 0, 0, slots(len(text)) - 1
    objects[0] = 0
    while i < n:
        byte = text[i]
        i += 1
        if byte == _QUOTE:
            end = _end_of_string(text, i)
            after = end + 1
            while after < n and text[after] <= 32 and (_BLANKS >> signed(text[after])) & 1:
                after += 1
            if after < n and text[after] == _COLON:
                key = mix(_hash(text, i, end), objects[depth])
                if seen(key, stamp, mask, table, stamps):
                    return True
            i = after
        elif byte == _OPEN:
            number += 1
            depth += 1
            objects[depth] = number
        elif byte == _CLOSE and depth > 0:
            depth -= 1
    return False


@inlined
def _end_of_string(text: Bytes, start: int) -> int:
    """Where the closing quote is; at or after the end of the text where there is none."""
    i = start
    while i < len(text) and text[i] != _QUOTE:
        i += 2 if text[i] == _BACKSLASH else 1
    return min(i, len(text))


@inlined
def seen(key: np.uint64, stamp: int, mask: int, table: UInt64s, stamps: Int64s) -> bool:
    """Whether the key is in the table of this message; puts it there where not."""
    slot = signed(key ^ (key >> _HALF)) & mask
    for _ in range(PROBES_MAX):
        if stamps[slot] != stamp:
            stamps[slot] = stamp
            table[slot] = key
            return False
        if table[slot] == key:
            return True
        slot = (slot + 1) & mask
    return True


@kernel
def _hash(text: Bytes, start: int, end: int) -> np.uint64:
    """FNV-1a over the key's UTF-8 as it is meant: escapes count as what they stand for."""
    state, i = _FNV_BASIS, start
    while i < end:
        if text[i] != _BACKSLASH or i + 1 >= end:
            state = (state ^ np.uint64(text[i])) * _FNV_PRIME
            i += 1
        elif text[i + 1] != ord("u"):
            state = (state ^ np.uint64(_MEANINGS[text[i + 1]])) * _FNV_PRIME
            i += 2
        else:
            point, width = _code_point(text, i, end)
            state = _with_utf8(state, point)
            i += width
    return state


@kernel
def _code_point(text: Bytes, i: int, end: int) -> tuple[int, int]:
    r"""The character of a \u escape, of two where they are a surrogate pair, and the bytes it takes."""
    high = _unit(text, i, end)
    low = _unit(text, i + 6, end)
    if 0xD800 <= high < 0xDC00 and 0xDC00 <= low < 0xE000:
        return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 12
    return high, 6


@kernel
def _unit(text: Bytes, i: int, end: int) -> int:
    r"""The number in the \u escape at i; -1 where there is none."""
    if i + 6 > end or text[i] != _BACKSLASH or text[i + 1] != ord("u"):
        return signed(-1)
    value = signed(0)
    for j in range(i + 2, i + 6):
        byte = signed(text[j])
        digit = byte - 48 if byte < 58 else (byte | 32) - 87
        if not 0 <= digit < 16:
            return signed(-1)
        value = value * 16 + digit
    return value


@kernel
def _with_utf8(state: np.uint64, point: int) -> np.uint64:
    """The hash with the bytes that UTF-8 has for a character."""
    if point < 0x80:
        return (state ^ np.uint64(point & 0xFF)) * _FNV_PRIME
    if point < 0x800:
        state = (state ^ np.uint64(0xC0 | point >> 6)) * _FNV_PRIME
    else:
        if point < 0x10000:
            state = (state ^ np.uint64(0xE0 | point >> 12)) * _FNV_PRIME
        else:
            state = (state ^ np.uint64(0xF0 | point >> 18)) * _FNV_PRIME
            state = (state ^ np.uint64(0x80 | point >> 12 & 0x3F)) * _FNV_PRIME
        state = (state ^ np.uint64(0x80 | point >> 6 & 0x3F)) * _FNV_PRIME
    return (state ^ np.uint64(0x80 | point & 0x3F)) * _FNV_PRIME
