"""What a merchant may be told of a verdict.

It depends on the verdict and on what kind of thing decided, never on which rule or feature: neither can be
found out by trying payments.
"""

from typing import Final

from models.messages import Verdict
from models.policy.rows import DecidedBy

_MERCHANT: Final = {
    Verdict.DECLINE: "The payment was declined: the risk is too high.",
    Verdict.REVIEW: "The payment is being checked before it goes on.",
    Verdict.CHALLENGE: "The customer is asked to authenticate.",
}


def merchant_text(verdict: Verdict, decided_by: DecidedBy) -> str | None:
    """What the merchant may be told; None for an approval."""
    if verdict is Verdict.CHALLENGE and decided_by in (DecidedBy.SOFT_DECLINE, DecidedBy.SCA):
        return "The customer's bank or the law asks for the customer to authenticate."
    return _MERCHANT.get(verdict)
