"""What could not be decided, and why. Nothing that arrives is lost: it is a decision or a dead letter.

What is kept of the bytes of a message: never a card number, never more than fits. A payment whose account and
id can be read is answered with a `models.messages.refusal.Refusal` as well.
"""

import hashlib
from enum import StrEnum
from typing import NamedTuple

from msgspec import UNSET, Struct, UnsetType

from models.card_numbers import detection as card_numbers

PAYLOAD_LIMIT_BYTES = 256 * 1024


class DeadLetterReason(StrEnum):
    """Stable codes; the dead letter's `detail` is the same in words."""

    EMPTY = "empty"
    INVALID_JSON = "invalid_json"
    INVALID_UTF8 = "invalid_utf8"
    TOO_DEEP = "too_deep"
    UNKNOWN_TYPE = "unknown_type"
    INVALID_FIELD = "invalid_field"
    CARD_NUMBER = "card_number"
    DUPLICATE_KEY = "duplicate_key"
    WRONG_TOPIC = "wrong_topic"
    UNKNOWN_CURRENCY = "unknown_currency"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    AMOUNT_BELOW_LIMIT = "amount_below_limit"
    AMOUNT_ABOVE_LIMIT = "amount_above_limit"
    CONFLICT = "conflict"
    STALE = "stale"
    INVALID_CONTROL = "invalid_control"
    UNAUTHORISED = "unauthorised"
    ENGINE_ERROR = "engine_error"
    ARTEFACT_MISSING = "artefact_missing"
    INVALID_ARTEFACT = "invalid_artefact"
    UNREADABLE = "unreadable"
    GIVEN_UP = "given_up"


class DeadLetter(Struct, frozen=True, tag="dead_letter", tag_field="type"):
    """One refused message: where it is, why it was refused, and its bytes."""

    engine: str
    """The engine that refused it."""
    topic: str
    """Topic of the message."""
    partition: int
    """Its partition."""
    offset: int
    """Its offset."""
    received_at: int
    """When it was appended there (ms)."""
    reason: DeadLetterReason
    """Why it was refused."""
    detail: str
    """The reason in words."""
    payload_bytes: int
    """Size of the message."""
    payload_sha256: str
    """Hash of its bytes, card numbers masked."""
    payload: bytes | None = None
    """Its bytes (base64 in JSON); null beyond 256 kB."""
    masked: bool = False
    """It held a card number, whose digits are masked in `payload`."""
    merchant_account: str | UnsetType = UNSET
    """Account of the payment that the message is about; left out where it could not be read."""
    payment_id: str | UnsetType = UNSET
    """The payment that the message is about; left out where it could not be read."""
    answered: bool | UnsetType = UNSET
    """Whether a refusal on ENGINE.decisions answers it: left out where it does not."""


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
