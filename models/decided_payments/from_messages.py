"""Decided payments from messages: decisions joined with their payments, outcomes and labels.

Invariants
- The result depends on the messages that were known at `as_of_ms`, and not on the order of outcomes or on
  repetition; of outcomes of one kind and time the first counts, as in the warehouse. Of labels the strongest
  known by then stands (`models.labels.standing`).
- Repeated decisions (`duplicate`) and messages about payments that were never decided change nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np

from models.decided_payments.columns import NEVER, SUM_MAX, DecidedPayments, Texts, scheme_of
from models.labels import standing_label
from models.messages import (
    Channel,
    Decision,
    Label,
    LabelValue,
    MethodKind,
    Outcome,
    OutcomeKind,
    Payment,
    Verdict,
)
from models.policy import VERDICTS, DecidedBy
from models.units import MICRO
from models.verdict_value import LABEL_CODES, LabelCode

Attempt = tuple[str, str, int]
"""Merchant account, payment id, attempt."""
_VERDICT_CODES: Final = {verdict: code for code, verdict in enumerate(VERDICTS)}
_DECIDED_BY: Final = {by.name.lower(): by for by in DecidedBy}
_BY_CARD: Final = (MethodKind.CARD, MethodKind.WALLET)


@dataclass
class _Events:
    """What is known of one attempt besides its decision."""

    payment: Payment | None = None
    """Its first message."""
    is_authenticated: bool = False
    """A message of it, in whatever phase, says that 3-D Secure was passed."""
    by_event: dict[tuple[OutcomeKind, int], Outcome] = field(default_factory=dict)
    """By kind and time; what comes again is repeated, whatever else it says."""
    labels: list[Label] = field(default_factory=list)

    @property
    def outcomes(self) -> Iterable[Outcome]:
        return self.by_event.values()


def attempt_of(message: Decision | Payment | Outcome | Label) -> Attempt:
    """What tells an attempt from others."""
    return message.merchant_account, message.payment_id, message.attempt


def decided_payments(
    decisions: Iterable[Decision],
    payments: Iterable[Payment],
    outcomes: Iterable[Outcome],
    labels: Iterable[Label],
    as_of_ms: int,
) -> DecidedPayments:
    """One row an attempt, in order of its first decision. `outcomes` and `labels` in order of the log."""
    chosen: dict[Attempt, Decision] = {}
    for decision in decisions:
        if not decision.duplicate and decision.engine_time < as_of_ms:
            key = attempt_of(decision)
            chosen[key] = _that_counts(chosen.get(key), decision)
    events = {key: _Events() for key in chosen}
    for payment in payments:
        if (known := events.get(attempt_of(payment))) is not None:
            known.payment = known.payment or payment
            known.is_authenticated |= _is_authenticated(payment)
    for outcome in outcomes:
        if outcome.at < as_of_ms and (key := attempt_of(outcome)) in events:
            events[key].by_event.setdefault((outcome.kind, outcome.at), outcome)
    for label in labels:
        if label.known_at < as_of_ms and (key := attempt_of(label)) in events:
            events[key].labels.append(label)
    rows = [_row(decision, events[key]) for key, decision in chosen.items()]
    return columns_of(rows)


def _that_counts(before: Decision | None, later: Decision) -> Decision:
    """Of an attempt's decisions the last that did not approve; where all approved, the first."""
    return later if before is None or later.verdict is not Verdict.APPROVE else before


def _is_authenticated(payment: Payment) -> bool:
    stated = payment.authentication
    return stated is not None and stated.three_ds_result == "Y"


def _order(outcome: Outcome) -> tuple[int, bytes]:
    """By time; of those of one time the same in every process."""
    return outcome.at, msgspec.json.encode(outcome)


def _row(decision: Decision, events: _Events) -> dict[str, Any]:
    return {**_decided(decision), **_paid(events), **_happened(events), **_known(events.labels)}


def _decided(decision: Decision) -> dict[str, Any]:
    probability = decision.probability
    return {
        "payments": 1, "accounts": decision.merchant_account, "payment_ids": decision.payment_id,
        "attempts": decision.attempt,
        "merchants": decision.merchant_id, "countries": decision.merchant_country,
        "methods": decision.method.value, "amounts": decision.amount, "currencies": decision.currency,
        "reference_amounts": decision.reference_amount, "occurred_at": decision.occurred_at,
        "decided_at": decision.engine_time, "verdicts": _VERDICT_CODES[decision.verdict],
        "decided_by": _DECIDED_BY[decision.decided_by], "hits": decision.hits,
        "rulesets": decision.versions.ruleset, "models": decision.versions.model,
        "probability_micro": -1 if probability is None else round(probability * MICRO),
        "degraded": bool(set(decision.degraded) - {"warming", "hits"}),
        "shifted_before": decision.sca is not None and decision.sca.liability == "issuer",
    }  # fmt: skip


def _paid(events: _Events) -> dict[str, Any]:
    """What only the payment says; of one that is not at hand, what its outcomes say."""
    payment = events.payment
    outcome = min(events.outcomes, key=_order, default=None) if payment is None else None
    method = payment.method if payment else outcome.tokens.method if outcome else None
    by_card = method is not None and method.kind in _BY_CARD
    return {
        "schemes": scheme_of(method.bin) if method and by_card else None,
        "bins": method.bin if method else None,
        "cards": method.token if method else None,
        "devices": payment.device_id if payment else outcome.tokens.device_id if outcome else None,
        "at_terminal": payment is not None and payment.channel is Channel.POS,
    }


def _happened(events: _Events) -> dict[str, Any]:
    by_kind: dict[OutcomeKind, list[Outcome]] = {}
    for outcome in events.outcomes:
        by_kind.setdefault(outcome.kind, []).append(outcome)
    return {
        "authorised_at": _first(by_kind, OutcomeKind.AUTHORISED),
        "declined_at": _first(by_kind, OutcomeKind.DECLINED),
        "captured_at": _first(by_kind, OutcomeKind.CAPTURED),
        "captured": _sum(by_kind.get(OutcomeKind.CAPTURED, ())),
        "refunded": _sum(by_kind.get(OutcomeKind.REFUNDED, ())),
        "voided": OutcomeKind.VOIDED in by_kind,
        "authenticated": OutcomeKind.AUTHENTICATED in by_kind or events.is_authenticated,
    }


def _first(by_kind: Mapping[OutcomeKind, Sequence[Outcome]], kind: OutcomeKind) -> int:
    return min((outcome.at for outcome in by_kind.get(kind, ())), default=NEVER)


def _sum(outcomes: Sequence[Outcome]) -> int:
    return max(-SUM_MAX, min(SUM_MAX, sum(outcome.amount for outcome in outcomes)))


def _known(labels: Sequence[Label]) -> dict[str, Any]:
    standing = standing_label(labels)
    if standing is None:
        return {"labels": LabelCode.NONE, "known_at": NEVER, "fraud_known_at": NEVER}
    frauds = [label.known_at for label in labels if label.label is LabelValue.FRAUD]
    is_fraud = standing.label is LabelValue.FRAUD
    return {
        "labels": LABEL_CODES[standing.label],
        "known_at": standing.known_at,
        "fraud_known_at": min(frauds) if is_fraud else NEVER,
    }


_FLAGS: Final = ("at_terminal", "degraded", "shifted_before", "authenticated", "voided")
_TEXTS: Final = (
    "accounts", "payment_ids", "merchants", "countries", "methods", "schemes", "bins", "cards", "devices",
    "currencies", "rulesets", "models",
)  # fmt: skip
_CODES: Final = ("verdicts", "decided_by", "labels")


def columns_of(rows: Sequence[Mapping[str, Any]]) -> DecidedPayments:
    """Rows, each with every field, as columns."""
    columns: dict[str, Any] = {}
    for name in DecidedPayments.__dataclass_fields__:
        values = [row[name] for row in rows]
        if name in _FLAGS:
            columns[name] = np.array(values, np.bool_)
        elif name in _CODES:
            columns[name] = np.array(values, np.uint8)
        elif name in _TEXTS or name == "hits":
            columns[name] = _objects(values)
        else:
            columns[name] = np.array(values, np.int64)
    return DecidedPayments(**columns)


def _objects(values: Sequence[Any]) -> Texts:
    column = np.empty(len(values), object)
    for place, value in enumerate(values):
        column[place] = value
    return column
