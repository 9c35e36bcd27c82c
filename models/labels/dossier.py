"""One payment's dossier: who took part, what is known of it, and the label that was sent for it last.

Every message of evidence carries its payment's entities, amount and time, so the first one opens the dossier
without a look-up of the payment. What messages state about the payment is merged so that their order does not
matter: the earliest time, the fullest tokens, the largest amount (captures may be for parts, so what disputes
and verdicts state as the amount counts more). So does what they state as the currency: a capture or refund in
another one, a conversion's or a wrong one, must not keep a chargeback out.

Invariants
- The dossier, and so its label, depends on the set of usable messages alone.
- A message that is refused (`UnusableEvidence`) leaves the dossier as it was.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from models.labels.evidence import is_evidence, label_of, not_weaker
from models.labels.facts import DisputeFact, Fact, LabelContent, OutcomeFact, VerdictFact
from models.messages import (
    AnalystVerdict,
    DeadLetterReason,
    Dispute,
    Label,
    LabelValue,
    Outcome,
    RefundReason,
    Tokens,
)
from models.money import currencies as money

AHEAD_MS: Final = 86_400_000
"""How far the clock of a sender of evidence may be ahead of ours."""
BEHIND_MS: Final = 300_000
"""How far the clock of a sender of evidence may be behind that of the payment service. Within it, the
evidence counts as of the payment's own time.
"""
FACTS_MAX: Final = 500
"""Pieces of evidence on one payment; more come from a loop in the sender."""

EvidenceMessage = Dispute | AnalystVerdict | Outcome


class UnusableReason(StrEnum):
    """Why a message cannot be used as evidence."""

    EMPTY = "empty"
    INVALID_JSON = "invalid_json"
    INVALID_UTF8 = "invalid_utf8"
    TOO_DEEP = "too_deep"
    UNKNOWN_TYPE = "unknown_type"
    INVALID_FIELD = "invalid_field"
    CARD_NUMBER = "card_number"
    DUPLICATE_KEY = "duplicate_key"
    UNKNOWN_CURRENCY = "unknown_currency"
    INVALID_AMOUNT = "invalid_amount"
    DISPUTED_AMOUNT = "disputed_amount"
    BEFORE_PAYMENT = "before_payment"
    IN_THE_FUTURE = "in_the_future"
    CURRENCY_DIFFERS = "currency_differs"
    TOO_MUCH_EVIDENCE = "too_much_evidence"


class ParkedEvidence(Struct, frozen=True, tag="parked_evidence", tag_field="type"):
    """One message that could not be used as evidence: where it is, why, and its bytes."""

    engine: str
    """The engine whose label agent read it."""
    topic: str
    """Topic of the message."""
    partition: int
    """Its partition."""
    offset: int
    """Its offset."""
    received_at: int
    """When it was appended there (ms)."""
    reason: UnusableReason
    """Why it cannot be used."""
    detail: str
    """The reason in words."""
    payload_bytes: int
    """Size of the message."""
    payload_sha256: str
    """Hash of its bytes, card numbers masked."""
    payload: bytes | None = None
    """Its bytes (base64 in JSON); null beyond 256 kB."""
    masked: bool = False
    """It held a card number, whose digits are masked in `payload`."""


class UnusableEvidence(ValueError):  # noqa: N818 - the message's fault, not ours
    """The message is parked, with this reason; `detail` is the same in words."""

    def __init__(self, reason: UnusableReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Dossier(Struct, frozen=True, tag="dossier", tag_field="type", omit_defaults=True):
    """What is known of one payment attempt."""

    merchant_account: str
    """The payment's account."""
    payment_id: str
    """The payment."""
    occurred_at: int
    """When it was made (ms): the earliest time any evidence gives."""
    amount: int
    """Its amount, minor units."""
    currency: str
    """What the amount is in."""
    tokens: Tokens
    """Its entities: the fullest any evidence gives."""
    attempt: int = 1
    """Its attempt."""
    stated: bool = False
    """A dispute or verdict stated the amount: captures and refunds do not change it."""
    facts: tuple[Fact, ...] = ()
    """All evidence, each piece once, in order of time."""
    sent: LabelContent | None = None
    """The label sent last; null while there is none."""
    said: tuple[LabelValue, ...] = ()
    """The label values sent so far."""

    @property
    def has_evidence(self) -> bool:
        """Whether something but captures, refunds and voids is known."""
        return any(map(is_evidence, self.facts))


def attempt_key(account: str, payment_id: str, attempt: int) -> str:
    """What a payment attempt is known by, as one text."""
    return f"{attempt}|{len(account)}|{account}|{payment_id}"


def evidence_key(evidence: Dossier | EvidenceMessage) -> str:
    """The key of the payment that a dossier or message is about."""
    return attempt_key(evidence.merchant_account, evidence.payment_id, evidence.attempt)


def with_evidence(dossier: Dossier | None, message: EvidenceMessage, received_at: int) -> Dossier:
    """The dossier with one more message; the same one where the message adds nothing.

    Raises `UnusableEvidence`.
    """
    check(message, received_at)
    fact = _fact(message)
    stated = not isinstance(message, Outcome)
    if dossier is None:
        opened = Dossier(
            merchant_account=message.merchant_account,
            payment_id=message.payment_id,
            occurred_at=message.occurred_at,
            amount=message.amount,
            currency=message.currency,
            tokens=message.tokens,
            attempt=message.attempt,
            stated=stated,
        )
        return msgspec.structs.replace(opened, facts=(fact,))
    _check_fits(dossier, message, fact)
    return msgspec.structs.replace(
        dossier,
        occurred_at=min(dossier.occurred_at, message.occurred_at),
        amount=max((dossier.stated, dossier.amount), (stated, message.amount))[1],
        currency=dossier.currency if dossier.stated else message.currency,
        stated=dossier.stated or stated,
        tokens=max((dossier.tokens, message.tokens), key=_fullness),
        facts=dossier.facts if fact in dossier.facts else tuple(_ordered((*dossier.facts, fact))),
    )


def check(message: EvidenceMessage, received_at: int) -> None:
    """Raises `UnusableEvidence` for a message that contradicts itself. `received_at`: ms, by our clock."""
    problem = money.check_amount(message.amount, message.currency, waived=True)
    if problem is not None:
        unknown = problem[0] is DeadLetterReason.UNKNOWN_CURRENCY
        raise UnusableEvidence(
            UnusableReason.UNKNOWN_CURRENCY if unknown else UnusableReason.INVALID_AMOUNT, problem[1]
        )
    if message.at < message.occurred_at - BEHIND_MS:
        raise UnusableEvidence(
            UnusableReason.BEFORE_PAYMENT,
            f"at {message.at} is before the payment itself, occurred_at {message.occurred_at}",
        )
    if message.at > received_at + AHEAD_MS:
        raise UnusableEvidence(
            UnusableReason.IN_THE_FUTURE,
            f"at {message.at} is more than a day ahead of our clock ({received_at})",
        )
    if isinstance(message, Dispute) and message.disputed_amount is not None:
        _check_disputed(message.disputed_amount, message.amount)


def next_label(dossier: Dossier) -> tuple[Dossier, Label] | None:
    """The label to be sent now, and the dossier that records it; None where the one sent still stands."""
    content = label_of(dossier.facts)
    if content is None:
        return None
    content = not_weaker(content, dossier.sent)
    if content == dossier.sent:
        return None
    repeats = content.label in dossier.said
    values = dossier.said if repeats else (*dossier.said, content.label)
    label = label_message(dossier, content, repeats)
    return msgspec.structs.replace(dossier, sent=content, said=values), label


def label_message(dossier: Dossier, content: LabelContent, repeats: bool = False) -> Label:
    """The label as a message, with the payment's entities."""
    return Label(
        merchant_account=dossier.merchant_account,
        payment_id=dossier.payment_id,
        label=content.label,
        known_at=content.known_at,
        occurred_at=dossier.occurred_at,
        amount=dossier.amount,
        currency=dossier.currency,
        tokens=dossier.tokens,
        attempt=dossier.attempt,
        source=content.source,
        final=content.final,
        weight=content.weight,
        repeats=repeats,
    )


def _check_disputed(disputed: int, amount: int) -> None:
    if not 0 < disputed <= amount:
        raise UnusableEvidence(
            UnusableReason.DISPUTED_AMOUNT,
            f"disputed_amount {disputed} is not a part of the payment's amount {amount}",
        )


def _check_fits(dossier: Dossier, message: EvidenceMessage, fact: Fact) -> None:
    corrects = not dossier.stated and not isinstance(message, Outcome)
    if message.currency != dossier.currency and not corrects:
        raise UnusableEvidence(
            UnusableReason.CURRENCY_DIFFERS,
            f"currency {message.currency} where earlier evidence on this payment says {dossier.currency}",
        )
    if len(dossier.facts) >= FACTS_MAX and fact not in dossier.facts:
        raise UnusableEvidence(
            UnusableReason.TOO_MUCH_EVIDENCE, f"this payment has {FACTS_MAX} pieces of evidence already"
        )


def _fact(message: EvidenceMessage) -> Fact:
    at = max(message.at, message.occurred_at)
    if isinstance(message, Dispute):
        return DisputeFact(
            message.dispute_id,
            message.stage,
            at,
            message.disputed_amount,
            message.scheme,
            message.reason_code,
            message.ground,
            message.channel,
        )
    if isinstance(message, AnalystVerdict):
        return VerdictFact(message.author, message.label, at)
    reason = next((one for one in RefundReason if one == message.refund_reason), None)
    return OutcomeFact(message.kind, at, message.amount, reason)


def _ordered(facts: Iterable[Fact]) -> list[Fact]:
    return sorted(facts, key=lambda fact: (fact.at, _encode(fact)))


def _fullness(tokens: Tokens) -> tuple[int, bytes]:
    known = sum(value is not None for value in msgspec.structs.astuple(tokens))
    return known + sum(value is not None for value in msgspec.structs.astuple(tokens.method)), _encode(tokens)


_encode = msgspec.json.Encoder(order="deterministic").encode
