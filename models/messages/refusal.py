"""The answer to a payment that could not be decided: who waits for a decision gets this instead.

Invariant: a function of the message and of the log before it. It holds no place and no time of the message:
the same message refused again for the same reason is answered with the same bytes.
"""

from typing import Final

from msgspec import Struct

from models.messages.dead_letter import DeadLetterReason
from models.messages.payment import Phase


class Refusal(Struct, frozen=True, gc=False, tag="refusal", tag_field="type", omit_defaults=True):
    """No decision on this payment: act as after a decline, mend what `field` names and send it again.

    Fields that have their default are left out.
    """

    engine: str
    """The engine that refused it."""
    merchant_account: str
    """The payment's account, as the message has it."""
    payment_id: str
    """The payment, as the message has it."""
    reason: DeadLetterReason
    """Why it is not decided; the dead letter of the message has the same."""
    detail: str
    """The reason in words."""
    advice: str
    """What to do."""
    field: str | None = None
    """What to mend, such as `metadata` or `method.token`; left out where no single field is at fault."""
    attempt: int | None = None
    """The payment's attempt, where it could be read."""
    phase: Phase | None = None
    """The payment's phase, where it could be read."""
    decision: int | None = None
    """Sequence of the decision on this attempt and phase that stands: after a `conflict`."""
    masked: bool = False
    """An id held a card number: its digits are masked here, and in the record's key."""


ADVICE: Final[dict[DeadLetterReason, str]] = {
    DeadLetterReason.INVALID_JSON: "Send one JSON object, whole, in UTF-8.",
    DeadLetterReason.INVALID_UTF8: "Write the message in UTF-8.",
    DeadLetterReason.TOO_DEEP: "Send objects within objects a few levels deep at most.",
    DeadLetterReason.UNKNOWN_TYPE: 'Say "type": "payment".',
    DeadLetterReason.INVALID_FIELD: "Mend the field by schemas/payment.json and send the payment again.",
    DeadLetterReason.CARD_NUMBER: "Send a token in this field; find out where the card number comes from.",
    DeadLetterReason.DUPLICATE_KEY: "Write each key of an object once and send the payment again.",
    DeadLetterReason.WRONG_TOPIC: "Send payments to the topic ENGINE.payments.",
    DeadLetterReason.UNKNOWN_CURRENCY: "Send an ISO 4217 code that the engine's exchange rates know.",
    DeadLetterReason.AMOUNT_NOT_POSITIVE: "Send the amount to be paid, above zero, in minor units.",
    DeadLetterReason.AMOUNT_BELOW_LIMIT: "Check the unit: amounts are in minor units (cents, not euros).",
    DeadLetterReason.AMOUNT_ABOVE_LIMIT: "Check the unit: amounts are in minor units of their currency.",
    DeadLetterReason.CONFLICT: "Act on the decision that stands; send a changed payment as a new attempt.",
    DeadLetterReason.STALE: "Look for its earlier decision; where there is none, send it as a new attempt.",
    DeadLetterReason.ENGINE_ERROR: "Do not send it again: the operators of the engine have been warned.",
}
"""What to do, by reason. A message that is empty, or no payment, is not answered."""
