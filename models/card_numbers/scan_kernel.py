"""Compiled scanning for `models.card_numbers.detection`: one pass over bytes, no allocation."""

from typing import Any, Final

import numpy as np

from models.arrays import Bools, Bytes, Int64s
from models.kernels import kernel, signed

DIGITS_MIN, DIGITS_MAX = 13, 19
FOUND_MAX: Final = 1_000

SCHEMES: Final = (
    ("Visa", 4000, 4999, (13, 16, 18, 19)),
    ("Mastercard", 5100, 5599, (16,)),
    ("Mastercard", 2221, 2720, (16,)),
    ("American Express", 3400, 3499, (15,)),
    ("American Express", 3700, 3799, (15,)),
    ("Discover", 6011, 6011, (16, 17, 18, 19)),
    ("Discover", 6440, 6599, (16, 17, 18, 19)),
    ("Diners Club", 3000, 3059, (14, 15, 16, 17, 18, 19)),
    ("Diners Club", 3095, 3095, (14, 15, 16, 17, 18, 19)),
    ("Diners Club", 3600, 3699, (14, 15, 16, 17, 18, 19)),
    ("Diners Club", 3800, 3999, (14, 15, 16, 17, 18, 19)),
    ("JCB", 3528, 3589, (16, 17, 18, 19)),
    ("UnionPay", 6200, 6299, (16, 17, 18, 19)),
    ("UnionPay", 8100, 8171, (16, 17, 18, 19)),
    ("Maestro", 5000, 5099, (13, 14, 15, 16, 17, 18, 19)),
    ("Maestro", 5600, 5899, (13, 14, 15, 16, 17, 18, 19)),
    ("Maestro", 6300, 6399, (13, 14, 15, 16, 17, 18, 19)),
    ("Maestro", 6700, 6799, (13, 14, 15, 16, 17, 18, 19)),
)
"""Scheme, first four digits from .. to, lengths: the schemes' published ranges (ISO/IEC 7812 IINs)."""


def _lengths_by_prefix() -> np.ndarray[Any, np.dtype[np.uint8]]:
    lengths = np.zeros(10_000, np.uint8)
    for _, first, last, counts in SCHEMES:
        for count in counts:
            lengths[first : last + 1] |= 1 << (count - DIGITS_MIN)
    return lengths


LENGTHS = _lengths_by_prefix()
"""Bit (length - 13) is set where a number that begins with these four digits may have that length."""

OTHER, DIGIT, SEPARATOR, ATTACHED = 0, 1, 2, 3


def _classes() -> np.ndarray[Any, np.dtype[np.uint8]]:
    classes = np.zeros(256, np.uint8)
    for byte in range(128):
        if chr(byte).isalpha() or byte == ord("_"):
            classes[byte] = ATTACHED
    classes[ord("0") : ord("9") + 1] = DIGIT
    classes[[ord(" "), ord("-")]] = SEPARATOR
    return classes


CLASSES = _classes()
"""What a byte is to the scanner; a letter or underscore next to digits exempts them."""

UUID_DASHES: Final = 1 << 8 | 1 << 13 | 1 << 18 | 1 << 23

_BACKSLASH, _QUOTE, _U = ord("\\"), ord('"'), ord("u")
_FOREIGN = 0x80


@kernel
def fold(text: Bytes, strings_only: bool, plain: Bytes, starts: Int64s) -> int:
    """The text with its JSON escapes resolved; returns its length.

    `plain[k]` is the character that begins at byte `starts[k]`: ASCII as it is, anything else as some foreign
    byte. With `strings_only`, what is outside strings (of valid JSON) becomes foreign.
    """
    n, k, i, inside = len(text), 0, 0, False
    while i < n:
        byte, width = text[i], 1
        if byte == _BACKSLASH and i + 1 < n and (inside or not strings_only):
            byte, width = _escaped(text, i)
        elif byte == _QUOTE:
            inside = not inside
        if strings_only and not inside:
            byte = _FOREIGN
        plain[k] = byte
        starts[k] = i
        k += 1
        i += width
    return k


@kernel
def _escaped(text: Bytes, i: int) -> tuple[np.uint8, int]:
    """The character that an escape at i means, and how many bytes it takes."""
    after = text[i + 1]
    if after != _U:
        # \n and its kind are control characters, \" \\ \/ themselves: none is a digit or letter.
        return np.uint8(_FOREIGN), 2
    if i + 5 >= len(text):
        return np.uint8(_BACKSLASH), 1
    value = 0
    for j in range(i + 2, i + 6):
        digit = _hexadecimal(text[j])
        if digit < 0:
            return np.uint8(_BACKSLASH), 1
        value = value * 16 + digit
    return np.uint8(value if value < 0x80 else _FOREIGN), 6


@kernel
def _hexadecimal(byte: int) -> int:
    if 48 <= byte <= 57:
        return signed(byte) - 48
    lower = byte | 32
    return signed(lower) - 87 if 97 <= lower <= 102 else signed(-1)


@kernel
def scan(text: Bytes, hidden: Bools, spans: Int64s) -> int:
    """Find every card number in `text`: sets `hidden` at the digits to mask, `spans[k]` to its first and
    last place.

    Returns how many are in `spans` (as many as fit). With no room at all in `hidden`, only answers whether
    there is one (1 or 0).
    """
    n, count, probe, done = len(text), 0, DIGITS_MIN - 1, 0
    # Thirteen digits and separators in a row cover every thirteenth byte, so only those are looked at.
    while probe < n:
        if not _in_run(text[probe]):
            probe += DIGITS_MIN
            continue
        start = probe
        while start > done and _in_run(text[start - 1]):
            start -= 1
        end = probe + 1
        while end < n and _in_run(text[end]):
            end += 1
        if end - start >= DIGITS_MIN:
            count = _numbers_between(text, start, end, hidden, spans, count)
            if count > 0 and len(hidden) == 0:
                return 1
        done = end
        probe = end + DIGITS_MIN
    return count


@kernel
def _in_run(byte: int) -> bool:
    return bool(OTHER < CLASSES[byte] < ATTACHED)


@kernel
def _numbers_between(text: Bytes, start: int, end: int, hidden: Bools, spans: Int64s, count: int) -> int:
    """Try every group of digits as a number's first and last, within one run of digits and separators."""
    for first in range(start, end - DIGITS_MIN + 1):
        if CLASSES[text[first]] != DIGIT:
            continue
        if first > 0 and (CLASSES[text[first - 1]] == DIGIT or CLASSES[text[first - 1]] == ATTACHED):
            continue
        count = _numbers_from(text, first, end, hidden, spans, count)
    return count


@kernel
def _numbers_from(text: Bytes, first: int, end: int, hidden: Bools, spans: Int64s, count: int) -> int:
    digits = 0
    prefix = doubled_odd = doubled_even = signed(0)
    for i in range(first, end):
        if CLASSES[text[i]] == SEPARATOR:
            if i + 1 >= end or CLASSES[text[i + 1]] != DIGIT:
                break
            continue
        digit = signed(text[i]) - 48
        twice = 2 * digit - 9 if digit > 4 else 2 * digit
        if digits & 1:
            doubled_odd += twice
            doubled_even += digit
        else:
            doubled_odd += digit
            doubled_even += twice
        if digits < 4:
            prefix = prefix * 10 + digit
        digits += 1
        if digits == 4 and LENGTHS[prefix] == 0:
            break
        if digits > DIGITS_MAX:
            break
        if digits < DIGITS_MIN or not (LENGTHS[prefix] >> (digits - DIGITS_MIN)) & 1:
            continue
        if i + 1 < len(text) and (CLASSES[text[i + 1]] == DIGIT or CLASSES[text[i + 1]] == ATTACHED):
            continue
        luhn = doubled_odd if digits & 1 else doubled_even
        if luhn % 10 == 0 and not _in_uuid(text, first):
            count = _record(text, first, i, digits, hidden, spans, count)
    return count


@kernel
def _record(text: Bytes, first: int, last: int, digits: int, hidden: Bools, spans: Int64s, count: int) -> int:
    if len(hidden) == 0:
        return 1
    if count < len(spans):
        spans[count, 0] = first
        spans[count, 1] = last
        count += 1
    left = digits - 4
    for i in range(first, last + 1):
        if left > 0 and CLASSES[text[i]] == DIGIT:
            hidden[i] = True
            left -= 1
    return count


@kernel
def _in_uuid(text: Bytes, first: int) -> bool:
    """Whether a group of digits that begins at `first` is a group of a canonical UUID."""
    return (
        _is_uuid(text, first)
        or _is_uuid(text, first - 9)
        or _is_uuid(text, first - 14)
        or _is_uuid(text, first - 19)
        or _is_uuid(text, first - 24)
    )


@kernel
def _is_uuid(text: Bytes, start: int) -> bool:
    if start < 0 or start + 36 > len(text):
        return False
    if start > 0 and CLASSES[text[start - 1]] != OTHER:
        return False
    if start + 36 < len(text) and CLASSES[text[start + 36]] != OTHER:
        return False
    for i in range(36):
        byte = text[start + i]
        if UUID_DASHES >> i & 1:
            if byte != 45:
                return False
        elif _hexadecimal(byte) < 0:
            return False
    version, variant = _hexadecimal(text[start + 14]), _hexadecimal(text[start + 19])
    return 1 <= version <= 8 and 8 <= variant <= 11


@kernel
def suspect_rows(joined: Bytes, offsets: Int64s, flags: Bools) -> None:
    """Sets `flags[i]` where message i holds a card number as it is, or escapes that could complete one."""
    nothing, nowhere = np.empty(0, np.bool_), np.empty((0, 2), np.int64)
    for row in range(len(flags)):
        text = joined[offsets[row] : offsets[row + 1]]
        backslashes = 0
        for i in range(len(text)):
            backslashes += text[i] == _BACKSLASH
        flags[row] = (backslashes > 0 and _escapes_matter(text)) or scan(text, nothing, nowhere) > 0


@kernel
def _escapes_matter(text: Bytes) -> bool:
    r"""Escapes of digits or separators (\u002., \u003.), and any right before a digit."""
    for i in range(len(text) - 2):
        if text[i] == _BACKSLASH and (_escapes_a_digit(text, i) or _hides_a_boundary(text, i)):
            return True
    return False


@kernel
def _escapes_a_digit(text: Bytes, i: int) -> bool:
    in_block = i + 5 < len(text) and text[i + 1] == _U and text[i + 2] == 48 and text[i + 3] == 48
    return in_block and 50 <= text[i + 4] <= 51


@kernel
def _hides_a_boundary(text: Bytes, i: int) -> bool:
    after = i + 6 if text[i + 1] == _U else i + 2
    return CLASSES[text[i + 1]] == ATTACHED and after < len(text) and CLASSES[text[after]] == DIGIT
