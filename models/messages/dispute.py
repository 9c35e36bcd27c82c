"""What banks, schemes and analysts say of a payment after it was decided: the evidence labels are made of.

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
    """Where a dispute stands. A later stage never undoes that an earlier one happened."""

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
    """Why a dispute was reversed in the merchant's favour: who bears the loss is one thing, who paid another.

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
    """One stage of one dispute. `at` is when it was reached, `occurred_at` when the payment was made.

    `amount` and `currency` are the payment's; `disputed_amount` is the part in dispute (null: all of it), in
    the same currency. `scheme` and `reason_code` as the scheme writes them: `visa` and `10.4`, `mastercard`
    and `4837`. `ground` says why a dispute was reversed, `channel` how the payment was made (null: at a
    distance, as far as anybody knows).
    """

    merchant_account: Identifier
    payment_id: Identifier
    dispute_id: Identifier
    stage: DisputeStage
    at: Millis
    occurred_at: Millis
    amount: MinorUnits
    currency: Currency
    tokens: Tokens
    attempt: Annotated[int, Meta(ge=1, le=255)] = 1
    disputed_amount: MinorUnits | None = None
    scheme: Annotated[str, Meta(max_length=32)] | None = None
    reason_code: Annotated[str, Meta(max_length=16)] | None = None
    ground: ReversalGround | None = None
    channel: Channel | None = None


class AnalystVerdict(Struct, frozen=True, gc=False, tag="analyst_verdict", tag_field="type"):
    """What a reviewer found one payment to be. `author` is who says so, `reason` why, in words."""

    merchant_account: Identifier
    payment_id: Identifier
    label: LabelValue
    at: Millis
    occurred_at: Millis
    amount: MinorUnits
    currency: Currency
    tokens: Tokens
    author: Identifier
    attempt: Annotated[int, Meta(ge=1, le=255)] = 1
    reason: Annotated[str, Meta(max_length=1000)] | None = None
