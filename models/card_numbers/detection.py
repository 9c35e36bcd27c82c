"""Card numbers that should never have entered a topic: found in raw messages, refused, and masked before a
trace.

What counts: 13 to 19 ASCII digits, single spaces or dashes allowed between them, that begin like a known
scheme's number of that length (`SCHEMES`) and pass the Luhn check (ISO/IEC 7812-1). JSON escapes count as
what they stand for.

Exempt, so that tokens and ids may be made of digits (declare other formats here):

* digits attached to an ASCII letter, digit or underscore: `tok_4111111111111111`, runs of 20 digits and more;
* canonical UUIDs (8-4-4-4-12 hexadecimal digits with RFC 9562's version and variant).

`find` looks at the strings of a message, keys included: in valid JSON a number without quotes is a time or
an amount. In what is not valid JSON the two cannot be told apart, and everything counts. `mask` hides digits
anywhere: what is stored must not hold a card number, while no time in milliseconds (1...) begins like one.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.card_numbers.scan_kernel import FOUND_MAX, fold, scan, suspect_rows
from models.nesting import too_deep_at

ROUNDS_MAX: Final = 8
"""Masking is repeated while it uncovers digits that read as another number; then every digit goes."""

Range = tuple[int, int]


def suspects(joined: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of n messages need `find`; never misses one that `find` finds.

    `joined` holds the messages back to back, message i at `offsets[i]:offsets[i + 1]` (n + 1 offsets).
    """
    flags = np.zeros(len(offsets) - 1, np.bool_)
    suspect_rows(joined, offsets, flags)
    return flags


def find(raw: bytes) -> list[Range]:
    """Byte ranges of card numbers in the strings of a JSON message, of the first thousand.

    >>> find(b'{"note": "4111 1111 1111 1111", "token": "tok_4111111111111111", "at": 4111111111111111}')
    [(10, 29)]
    """
    return _ranges(raw, strings_only=_is_json(raw))[1]


def mask(raw: bytes) -> bytes:
    r"""The message with all but the last four digits of every card number replaced by `*`.

    >>> mask(b'{"note": "4111-1111-1111-1111, \\u0034111111111111111", "at": 1760000000000}')
    b'{"note": "****-****-****-1111, ************1111", "at": 1760000000000}'
    """
    for _ in range(ROUNDS_MAX):
        masked = _masked_once(raw)
        if masked == raw:
            return raw
        raw = masked
    return raw.translate(bytes.maketrans(b"0123456789", b"*" * 10))


def warm() -> None:
    """Compile the kernels (or load them from the cache) before the first payment."""
    suspects(np.zeros(1, np.uint8), np.array([0, 1]))
    find(b"{}")


def _is_json(raw: bytes) -> bool:
    if too_deep_at(raw) is not None:
        return False
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _ranges(raw: bytes, strings_only: bool) -> tuple[NDArray[np.int64], list[Range]]:
    """Byte ranges of the digits to hide, and of whole numbers."""
    text = np.frombuffer(raw, np.uint8)
    plain, starts = np.empty(len(text), np.uint8), np.empty(len(text) + 1, np.int64)
    length = fold(text, strings_only, plain, starts)
    hidden = np.zeros(length, np.bool_)
    spans = np.empty((FOUND_MAX, 2), np.int64)
    count = scan(plain[:length], hidden, spans)
    numbers = [
        (int(starts[first]), int(starts[last] + _width(raw, int(starts[last]))))
        for first, last in spans[:count]
    ]
    return starts[:length][hidden], numbers


def _width(raw: bytes, place: int) -> int:
    return 6 if raw[place : place + 1] == b"\\" else 1


def _masked_once(raw: bytes) -> bytes:
    digits, _ = _ranges(raw, strings_only=False)
    pieces, end = [], 0
    for at in digits.tolist():
        pieces += [raw[end:at], b"*"]
        end = at + _width(raw, at)
    return b"".join([*pieces, raw[end:]])
