"""Evidence from banks, schemes and analysts after a payment was decided, which labels are made of.

A dispute is an object of its own: a payment may have several, for parts of its amount, and each goes through
stages. Fraud notices (Visa TC40, Mastercard Fraud and Loss Database) come without one: no money moves.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from models.messages.label import LabelValue
from models.messages.outcome import Tokens
from models.messages.payment import Channel, Currency, Identifier, Millis, MinorUnits


class DisputeStage(StrEnum):
    """The stage of a dispute. A later stage never undoes that an earlier one happened."""

    FRAUD_NOTICE = "fraud_notice"
    INQUIRY = "inquiry"
    CHARGEBACK = "chargeback"
    REPRESENTMENT = "representment"
    REVERSED = "reversed"
    PRE_ARBITRATION = "pre_arbitration"
    ARBITRATION = "arbitration"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    PREVENTED = "prevented"


class ReversalGround(StrEnum):
    """Why a dispute was reversed in the merchant's favour: this decides who bears the loss, not who paid.

    `cardholder_recognised`: the cardholder took the claim back. `participation_shown`: evidence convinced the
    issuer or the scheme that the cardholder took part (earlier undisputed payments from the same device,
    delivery to them). `liability_shifted`: the issuer bears authenticated fraud. `credit_issued`: the money
    had been paid back. `procedural`: out of time, a wrong code, missing papers.
    """

    CARDHOLDER_RECOGNISED = "cardholder_recognised"
    PARTICIPATION_SHOWN = "participation_shown"
    LIABILITY_SHIFTED = "liability_shifted"
    CREDIT_ISSUED = "credit_issued"
    PROCEDURAL = "procedural"


class Dispute(Struct, frozen=True, gc=False, tag="dispute", tag_field="type"):
    """One stage of one dispute."""

    merchant_account: Identifier
    """The payment's account."""
    payment_id: Identifier
    """The payment."""
    dispute_id: Identifier
    """Shared by all stages of the dispute."""
    stage: DisputeStage
    """The stage that was reached."""
    at: Millis
    """When it was reached."""
    occurred_at: Millis
    """When the payment was made."""
    amount: MinorUnits
    """The payment's amount."""
    currency: Currency
    """What both amounts are in."""
    tokens: Tokens
    """The payment's entities."""
    attempt: Annotated[int, Meta(ge=1, le=255)] = 1
    """The payment's attempt."""
    disputed_amount: MinorUnits | None = None
    """The part in dispute; null: all of it."""
    scheme: Annotated[str, Meta(max_length=32)] | None = None
    """The card scheme or payment method, such as `visa` or `mastercard`."""
    reason_code: Annotated[str, Meta(max_length=16)] | None = None
    """The scheme's own code, such as `10.4` or `4837`."""
    ground: ReversalGround | None = None
    """Why the dispute was reversed."""
    channel: Channel | None = None
    """How the payment was made; null counts as card-absent."""


class AnalystVerdict(Struct, frozen=True, gc=False, tag="analyst_verdict", tag_field="type"):
    """What an analyst concluded about one payment."""

    merchant_account: Identifier
    """The payment's account."""
    payment_id: Identifier
    """The payment."""
    label: LabelValue
    """What it is."""
    at: Millis
    """When the analyst concluded it."""
    occurred_at: Millis
    """When the payment was made."""
    amount: MinorUnits
    """The payment's amount."""
    currency: Currency
    """What the amount is in."""
    tokens: Tokens
    """The payment's entities."""
    author: Identifier
    """The analyst's name."""
    attempt: Annotated[int, Meta(ge=1, le=255)] = 1
    """The payment's attempt."""
    reason: Annotated[str, Meta(max_length=1000)] | None = None
    """Why, in words."""
