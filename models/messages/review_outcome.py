"""How the review of a payment ended: by people's verdict, or by the default at its deadline."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from models.messages.payment import Currency, Identifier, Millis, MinorUnits


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
