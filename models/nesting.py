"""How deep JSON may be nested: a bound of ours, since that of a reader depends on who calls it.

Invariant: a pure function of the bytes. Python's readers stop where the process's stack ends: the same
message would be read by one caller and refused by another, a few calls deeper.
"""

import re
from typing import Final

NESTING_MAX: Final = 128
"""Levels of arrays and objects. Every reader takes that many."""
_MARKS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
"""Strings, of which the last may be cut short, and what opens and closes a level."""


def too_deep_at(text: bytes) -> int | None:
    """The place of the bracket that opens one level too many; None where there is none.

    >>> too_deep_at(b'{"a": "[[["}'), too_deep_at(b"[" * NESTING_MAX + b"{}")
    (None, 128)
    """
    if text.count(b"[") + text.count(b"{") <= NESTING_MAX:
        return None
    depth = 0
    for mark in _MARKS.finditer(text):
        match mark[0]:
            case b"[" | b"{":
                depth += 1
                if depth > NESTING_MAX:
                    return mark.start()
            case b"]" | b"}":
                depth = max(0, depth - 1)
    return None
