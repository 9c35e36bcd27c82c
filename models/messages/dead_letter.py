"""What could not be decided, and why. Nothing that arrives is lost: it is a decision or a dead letter."""

from enum import StrEnum

from msgspec import Struct

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
    UNKNOWN_CURRENCY = "unknown_currency"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    AMOUNT_BELOW_LIMIT = "amount_below_limit"
    AMOUNT_ABOVE_LIMIT = "amount_above_limit"
    CONFLICT = "conflict"
    STALE = "stale"
    INVALID_CONTROL = "invalid_control"
    UNAUTHORISED = "unauthorised"
    ENGINE_ERROR = "engine_error"


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
