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
    """A label for one payment. It counts from its place on the log; `known_at` says when the world knew.

    `source` says what the label rests on (`models.labels.strength`), `weight` how much of a training example
    it makes, `final` that nothing is expected to change it.

    Sent again with the same value within the deduplication horizon (7 days by default), it counts once, from
    whatever source. `repeats` says that an earlier label of this payment had this value, however long ago:
    features, which have counted it, then leave it out; what reads labels for their strength does not.
    """

    merchant_account: Identifier
    payment_id: Identifier
    label: LabelValue
    known_at: Millis
    occurred_at: Millis
    amount: MinorUnits
    currency: Currency
    tokens: Tokens
    attempt: int = 1
    source: str = "unspecified"
    final: bool = False
    weight: Weight = 1.0
    repeats: bool = False
