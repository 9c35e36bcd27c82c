"""The rows of table `timeline`: each message once for every token that it is about.

Invariant: the rows of a message have the offset of the message, and as many as it has different tokens.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from models.messages import AnalystVerdict, DeadLetter, Decision, Dispute, Label, Outcome, Tokens
from streams.warehouse.tables.columns import Columns, coordinates, numbers, texts, times
from streams.warehouse.tables.facts import NO_PAYMENT, DecidedFacts, PaymentTokens
from streams.warehouse.tables.ip_network import IpNetworks
from streams.warehouse.tables.row import Row

TOKENS: Final = {
    "card": "card", "customer": "customer", "device": "device", "ip": "ip_network", "email": "email",
    "delivery_address": "delivery_address",
}  # fmt: skip
"""What a token is of -> where `PaymentTokens` has it."""


class _Event(NamedTuple):
    event: str
    at_ms: int
    what: str
    detail: str
    attempt: int
    phase: str = ""
    merchant_id: str = ""
    amount: int = 0
    currency: str = ""


def timeline_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:
    """Rows without a payment id (dead letters of what could not be read) have none here."""
    indices: list[int] = []
    entities: list[str] = []
    tokens: list[str] = []
    for index, named in enumerate(_tokens(rows, networks)):
        for entity, token in named:
            if token:
                indices.append(index)
                entities.append(entity)
                tokens.append(token)
    places = pa.array(indices, pa.int64())
    columns = {name: column.take(places) for name, column in _event_columns(rows).items()}
    return {"token": pa.array(tokens, pa.string()), "entity": pa.array(entities, pa.string()), **columns}


def _event_columns(rows: Sequence[Row]) -> Columns:
    """One row a message; what is the same for all of its tokens."""
    events = [EVENTS[type(row.content)](row.content) for row in rows]
    return {
        "at": times([event.at_ms for event in events]),
        "event": texts(event.event for event in events),
        "what": texts(event.what for event in events),
        "detail": texts(event.detail for event in events),
        "merchant_account": texts(row.content.merchant_account for row in rows),
        "payment_id": texts(row.content.payment_id for row in rows),
        "attempt": numbers((event.attempt for event in events), pa.uint8()),
        "phase": texts(event.phase for event in events),
        "merchant_id": texts(event.merchant_id for event in events),
        "amount": numbers((event.amount for event in events), pa.int64()),
        "currency": texts(event.currency for event in events),
        **coordinates(rows),
    }


def _tokens(rows: Sequence[Row], networks: IpNetworks) -> Iterator[list[tuple[str, str]]]:
    """What a message is about; some of the tokens may be empty."""
    hashed = networks.hashed(getattr(getattr(row.content, "tokens", None), "ip", None) for row in rows)
    for row, network in zip(rows, hashed, strict=True):
        tokens = getattr(row.content, "tokens", None)
        facts = row.facts.payment if isinstance(row.facts, DecidedFacts) else NO_PAYMENT
        known = facts if tokens is None else _facts(tokens, network)
        named = [(entity, getattr(known, field)) for entity, field in TOKENS.items()]
        yield [("payment", row.content.payment_id), *named]


def _facts(tokens: Tokens, network: str) -> PaymentTokens:
    return PaymentTokens(
        True,
        card=tokens.method.token,
        customer=tokens.customer_id or "",
        device=tokens.device_id or "",
        ip_network=network,
        email=tokens.email_token or "",
        delivery_address=tokens.delivery_address_token or "",
    )


def _decision(d: Decision) -> _Event:
    reasons = " ".join(reason.code for reason in d.reasons)
    return _Event(
        "decision", d.engine_time, d.verdict.value, reasons, d.attempt, d.phase.value, d.merchant_id,
        d.amount, d.currency,
    )  # fmt: skip


def _refusal(letter: DeadLetter) -> _Event:
    return _Event("refusal", letter.received_at, letter.reason.value, letter.detail, 0)


def _report(event: str, time_ms: int, what: str, detail: str | None, content: Any) -> _Event:
    return _Event(
        event, time_ms, what, detail or "", content.attempt, "", content.tokens.merchant_id, content.amount,
        content.currency,
    )  # fmt: skip


EVENTS: Final[Mapping[type, Callable[[Any], _Event]]] = {
    Decision: _decision,
    DeadLetter: _refusal,
    Outcome: lambda o: _report(
        "outcome", o.at, o.kind.value, o.decline_group.value if o.decline_group else o.refund_reason, o
    ),
    Label: lambda each: _report("label", each.known_at, each.label.value, each.source, each),
    Dispute: lambda d: _report("dispute", d.at, d.stage.value, d.reason_code, d),
    AnalystVerdict: lambda v: _report("review", v.at, v.label.value, v.author, v),
}
