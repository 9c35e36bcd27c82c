"""Broken messages: each way of breaking a payment, with the dead letter's reason it must get."""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from models.messages import DeadLetterReason, Payment

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


class Breakage(NamedTuple):
    """One way of breaking a payment."""

    name: str
    reason: DeadLetterReason
    """Why the message must be refused."""

    broken: Callable[[Payment], bytes]
    answered: bool = True
    """Whether account and payment id can still be read, so that it is answered with a refusal."""


BREAKAGES: Final = tuple(Breakage(*how) for how in (
    ("empty", DeadLetterReason.EMPTY, lambda _: b"", False),
    ("text", DeadLetterReason.INVALID_JSON, lambda payment: f"payment {payment.payment_id}".encode(), False),
    ("truncated", DeadLetterReason.INVALID_JSON, lambda payment: encode(payment)[:-20]),
    ("not_utf8", DeadLetterReason.INVALID_UTF8, _not_utf8),
    (
        "deep",
        DeadLetterReason.TOO_DEEP,
        lambda _: b'{"type":"payment","x":' + b"[" * 3000 + b"]" * 3000 + b"}",
        False,
    ),
    ("other_type", DeadLetterReason.UNKNOWN_TYPE, _with(type="shipment")),
    ("no_type", DeadLetterReason.UNKNOWN_TYPE, _without("type")),
    ("no_amount", DeadLetterReason.INVALID_FIELD, _without("amount")),
    ("amount_text", DeadLetterReason.INVALID_FIELD, _with(amount="12.50")),
    ("amount_fraction", DeadLetterReason.INVALID_FIELD, _with(amount=12.5)),
    ("no_method", DeadLetterReason.INVALID_FIELD, _with(method=None)),
    ("attempt_zero", DeadLetterReason.INVALID_FIELD, _with(attempt=0)),
    ("time_text", DeadLetterReason.INVALID_FIELD, _with(occurred_at="yesterday")),
    ("card_number", DeadLetterReason.CARD_NUMBER, _card_number),
    ("currency_unknown", DeadLetterReason.UNKNOWN_CURRENCY, _with(currency="XXQ")),
    ("amount_zero", DeadLetterReason.AMOUNT_NOT_POSITIVE, _with(amount=0)),
    ("amount_negative", DeadLetterReason.AMOUNT_NOT_POSITIVE, _with(amount=-500)),
    ("amount_tiny", DeadLetterReason.AMOUNT_BELOW_LIMIT, _with(amount=49, currency="EUR")),
    ("amount_huge", DeadLetterReason.AMOUNT_ABOVE_LIMIT, _with(amount=100_000_000, currency="EUR")),
))  # fmt: skip
"""All ways; new ones go at the end, or every simulation changes."""
