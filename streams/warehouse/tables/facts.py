"""What a row says of other rows: the payment of a decision, the decision that stood before a report.

Invariant: facts are a function of the message and of what lay on the log before it. So a row is the same
whenever it is made: at once, after a crash, or in a rebuild a year later.
"""

from typing import Final, NamedTuple

CENTS_END: Final = 2**62
"""No sum of money is as large: what is comes of amounts that do not belong together."""

COHORT_MS_MAX: Final = 5_662_310_399_999
"""The last millisecond of 2149-06-06: ClickHouse's days end there, and what is later would be one of the
past."""

PaymentKey = tuple[str, str, int]
"""Merchant account, payment id, attempt."""


class PaymentTokens(NamedTuple):
    """What a payment says that its decision does not repeat. Texts are empty where it does not say."""

    payment_known: bool
    card: str = ""
    bin: str = ""
    issuer_country: str = ""
    customer: str = ""
    device: str = ""
    ip_network: str = ""
    email: str = ""
    delivery_address: str = ""
    mcc: str = ""
    channel: str = ""
    three_ds_result: str = ""


NO_PAYMENT: Final = PaymentTokens(False)


class DecisionFacts(NamedTuple):
    """The decision on an attempt that stood when a message about it came."""

    decision_known: bool
    engine_time: int = 0
    """ms."""
    verdict: str = ""
    decided_by: str = ""
    deciding_rule: str = ""
    hits: tuple[str, ...] = ()
    model: str = ""
    ruleset: str = ""
    amount: int = 0
    currency: str = ""
    reference_amount: int = 0
    merchant_id: str = ""
    merchant_country: str = ""
    mcc: str = ""
    channel: str = ""
    bin: str = ""
    issuer_country: str = ""
    challenger_model: str = ""
    challenger_verdict: str = ""
    champion_verdict: str = ""
    """Where the challenger decided; else the champion's verdict is that of the decision."""
    champion_model: str = ""
    """The same of its version."""
    probability: float | None = None
    challenger_probability: float | None = None
    champion_probability: float | None = None
    shadow_hits: tuple[str, ...] = ()
    was_challenged: bool = False
    """This decision or one before it on the attempt asked for 3-D Secure."""

    def cohort_at(self, occurred_at: int) -> int:
        """The time (ms) by which the payment belongs to a cohort; a sender may name any."""
        return min(self.engine_time if self.decision_known else occurred_at, COHORT_MS_MAX)

    def in_euro_cents(self, amount: int, currency: str) -> int:
        """A part of the payment at the rate of its decision, half to even; 0 where that is not known.

        >>> DecisionFacts(True, amount=1000, currency="USD", reference_amount=925).in_euro_cents(500, "USD")
        462
        """
        if not self.decision_known or currency != self.currency or not self.amount:
            return 0
        whole, rest = divmod(amount * self.reference_amount, self.amount)
        doubled = 2 * rest
        cents = whole + (doubled > self.amount or (doubled == self.amount and whole % 2 == 1))
        return cents if abs(cents) < CENTS_END else 0


NO_DECISION: Final = DecisionFacts(False)


class DecidedFacts(NamedTuple):
    """What is known of a decision besides."""

    payment: PaymentTokens = NO_PAYMENT
    superseded: DecisionFacts = NO_DECISION
    """The decision on the same attempt that it replaces."""


class OutcomeFacts(NamedTuple):
    """What is known of an outcome besides."""

    decision: DecisionFacts = NO_DECISION
    repeated: bool = False
    first_of_kind: bool = True


class LabelFacts(NamedTuple):
    """What is known of a label besides."""

    decision: DecisionFacts = NO_DECISION
    stood_before: str = ""
    stands_after: str = ""


class DisputeFacts(NamedTuple):
    """What is known of a stage of a dispute besides."""

    decision: DecisionFacts = NO_DECISION
    repeated: bool = False
