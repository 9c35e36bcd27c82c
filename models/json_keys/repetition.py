"""JSON objects that have a key twice: found in raw messages, which are then refused.

JSON leaves open which of the two values counts (RFC 8259, section 4), so two readers of one message may see
two amounts: what a gateway checked is then not what the engine decides. Keys count as what they stand for,
whatever their escapes.

Invariants
- `suspects` never misses a message of valid JSON in which `has_repeated_key` finds one, nor a message of any
  bytes that is nested too deep (`models.nesting.too_deep_at`).
- What is found in a message depends on that message alone, never on others read with it. One without two
  equal keys in one object is flagged only where two of its keys have the same 64-bit hash, or were chosen to
  fall into the same slots (`PROBES_MAX`): its sender's doing, and it harms nobody else.
"""

import numpy as np
from numpy.typing import NDArray

from models.json_keys.filter_kernel import flag_suspects
from models.json_keys.scan_kernel import flag_rows, slots


def suspects(joined: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of n messages need a closer look, by `has_repeated_key` and `too_deep_at`: a nanosecond a byte.

    `joined` holds the messages back to back, message i at `offsets[i]:offsets[i + 1]` (n + 1 offsets).
    """
    flags = np.zeros(len(offsets) - 1, np.bool_)
    words = np.zeros((len(joined) >> 3) + 2, np.uint64)
    words.view(np.uint8)[: len(joined)] = joined
    longest = int((offsets[1:] - offsets[:-1]).max(initial=0))
    flag_suspects(words, offsets, *_room(longest), flags)
    return flags


def has_repeated_key(raw: bytes) -> bool:
    r"""Whether an object of a JSON message has a key twice. What is no valid JSON may get either answer.

    >>> has_repeated_key(b'{"amount": 1, "\\u0061mount": 1000}')
    True
    >>> has_repeated_key(b'{"customer": {"id": "c"}, "merchant": {"id": "m"}}')
    False
    """
    flags = np.zeros(1, np.bool_)
    text, offsets = np.frombuffer(raw, np.uint8), np.array([0, len(raw)], np.int64)
    flag_rows(text, offsets, *_room(len(raw)), flags)
    return bool(flags[0])


def warm() -> None:
    """Compile the kernels (or load them from the cache) before the first payment."""
    suspects(np.zeros(1, np.uint8), np.array([0, 1], np.int64))
    has_repeated_key(b"{}")


def _room(longest: int) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Table and stamps for the keys of the longest message, and a place for each level of objects."""
    places = slots(longest)
    return np.empty(places, np.uint64), np.zeros(places, np.int64), np.empty(longest + 1, np.int64)
