"""Logs to feed an engine core with."""

from typing import Any

import msgspec

from models.messages.codec import encode
from models.messages.label import Label, LabelValue
from models.messages.outcome import Outcome, OutcomeKind, Tokens
from models.messages.payment import Customer, Merchant, Method, MethodKind, Payment
from streams.engine.input.batch import InputBatch

NOW = 1_780_000_000_000
DAY = 86_400_000


def batch_of(records: list[bytes], first: int = 0, step: int = 1, topic: str = "test.history") -> InputBatch:
    """Records of one topic at offsets from `first`, appended `step` ms apart."""
    batch = InputBatch()
    rows = [(value, first + i, NOW + step * (first + i)) for i, value in enumerate(records)]
    batch.extend(topic, 0, rows)
    return batch


def payment(id: str, **changes: Any) -> Payment:
    """An ordinary card payment of 12.50 EUR by an old customer, without any rule hit."""
    base = Payment(
        merchant_account="acme",
        payment_id=id,
        occurred_at=NOW,
        amount=1250,
        currency="EUR",
        method=Method(MethodKind.CARD, "tok_1", "520000", "DE"),
        merchant=Merchant("m1", "5411", "DE"),
        customer=Customer("c1", NOW - 400 * DAY),
        device_id="d1",
    )
    return msgspec.structs.replace(base, **changes)


def record(id: str, **changes: Any) -> bytes:
    return encode(payment(id, **changes))


def raw(id: str, **changes: Any) -> bytes:
    """An ordinary payment with members changed, or added, as they stand in its JSON; None takes one away."""
    document = msgspec.to_builtins(payment(id)) | changes
    return encode({name: value for name, value in document.items() if value is not None})


TOKENS = Tokens(
    Method(MethodKind.CARD, "tok_1", "520000", "DE"), merchant_id="m1", customer_id="c1", device_id="d1"
)
"""The entities of an ordinary `payment`."""


def outcome(id: str, **changes: Any) -> Outcome:
    """The issuer said yes to an ordinary payment, two seconds later."""
    base = Outcome("acme", id, OutcomeKind.AUTHORISED, NOW + 2_000, NOW, 1250, "EUR", TOKENS)
    return msgspec.structs.replace(base, **changes)


def label(id: str, **changes: Any) -> Label:
    """An ordinary payment turned out to be fraud, a day later."""
    base = Label("acme", id, LabelValue.FRAUD, NOW + DAY, NOW, 1250, "EUR", TOKENS)
    return msgspec.structs.replace(base, **changes)
