"""Broken messages: each way of breaking a payment, with the dead letter's reason it must get."""

from collections.abc import Callable
from typing import Final

import msgspec

from models.dead_letter import Reason
from models.payment import Payment

encode = msgspec.json.Encoder().encode


def _with(**fields: object) -> Callable[[Payment], bytes]:
    def broken(payment: Payment) -> bytes:
        return encode({**msgspec.to_builtins(payment), **fields})

    return broken


def _without(name: str) -> Callable[[Payment], bytes]:
    def broken(payment: Payment) -> bytes:
        document = msgspec.to_builtins(payment)
        del document[name]
        return encode(document)

    return broken


def _not_utf8(payment: Payment) -> bytes:
    return encode(payment).replace(b'"currency":"', b'"currency":"\xff', 1)


def _card_number(payment: Payment) -> bytes:
    return _with(method={"kind": "card", "token": "4111111111111111"})(payment)


BREAKAGES: Final[tuple[tuple[str, Reason, Callable[[Payment], bytes]], ...]] = (
    ("empty", Reason.EMPTY, lambda _: b""),
    ("text", Reason.INVALID_JSON, lambda payment: f"payment {payment.payment_id}".encode()),
    ("truncated", Reason.INVALID_JSON, lambda payment: encode(payment)[:-20]),
    ("not_utf8", Reason.INVALID_UTF8, _not_utf8),
    ("deep", Reason.TOO_DEEP, lambda _: b'{"type":"payment","x":' + b"[" * 3000 + b"]" * 3000 + b"}"),
    ("other_type", Reason.UNKNOWN_TYPE, _with(type="shipment")),
    ("no_type", Reason.UNKNOWN_TYPE, _without("type")),
    ("no_amount", Reason.INVALID_FIELD, _without("amount")),
    ("amount_text", Reason.INVALID_FIELD, _with(amount="12.50")),
    ("amount_fraction", Reason.INVALID_FIELD, _with(amount=12.5)),
    ("no_method", Reason.INVALID_FIELD, _with(method=None)),
    ("attempt_zero", Reason.INVALID_FIELD, _with(attempt=0)),
    ("time_text", Reason.INVALID_FIELD, _with(occurred_at="yesterday")),
    ("card_number", Reason.CARD_NUMBER, _card_number),
    ("currency_unknown", Reason.UNKNOWN_CURRENCY, _with(currency="XXQ")),
    ("amount_zero", Reason.AMOUNT_NOT_POSITIVE, _with(amount=0)),
    ("amount_negative", Reason.AMOUNT_NOT_POSITIVE, _with(amount=-500)),
    ("amount_tiny", Reason.AMOUNT_BELOW_LIMIT, _with(amount=49, currency="EUR")),
    ("amount_huge", Reason.AMOUNT_ABOVE_LIMIT, _with(amount=100_000_000, currency="EUR")),
)
"""Name, reason and how to break."""
