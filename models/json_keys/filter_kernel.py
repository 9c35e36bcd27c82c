"""A quick look, eight bytes at a time, for `models.json_keys.repetition`: which messages may repeat a key.

Invariants
- A message of valid JSON in which an object has a key twice is always flagged. One without may be: where it
  holds an escape, a blank before a colon, or two keys of an object that end in the same 16 bytes.
- A message, of valid JSON or not, with more than `NESTING_MAX` brackets and braces that open is always
  flagged: no other is nested deeper than that.

How it works: in a word of eight bytes, arithmetic finds those equal to a quote, a colon or a brace; a running
exclusive-or over the quotes tells which of them lie within strings (as in simdjson, Langdale and Lemire
2019). A key is told from others of its object by its last 16 bytes.
"""

from typing import Final

import numpy as np

from models.arrays import Bools, Int64s, UInt64s
from models.json_keys.scan_kernel import seen, slots
from models.kernels import inlined, kernel, mix, population_count, signed
from models.nesting import NESTING_MAX

_ALL: Final = np.uint64(0xFFFFFFFFFFFFFFFF)
_LOW_BITS: Final = np.uint64(0x7F7F7F7F7F7F7F7F)
_BYTE: Final = np.uint64(0xFF)
_ONE_BIT: Final = np.uint64(1)
_SEVEN, _EIGHT, _SIXTEEN, _HALF, _SIGN = (np.uint64(bits) for bits in (7, 8, 16, 32, 63))
_QUOTES: Final = np.uint64(0x2222222222222222)
_COLONS: Final = np.uint64(0x3A3A3A3A3A3A3A3A)
_BACKSLASHES: Final = np.uint64(0x5C5C5C5C5C5C5C5C)
_BRACES: Final = np.uint64(0x7979797979797979)
_WITHOUT_TWO_BITS: Final = np.uint64(0xF9F9F9F9F9F9F9F9)
"""With bits 1 and 2 cleared, both braces are 0x79; so are `y` and 0x7F, which no JSON has outside strings."""
_OPENING: Final = np.uint64(0x5B5B5B5B5B5B5B5B)
_WITHOUT_ONE_BIT: Final = np.uint64(0xDFDFDFDFDFDFDFDF)
"""With bit 5 cleared, what opens an array and what opens an object are both 0x5B, and nothing else is."""
_COLON, _OPEN, _CLOSE, _QUOTE = (np.uint64(ord(character)) for character in ':{}"')


@kernel
def flag_suspects(
    words: UInt64s, offsets: Int64s, table: UInt64s, stamps: Int64s, objects: Int64s, flags: Bools
) -> None:
    """Sets `flags[i]` where message i, bytes `offsets[i]:offsets[i + 1]` of `words`, needs the exact look.

    `words` has two words more than the messages fill, the others are as in `scan_kernel.flag_rows`.
    """
    for row in range(len(flags)):
        flags[row] = _suspect(words, offsets[row], offsets[row + 1], row + 1, table, stamps, objects)


@kernel
def _suspect(
    words: UInt64s, start: int, end: int, stamp: int, table: UInt64s, stamps: Int64s, objects: Int64s
) -> bool:
    mask, depth, number, inside = slots(end - start) - 1, 0, 0, np.uint64(0)
    openings = signed(0)
    objects[0] = 0
    for k in range(start >> 3, (end + 7) >> 3):
        word, ours = words[k], _between(8 * k, start, end)
        if _equal(word, _BACKSLASHES) & ours != 0:
            return True
        openings += population_count(signed(_equal(word & _WITHOUT_ONE_BIT, _OPENING) & ours))
        strings = _running_parity(_equal(word, _QUOTES) & ours) ^ inside
        inside = np.uint64(0) - (strings >> _SIGN)
        structure = (_equal(word, _COLONS) | _equal(word & _WITHOUT_TWO_BITS, _BRACES)) & ours & ~strings
        while structure != 0:
            bit = population_count(signed((structure & (np.uint64(0) - structure)) - _ONE_BIT))
            structure &= structure - _ONE_BIT
            byte = (word >> np.uint64(bit - 7)) & _BYTE
            if byte == _COLON:
                colon = 8 * k + (bit >> 3)
                if colon <= start or _byte(words, colon - 1) != _QUOTE:
                    return True
                if seen(mix(_ending(words, colon - 1), objects[depth]), stamp, mask, table, stamps):
                    return True
            elif byte == _OPEN:
                number += 1
                depth += 1
                objects[depth] = number
            elif byte == _CLOSE and depth > 0:
                depth -= 1
    return openings > NESTING_MAX


@inlined
def _equal(word: np.uint64, pattern: np.uint64) -> np.uint64:
    """The top bit of each byte that equals the pattern's."""
    different = word ^ pattern
    return ~(((different & _LOW_BITS) + _LOW_BITS) | different | _LOW_BITS)


@inlined
def _between(first: int, start: int, end: int) -> np.uint64:
    """All bits of those bytes of the word at byte `first` that belong to a message."""
    ours = _ALL
    if first < start:
        ours = ours << np.uint64(8 * (start - first))
    if first + 8 > end:
        ours = ours & (_ALL >> np.uint64(8 * (first + 8 - end)))
    return ours


@inlined
def _running_parity(quotes: np.uint64) -> np.uint64:
    """All bits of those bytes that an odd number of quotes precedes or is."""
    parity = quotes >> _SEVEN
    parity ^= parity << _EIGHT
    parity ^= parity << _SIXTEEN
    parity ^= parity << _HALF
    whole_bytes: np.uint64 = parity * _BYTE
    return whole_bytes


@inlined
def _byte(words: UInt64s, place: int) -> np.uint64:
    byte: np.uint64 = (words[place >> 3] >> np.uint64(8 * (place & 7))) & _BYTE
    return byte


@inlined
def _before(words: UInt64s, end: int) -> np.uint64:
    """The eight bytes that end before `end`; before the first byte of all there are quotes."""
    first = end - 8
    if first < 0:
        filled = np.uint64(8 * end)
        return _QUOTES if end <= 0 else (words[0] << (np.uint64(64) - filled)) | (_QUOTES >> filled)
    shift = np.uint64(8 * (first & 7))
    eight: np.uint64 = words[first >> 3] >> shift
    if shift != 0:
        eight |= words[(first >> 3) + 1] << (np.uint64(64) - shift)
    return eight


@inlined
def _ending(words: UInt64s, quote: int) -> np.uint64:
    """Stands for the last 16 bytes of the string whose closing quote is at `quote`."""
    last = _before(words, quote)
    opening = _equal(last, _QUOTES)
    if opening != 0:
        return last & ~_up_to_highest(opening)
    earlier = _before(words, quote - 8)
    opening = _equal(earlier, _QUOTES)
    return mix(last, signed(earlier & ~_up_to_highest(opening)))


@inlined
def _up_to_highest(marks: np.uint64) -> np.uint64:
    """All bits of the bytes up to the highest marked one; none where none is marked."""
    marks |= marks >> _EIGHT
    marks |= marks >> _SIXTEEN
    marks |= marks >> _HALF
    whole_bytes: np.uint64 = (marks >> _SEVEN) * _BYTE
    return whole_bytes
