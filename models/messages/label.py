"""Fraud or legitimate, when that becomes known: from a chargeback, a fraud notice, an analyst, or silence."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from models.messages.outcome import Tokens
from models.messages.payment import Currency, Identifier, Millis, MinorUnits

Weight = Annotated[float, Meta(ge=0, le=1)]


class LabelValue(StrEnum):
    """What the payment turned out to be."""

    FRAUD = "fraud"
    FRIENDLY = "friendly"
    LEGITIMATE = "legitimate"
    UNKNOWN = "unknown"


class Label(Struct, frozen=True, gc=False, tag="label", tag_field="type"):
    """What one payment turned out to be. A label counts from its place on the log.

    Sent again with the same value within the deduplication horizon (7 days by default), it counts once,
    whatever its source.
    """

    merchant_account: Identifier
    """The payment's account."""
    payment_id: Identifier
    """The payment."""
    label: LabelValue
    """What it turned out to be."""
    known_at: Millis
    """When that became known to anybody."""
    occurred_at: Millis
    """When the payment was made."""
    amount: MinorUnits
    """The payment's amount."""
    currency: Currency
    """What the amount is in."""
    tokens: Tokens
    """The payment's entities."""
    attempt: int = 1
    """The payment's attempt."""
    source: str = "unspecified"
    """What the label rests on (`models.labels.strength`)."""
    final: bool = False
    """Nothing is expected to change it."""
    weight: Weight = 1.0
    """How much of a training example it makes."""
    repeats: bool = False
    """An earlier label of this payment had this value, however long ago: features, which counted it, leave
    this one out; what ranks labels by strength does not.
    """
