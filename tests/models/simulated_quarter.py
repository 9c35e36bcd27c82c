"""A quarter of a simulated world: payments decided, what became of them, and what is true of them.

The decisions are made by a rough judge of our own (no engine runs): a probability near the perfect one, two
rules that block by what the payment looks like, one that allows, one that asks for a review, and a holdout.
What is true is asked of the world, by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import xxhash

from models.labels import Dossier, evidence_key, next_label, with_evidence
from models.messages import (
    AnalystVerdict,
    Decision,
    Dispute,
    Label,
    LabelValue,
    Outcome,
    Payment,
    Phase,
    Verdict,
    Versions,
    tokens_of,
)
from models.money import ReferenceRates
from models.rules import Rule
from models.units import DAY_MS
from simulation.world import PaymentTruth, World

START_MS: Final = 1_775_001_600_000
"""2026-04-01."""
DAYS: Final = 91
END_MS: Final = START_MS + DAYS * DAY_MS
SETTLED_MS: Final = END_MS + 160 * DAY_MS
"""When all that will be reported has been."""
RATES: Final = ReferenceRates.from_bytes(b"Date,USD,GBP,JPY,TND\n2025-01-02,1.10,0.80,160,3.40\n")
RULES: Final = [
    Rule(id="many_small", description="d", owner="o", when="amount > 1", action="block"),
    Rule(id="odd_hour", description="d", owner="o", when="amount > 1", action="block"),
    Rule(id="known_good", description="d", owner="o", when="amount > 1", action="allow"),
    Rule(id="large", description="d", owner="o", when="amount > 1", action="review"),
]


@dataclass(frozen=True)
class SimulatedQuarter:
    """All payments of a world's quarter."""

    world: World
    payments: Sequence[Payment]
    decisions: Sequence[Decision]
    truths: Sequence[PaymentTruth]

    @cached_property
    def aftermath(self) -> list[Outcome | Dispute | AnalystVerdict]:
        """What became of them, in order of time."""
        verdicts = [decision.verdict for decision in self.decisions]
        scheduled = [each for after in self.world.aftermaths(self.payments, verdicts) for each in after]
        return [each.message for each in sorted(scheduled, key=lambda each: each.at_ms)]

    @property
    def outcomes(self) -> list[Outcome]:
        return [message for message in self.aftermath if isinstance(message, Outcome)]

    @property
    def disputes(self) -> list[Dispute]:
        return [message for message in self.aftermath if isinstance(message, Dispute)]

    @cached_property
    def labels(self) -> list[Label]:
        """As the label agent sends them."""
        dossiers: dict[str, Dossier] = {}
        labels = []
        for message in self.aftermath:
            key = evidence_key(message)
            dossiers[key] = with_evidence(dossiers.get(key), message, message.at)
            if (made := next_label(dossiers[key])) is not None:
                dossiers[key], label = made
                labels.append(label)
        return labels

    def true_labels(self) -> list[Label]:
        """What each payment is, also of those that were stopped."""
        return [
            Label(
                payment.merchant_account, payment.payment_id,
                LabelValue.FRAUD if truth.fraud else LabelValue.LEGITIMATE, payment.occurred_at + DAY_MS,
                payment.occurred_at, payment.amount, payment.currency, tokens_of(payment), source="analyst",
            )
            for payment, truth in zip(self.payments, self.truths, strict=True)
        ]  # fmt: skip


def simulated_quarter(
    seed: int = 7,
    per_day: int = 60,
    days: int = DAYS,
    skill: float = 0.9,
    fraud: float = 0.011,
    start_ms: int = START_MS,
) -> SimulatedQuarter:
    """The quarter of a world with this seed. `skill`: how much of the perfect probability the judge sees;
    `fraud`: share of attempts.
    """
    world = World(seed, start_ms, per_day=per_day, days=days, fraud=fraud)
    payments = [payment for day in range(days) for payment in world.day(day)]
    truths = world.truths([payment.payment_id for payment in payments])
    decisions = [
        _decision(number, payment, truth, skill)
        for number, (payment, truth) in enumerate(zip(payments, truths, strict=True), 1)
    ]
    return SimulatedQuarter(world, payments, decisions, truths)


def _decision(sequence: int, payment: Payment, truth: PaymentTruth, skill: float) -> Decision:
    turn = xxhash.xxh3_64_intdigest(payment.payment_id) % 1_000
    probability = None if turn < 5 else round(skill * truth.probability + 0.0001 * (turn % 100), 6)
    verdict, decided_by, hits = _verdict(payment, turn, probability)
    euro = RATES.convert(payment.amount, payment.currency, payment.occurred_at)
    assert euro is not None
    return Decision(
        engine="live", sequence=sequence, merchant_account=payment.merchant_account,
        payment_id=payment.payment_id, attempt=1, phase=Phase.PRE_AUTH, verdict=verdict,
        probability=probability, score=0, hits=hits, amount=payment.amount, currency=payment.currency,
        reference_amount=euro, method=payment.method.kind, merchant_id=payment.merchant.id,
        merchant_country=payment.merchant.country, occurred_at=payment.occurred_at,
        received_at=payment.occurred_at, engine_time=payment.occurred_at,
        versions=Versions("cat", "model", "rules", "policy"), decided_by=decided_by,
    )  # fmt: skip


def _verdict(payment: Payment, turn: int, p: float | None) -> tuple[Verdict, str, tuple[str, ...]]:
    small, odd = payment.amount % 7 == 0 and turn > 930, turn % 80 == 1
    if turn == 999:
        return Verdict.APPROVE, "holdout", ()
    if turn % 25 == 3 or (p is not None and p > 0.4 and turn % 4 == 0):
        return Verdict.APPROVE, "allow", ("known_good",)
    if small or odd:
        hits = tuple(name for name, hit in (("odd_hour", odd), ("many_small", small)) if hit)
        return Verdict.DECLINE, "block", hits
    if p is None:
        return Verdict.REVIEW, "fallback", ()
    if turn % 60 == 7:
        return Verdict.REVIEW, "review_rule", ("large",)
    if p > 0.4:
        return Verdict.DECLINE, "policy", ()
    return (Verdict.CHALLENGE if p > 0.02 else Verdict.APPROVE), "policy", ()
