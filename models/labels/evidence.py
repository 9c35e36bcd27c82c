"""All that is known of how one payment turned out, and the label that follows from it.

Evidence comes in any order and more than once: stages of several disputes, analysts' verdicts, captures,
refunds. The label that stands is the strongest that any of it gives (`models.labels.strength`):

| evidence | label | source | weight |
|---|---|---|---|
| a dispute | see `models.labels.claims` | its level | |
| an analyst's verdict, at or after the first stage of a dispute | the analyst's | `analyst` | 1 |
| an analyst's verdict before any dispute | the analyst's | `review` | 1 |
| money paid back as fraud | fraud | `refund` | 0.7 |
| money paid back for another reason, captured, voided | none | | |
| captured, not paid back, not disputed for long enough | legitimate | `silence` | `models.labels.maturity` |

A reviewer who let a payment pass did not know what the cardholder claims later: a fraud notice is stronger
than that verdict, while one given with knowledge of the dispute is stronger than the dispute, and only
arbitration is stronger still. Of disputes that contradict each other on one level, one that has ended counts
more than an open one, then the one known last. A verdict `unknown` takes the payment out of the labels.

Invariants
- The label depends on the set of evidence alone: neither order nor repetition matters.
- More evidence never makes it weaker.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

import msgspec

from models.labels.claims import claim
from models.labels.facts import DisputeFact, Fact, LabelContent, OutcomeFact, VerdictFact
from models.labels.standing import standing_label
from models.labels.strength import strength
from models.messages import LabelValue, OutcomeKind, RefundReason

REFUND_WEIGHT: Final = 0.7
"""Of a refund as fraud: it rests on the merchant alone, on no bank and no cardholder."""
_CAUTION: Final = (LabelValue.UNKNOWN, LabelValue.LEGITIMATE, LabelValue.FRIENDLY, LabelValue.FRAUD)
"""Least cautious first."""


def label_of(facts: Iterable[Fact]) -> LabelContent | None:
    """The label that all evidence on a payment leads to, without silence; None where there is no evidence.

    >>> refund = OutcomeFact(OutcomeKind.REFUNDED, 100, 1250, RefundReason.FRAUDULENT)
    >>> label_of([refund]).source, label_of([VerdictFact("ana", LabelValue.FRIENDLY, 200), refund]).source
    ('refund', 'review')
    """
    distinct = set(facts)
    disputes = [fact for fact in distinct if isinstance(fact, DisputeFact)]
    candidates = [
        *_claims(disputes),
        *_verdicts([fact for fact in distinct if isinstance(fact, VerdictFact)], disputes),
        *_refunds(fact for fact in distinct if isinstance(fact, OutcomeFact)),
    ]
    return standing_label(sorted(candidates, key=_caution))


def not_weaker(label: LabelContent, sent: LabelContent | None) -> LabelContent:
    """The label as it is to be sent after another one, so that the strongest sent is the one sent last.

    Only `known_at` may have to follow: evidence that arrives late can show that the same thing was known
    earlier, but a label sent since must not win over it.
    """
    if sent is None or strength(label.source, label.final) > strength(sent.source, sent.final):
        return label
    return msgspec.structs.replace(label, known_at=max(label.known_at, sent.known_at))


def is_evidence(fact: Fact) -> bool:
    """Whether it gives a label by itself, so that its payment is no longer silent."""
    if isinstance(fact, OutcomeFact):
        return fact.refund_reason is RefundReason.FRAUDULENT
    return True


def first_fraud(facts: Iterable[Fact]) -> int | None:
    """When a payment that counts as fraud was first reported as fraud (ms), whatever evidence came in
    between; None for any other payment. `models.labels.maturity` learns delays from it.
    """
    ordered = sorted(set(facts), key=lambda fact: fact.at)
    label = label_of(ordered)
    if label is None or label.label is not LabelValue.FRAUD:
        return None
    for number, fact in enumerate(ordered, 1):
        so_far = label_of(ordered[:number])
        if so_far is not None and so_far.label is LabelValue.FRAUD:
            return fact.at
    raise AssertionError("unreachable: all facts together mean fraud")


def _caution(label: LabelContent) -> tuple[int, float]:
    """Facts have no order on the log: of equally strong labels known at one time the most cautious stands."""
    return _CAUTION.index(label.label), label.weight


def _claims(disputes: Sequence[DisputeFact]) -> list[LabelContent]:
    by_dispute = sorted(disputes, key=lambda fact: fact.dispute_id)
    return [claim(list(each)) for _, each in groupby(by_dispute, key=lambda fact: fact.dispute_id)]


def _verdicts(verdicts: Sequence[VerdictFact], disputes: Sequence[DisputeFact]) -> list[LabelContent]:
    first = min((fact.at for fact in disputes), default=None)
    return [
        LabelContent(
            verdict.label,
            "review" if first is None or verdict.at < first else "analyst",
            0.0 if verdict.label is LabelValue.UNKNOWN else 1.0,
            False,
            verdict.at,
        )
        for verdict in verdicts
    ]


def _refunds(outcomes: Iterable[OutcomeFact]) -> list[LabelContent]:
    return [
        LabelContent(LabelValue.FRAUD, "refund", REFUND_WEIGHT, False, fact.at)
        for fact in outcomes
        if fact.kind is OutcomeKind.REFUNDED and fact.refund_reason is RefundReason.FRAUDULENT
    ]
