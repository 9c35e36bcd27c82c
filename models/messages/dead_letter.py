"""What could not be decided, and why. Nothing that arrives is lost: it is a decision or a dead letter."""

from enum import StrEnum

from msgspec import Struct

PAYLOAD_LIMIT_BYTES = 256 * 1024


class DeadLetterReason(StrEnum):
    """Stable codes; the dead letter's `detail` says it in words."""

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
    ENGINE_ERROR = "engine_error"


class DeadLetter(Struct, frozen=True, tag="dead_letter", tag_field="type"):
    """One refused message: where it lies, why it was refused, and its bytes.

    `payload` is the raw bytes (base64 in JSON) up to 256 kB, null beyond that; `payload_sha256` and the
    coordinates remain. Where a card number was found, digits are masked in `payload` and `masked` is true:
    masking wins.
    """

    engine: str
    topic: str
    partition: int
    offset: int
    received_at: int
    reason: DeadLetterReason
    detail: str
    payload_bytes: int
    payload_sha256: str
    payload: bytes | None = None
    masked: bool = False
