"""Evidence to make labels of: short makers, and Hypothesis strategies of payments' whole stories."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from models.labels.facts import DisputeFact, Fact, OutcomeFact, VerdictFact
from models.messages.dispute import AnalystVerdict, Dispute, DisputeStage, ReversalGround
from models.messages.label import LabelValue
from models.messages.outcome import Outcome, OutcomeKind, RefundReason, Tokens
from models.messages.payment import Channel, Method, MethodKind

PAID = 1_780_000_000_000
DAY = 86_400_000
TOKENS = Tokens(Method(MethodKind.CARD, "tok_1", "520000", "DE"), "m1", customer_id="c1", device_id="d1")


def stage(name: str, day: int, code: str | None = None, dispute: str = "d1", **more: Any) -> DisputeFact:
    """A stage of a Visa dispute, so many days after the payment."""
    scheme = None if code is None else more.pop("scheme", "visa")
    return DisputeFact(dispute, DisputeStage(name), PAID + day * DAY, scheme=scheme, reason_code=code, **more)


def dispute(id: str = "p1", **changes: Any) -> Dispute:
    """A Visa chargeback for card-absent fraud, twenty days after a payment of 12.50 EUR."""
    base = Dispute(
        "acme", id, "d1", DisputeStage.CHARGEBACK, PAID + 20 * DAY, PAID, 1250, "EUR", TOKENS,
        scheme="visa", reason_code="10.4",
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


def verdict(id: str = "p1", **changes: Any) -> AnalystVerdict:
    """An analyst says, thirty days after the payment, that it is friendly fraud."""
    base = AnalystVerdict("acme", id, LabelValue.FRIENDLY, PAID + 30 * DAY, PAID, 1250, "EUR", TOKENS, "ana")
    return msgspec.structs.replace(base, **changes)


def outcome(id: str = "p1", **changes: Any) -> Outcome:
    """The payment is captured a day later."""
    base = Outcome("acme", id, OutcomeKind.CAPTURED, PAID + DAY, PAID, 1250, "EUR", TOKENS)
    return msgspec.structs.replace(base, **changes)


times = st.integers(0, 9).map(lambda day: PAID + day * DAY)
dispute_facts = st.builds(
    DisputeFact,
    dispute_id=st.sampled_from(["d1", "d2"]),
    stage=st.sampled_from(list(DisputeStage)),
    at=times,
    scheme=st.just("visa"),
    reason_code=st.sampled_from([None, "10.4", "10.4", "10.1", "10.5", "12.5", "13.1", "99"]),
    ground=st.sampled_from([None, None, *ReversalGround]),
    channel=st.sampled_from([None, None, Channel.POS, Channel.ECOMMERCE]),
)
facts = st.one_of(
    dispute_facts,
    st.builds(VerdictFact, st.sampled_from(["ana", "ben"]), st.sampled_from(list(LabelValue)), times),
    st.builds(
        OutcomeFact,
        st.sampled_from([OutcomeKind.CAPTURED, OutcomeKind.REFUNDED, OutcomeKind.VOIDED]),
        times,
        st.integers(1, 3),
        st.sampled_from([None, *RefundReason]),
    ),
)
stories: st.SearchStrategy[list[Fact]] = st.lists(facts, min_size=1, max_size=8)
