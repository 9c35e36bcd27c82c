"""All that is known of how one payment turned out, and the label that follows from it.

Evidence comes in any order and more than once: stages of several disputes, analysts' verdicts, captures,
refunds. The label that stands is the strongest that any of it gives (`models.labels.strength`):

| evidence | label | source | weight |
|---|---|---|---|
| a dispute | see `models.labels.claims` | its level | |
| an analyst's verdict, at or after the first stage of a dispute | as the verdict says | `analyst` | 1 |
| an analyst's verdict before any dispute | as the verdict says | `review` | 1 |
| money paid back as fraud | fraud | `refund` | 0.7 |
| money paid back for another reason, captured, voided | none | | |
| captured, not paid back, not disputed for long enough | legitimate | `silence` | `models.labels.maturity` |

A reviewer who let a payment pass did not know what the cardholder says later: a fraud notice is stronger than
that verdict, while one given with the dispute on the table is stronger than the dispute, and only arbitration
is stronger still. Of disputes that contradict each other on one level, one that has ended counts more than an
open one, then the one known last. A verdict `unknown` takes the payment out of the labels.

Invariants
- The label depends on the set of evidence alone: neither order nor repetition matters.
- More evidence never makes it weaker.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

import msgspec
from msgspec import Struct

from models.labels.claims import DisputeFact, Standing, claim
from models.labels.strength import strength
from models.messages import LabelValue, OutcomeKind, RefundReason


class VerdictFact(Struct, frozen=True, gc=False, tag="verdict", tag_field="fact", omit_defaults=True):
    """What an analyst found; fields as in `models.messages.dispute.AnalystVerdict`."""

    author: str
    label: LabelValue
    at: int


class OutcomeFact(Struct, frozen=True, gc=False, tag="outcome", tag_field="fact", omit_defaults=True):
    """A capture, refund or void; fields as in `models.messages.outcome.Outcome`."""

    kind: OutcomeKind
    at: int
    amount: int
    refund_reason: RefundReason | None = None


Fact = DisputeFact | VerdictFact | OutcomeFact

REFUND_WEIGHT: Final = 0.7
"""Of a refund as fraud: the merchant says so, no bank and no cardholder."""
_CAUTION: Final = (LabelValue.UNKNOWN, LabelValue.LEGITIMATE, LabelValue.FRIENDLY, LabelValue.FRAUD)
"""Of equally strong labels known at one time the last of these stands."""


def standing(facts: Iterable[Fact]) -> Standing | None:
    """The label that stands, without silence; None where there is no evidence.

    >>> refund = OutcomeFact(OutcomeKind.REFUNDED, 100, 1250, RefundReason.FRAUDULENT)
    >>> standing([refund]).source, standing([VerdictFact("ana", LabelValue.FRIENDLY, 200), refund]).source
    ('refund', 'review')
    """
    known = set(facts)
    disputes = [fact for fact in known if isinstance(fact, DisputeFact)]
    given = [
        *_claims(disputes),
        *_verdicts([fact for fact in known if isinstance(fact, VerdictFact)], disputes),
        *_refunds(fact for fact in known if isinstance(fact, OutcomeFact)),
    ]
    return max(given, key=_rank, default=None)


def not_weaker(label: Standing, sent: Standing | None) -> Standing:
    """The label as it is to be sent after another one, so that the strongest sent is the one sent last.

    Only `known_at` may have to follow: evidence that arrives late can show that the same thing was known
    earlier, but what was said since must not win over it.
    """
    if sent is None or strength(label.source, label.final) > strength(sent.source, sent.final):
        return label
    return msgspec.structs.replace(label, known_at=max(label.known_at, sent.known_at))


def is_evidence(fact: Fact) -> bool:
    """Whether it gives a label by itself, so that its payment is no longer silent."""
    if isinstance(fact, OutcomeFact):
        return fact.refund_reason is RefundReason.FRAUDULENT
    return True


def is_silent(facts: Iterable[Fact], until: int) -> bool:
    """Whether a payment was captured, and nothing spoke against it before `until` (ms): no dispute, no
    verdict, and no money paid back. Declined, abandoned and voided payments are not silent: they say nothing.
    """
    seen = list(facts)
    captured = any(
        isinstance(f, OutcomeFact) and f.kind is OutcomeKind.CAPTURED and f.at < until for f in seen
    )
    undone = any(
        isinstance(f, OutcomeFact) and f.kind in (OutcomeKind.REFUNDED, OutcomeKind.VOIDED) and f.at < until
        for f in seen
    )
    return captured and not undone and not any(map(is_evidence, seen))


def first_fraud(facts: Iterable[Fact]) -> int | None:
    """When a payment that counts as fraud was first said to be (ms), whatever was said since; else None.
    That is what `models.labels.maturity` learns delays from.
    """
    known = sorted(set(facts), key=lambda fact: fact.at)
    found = standing(known)
    if found is None or found.label is not LabelValue.FRAUD:
        return None
    for number, fact in enumerate(known, 1):
        so_far = standing(known[:number])
        if so_far is not None and so_far.label is LabelValue.FRAUD:
            return fact.at
    raise AssertionError("unreachable: all facts together say fraud")


def by_silence(due: int, weight: float) -> Standing:
    """The label of a payment that was silent until `due` (ms). Never final."""
    return Standing(LabelValue.LEGITIMATE, "silence", weight, False, due)


def _rank(given: Standing) -> tuple[float, ...]:
    return (
        strength(given.source, given.final),
        given.known_at,
        _CAUTION.index(given.label),
        given.weight,
    )


def _claims(disputes: Sequence[DisputeFact]) -> list[Standing]:
    by_dispute = sorted(disputes, key=lambda fact: fact.dispute_id)
    return [claim(list(each)) for _, each in groupby(by_dispute, key=lambda fact: fact.dispute_id)]


def _verdicts(verdicts: Sequence[VerdictFact], disputes: Sequence[DisputeFact]) -> list[Standing]:
    first = min((fact.at for fact in disputes), default=None)
    return [
        Standing(
            verdict.label,
            "review" if first is None or verdict.at < first else "analyst",
            0.0 if verdict.label is LabelValue.UNKNOWN else 1.0,
            False,
            verdict.at,
        )
        for verdict in verdicts
    ]


def _refunds(outcomes: Iterable[OutcomeFact]) -> list[Standing]:
    return [
        Standing(LabelValue.FRAUD, "refund", REFUND_WEIGHT, False, fact.at)
        for fact in outcomes
        if fact.kind is OutcomeKind.REFUNDED and fact.refund_reason is RefundReason.FRAUDULENT
    ]
