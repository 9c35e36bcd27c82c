"""What happened to a payment after its decision: the issuer's answer, the 3-D Secure result, capture, refund.

Outcomes come minutes to weeks later, so they carry their payment's tokens, amount and time themselves: no
reader has to look the payment up. How a review ended is one of them too: it goes the other way, to whoever
holds the payment.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from models.messages.payment import Currency, Identifier, Method, Millis, MinorUnits, Payment


class OutcomeKind(StrEnum):
    """The event in the payment's life."""

    AUTHORISED = "authorised"
    DECLINED = "declined"
    AUTHENTICATED = "authenticated"
    AUTHENTICATION_FAILED = "authentication_failed"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    VOIDED = "voided"


class RefundReason(StrEnum):
    """Why the merchant paid the money back; `fraudulent` is the merchant's word that it was fraud."""

    REQUESTED_BY_CUSTOMER = "requested_by_customer"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"


class DeclineGroup(StrEnum):
    """Issuer response codes, normalised (ISO 8583 field 39 and scheme advice codes)."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    DO_NOT_HONOUR = "do_not_honour"
    LOST_OR_STOLEN = "lost_or_stolen"
    WRONG_CVV = "wrong_cvv"
    EXPIRED_CARD = "expired_card"
    INVALID_CARD = "invalid_card"
    SUSPECTED_FRAUD = "suspected_fraud"
    AUTHENTICATION_REQUIRED = "authentication_required"
    LIMIT_EXCEEDED = "limit_exceeded"
    OTHER = "other"


class Tokens(Struct, frozen=True, gc=False):
    """The entities of the payment that an outcome, a label or evidence is about."""

    method: Method
    """The payment instrument."""
    merchant_id: Identifier
    """The merchant who was paid."""
    customer_id: Identifier | None = None
    """The merchant's customer."""
    device_id: Identifier | None = None
    """Token of the payer's device."""
    ip: str | None = None
    """Address of the payer's device."""
    email_token: Identifier | None = None
    """Token of the payer's e-mail address."""
    delivery_address_token: Identifier | None = None
    """Token of the delivery address."""


def tokens_of(payment: Payment) -> Tokens:
    """The entities of a payment, as outcomes, labels and evidence of it carry them."""
    return Tokens(
        payment.method,
        payment.merchant.id,
        None if payment.customer is None else payment.customer.id,
        payment.device_id,
        payment.ip,
        payment.email_token,
        payment.delivery_address_token,
    )


class Outcome(Struct, frozen=True, gc=False, tag="outcome", tag_field="type"):
    """One event in a payment's life.

    Sent again with the same kind and `at` within the deduplication horizon (7 days by default), it counts
    once.
    """

    merchant_account: Identifier
    """The payment's account."""
    payment_id: Identifier
    """The payment."""
    kind: OutcomeKind
    """What happened."""
    at: Millis
    """When it happened."""
    occurred_at: Millis
    """When the payment was made."""
    amount: MinorUnits
    """How much was authorised, captured or paid back."""
    currency: Currency
    """What the amount is in."""
    tokens: Tokens
    """The payment's entities."""
    attempt: int = 1
    """The payment's attempt."""
    decline_group: DeclineGroup | None = None
    """The issuer's reason, normalised."""
    response_code: str | None = None
    """The issuer's reason as received (ISO 8583 field 39)."""
    refund_reason: Annotated[str, Meta(max_length=64)] | None = None
    """As processors write it; `RefundReason` has the words with a meaning, others pass."""


class ReviewConclusion(StrEnum):
    """What is to be done with a payment that was held: capture it, or let its authorisation go."""

    APPROVE = "approve"
    DECLINE = "decline"


class ReviewEnd(StrEnum):
    """What ended a review: the verdict of one or more people, or the stated default at its deadline."""

    VERDICT = "verdict"
    DEFAULT = "default"


class ReviewOutcome(Struct, frozen=True, gc=False, tag="review_outcome", tag_field="type"):
    """How the review of one payment attempt ended. There is one for each review that people or the deadline
    ended; a review that a later decision of the attempt ended has that decision instead.
    """

    merchant_account: Identifier
    """The payment's account."""
    payment_id: Identifier
    """The payment."""
    conclusion: ReviewConclusion
    """Approve: capture it. Decline: let the authorisation go."""
    by: ReviewEnd
    """Who ended it. A default says nothing of what the payment is."""
    at: Millis
    """When people concluded it, or the default was applied."""
    sequence: Annotated[int, Meta(ge=0)]
    """Of the decision that held the payment."""
    amount: MinorUnits
    """The payment's amount, as it was decided."""
    currency: Currency
    """What the amount is in."""
    attempt: Annotated[int, Meta(ge=1, le=255)] = 1
    """The payment's attempt."""
