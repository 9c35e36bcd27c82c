"""Logs to feed an engine core with."""

from typing import Any

import msgspec

from models.messages import encode
from models.payment import Customer, Merchant, Method, MethodKind, Payment
from streams.engine.batch import Batch

NOW = 1_780_000_000_000
DAY = 86_400_000


def batch_of(records: list[bytes], first: int = 0, step: int = 1) -> Batch:
    """Records of one topic at offsets from `first`, appended `step` ms apart."""
    batch = Batch()
    batch.extend(
        "test.payments", 0, [(value, first + i, NOW + step * (first + i)) for i, value in enumerate(records)]
    )
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
