"""What is kept of the bytes of a message that was refused: never a card number, never more than fits."""

import hashlib
from typing import NamedTuple

from models.card_numbers import detection as card_numbers
from models.messages.dead_letter import PAYLOAD_LIMIT_BYTES


class KeptPayload(NamedTuple):
    """The last fields of a `DeadLetter`, in its order."""

    payload_bytes: int
    payload_sha256: str
    payload: bytes | None
    masked: bool


def kept_payload(raw: bytes) -> KeptPayload:
    """The bytes with card numbers masked, or only their size and hash where they are too many.

    >>> kept_payload(b'"4111111111111111"').payload
    b'"************1111"'
    """
    masked = card_numbers.mask(raw)
    shown = masked if len(masked) <= PAYLOAD_LIMIT_BYTES else None
    return KeptPayload(len(raw), hashlib.sha256(masked).hexdigest(), shown, masked != raw)


def kept_words(text: str) -> str:
    """Words about the message, which may quote it: masked, at most a thousand characters."""
    return card_numbers.mask(text.encode(errors="replace")).decode(errors="replace")[:1000]
