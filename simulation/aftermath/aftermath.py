"""The messages that follow a verdict: what happens to a payment once it was decided.

Declined: nothing. Challenged: how the challenge ends, then as approved, but the issuer bears fraud
(liability shift), which leaves a fraud notice and no chargeback. Reviewed: an analyst's verdict after hours,
then as approved or nothing. Approved: the issuer's answer, capture or void, refund, fraud notice, the stages
of a dispute. Deterministic: the same payment and verdict give the same messages.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from models.messages import (
    AnalystVerdict,
    DeclineGroup,
    Dispute,
    DisputeStage,
    LabelValue,
    Outcome,
    OutcomeKind,
    Payment,
    Verdict,
    tokens_of,
)
from models.units import DAY_MS, HOUR_MS
from simulation.aftermath.potential_outcomes import NEVER, ChallengeEnding, DisputeClaim, PotentialOutcomes

CODES: Final = {
    "visa": {
        DisputeClaim.FRAUD: "10.4",
        DisputeClaim.NOT_RECEIVED: "13.1",
        DisputeClaim.NOT_AS_DESCRIBED: "13.3",
        DisputeClaim.CREDIT_NOT_PROCESSED: "13.6",
    },
    "mastercard": {
        DisputeClaim.FRAUD: "4837",
        DisputeClaim.NOT_RECEIVED: "4853",
        DisputeClaim.NOT_AS_DESCRIBED: "4853",
        DisputeClaim.CREDIT_NOT_PROCESSED: "4853",
    },
}
"""Reason codes by scheme. In a hundredth of fraud disputes a monitoring code stands instead."""

MONITORING: Final = {"visa": "10.5", "mastercard": "4849"}
_GROUPS: Final = list(DeclineGroup)
ANALYST: Final = "analyst-1"


class ScheduledMessage(NamedTuple):
    """A message that follows a payment."""

    at_ms: int
    """When (epoch ms) it is due."""

    role: Literal["outcomes", "disputes"]
    message: Outcome | Dispute | AnalystVerdict


class Aftermath:
    """What may follow one payment: row `row` of `outcomes`."""

    def __init__(self, payment: Payment, outcomes: PotentialOutcomes, row: int) -> None:
        self._payment, self._outcomes, self._row = payment, outcomes, row
        self._tokens = tokens_of(payment)
        self._paid_at = payment.occurred_at
        digits = payment.method.bin or ""
        self._scheme = "visa" if digits.startswith("4") else "mastercard" if digits else None

    def after(self, verdict: Verdict) -> list[ScheduledMessage]:
        """Everything that will happen, in order of time."""
        return sorted(self._after(verdict), key=lambda message: message.at_ms)

    def _after(self, verdict: Verdict) -> Iterator[ScheduledMessage]:
        if verdict is Verdict.APPROVE:
            yield from self._authorised(delay=2_000, shifted=False)
        elif verdict is Verdict.CHALLENGE:
            yield from self._challenged()
        elif verdict is Verdict.REVIEW:
            yield from self._reviewed()

    def _challenged(self) -> Iterator[ScheduledMessage]:
        """A challenge that is abandoned leaves no message."""
        ending = self._outcomes.challenge[self._row]
        at = self._paid_at + 15_000 + int(self._turn(0) * 120_000)
        if ending == ChallengeEnding.PASSED:
            yield self._outcome(OutcomeKind.AUTHENTICATED, at)
            yield from self._authorised(delay=at - self._paid_at + 2_000, shifted=True)
        elif ending == ChallengeEnding.FAILED:
            yield self._outcome(OutcomeKind.AUTHENTICATION_FAILED, at)

    def _reviewed(self) -> Iterator[ScheduledMessage]:
        """The analyst finds seven in eight frauds, and is wrong about one honest payment in thirty."""
        caught = self._turn(1) < (0.875 if self._outcomes.fraud[self._row] else 1 / 30)
        delay = int((0.5 + 7 * self._turn(2)) * HOUR_MS)
        label = LabelValue.FRAUD if caught else LabelValue.LEGITIMATE
        p = self._payment
        yield ScheduledMessage(self._paid_at + delay, "disputes", AnalystVerdict(
            p.merchant_account, p.payment_id, label, self._paid_at + delay, p.occurred_at, p.amount,
            p.currency, self._tokens, ANALYST, p.attempt, "looked at the customer's history",
        ))  # fmt: skip
        if not caught:
            yield from self._authorised(delay=delay + 60_000, shifted=False)

    def _authorised(self, delay: int, shifted: bool) -> Iterator[ScheduledMessage]:
        outcomes, row = self._outcomes, self._row
        if outcomes.group[row] >= 0:
            yield self._outcome(
                OutcomeKind.DECLINED, self._paid_at + delay, group=_GROUPS[outcomes.group[row]]
            )
            return
        yield self._outcome(OutcomeKind.AUTHORISED, self._paid_at + delay)
        if outcomes.captured_at[row] == NEVER:
            yield self._outcome(OutcomeKind.VOIDED, self._paid_at + delay + 2 * HOUR_MS)
            return
        yield self._outcome(OutcomeKind.CAPTURED, int(outcomes.captured_at[row]) + delay)
        if outcomes.refunded_at[row] != NEVER:
            amount = max(int(self._payment.amount * outcomes.refund_share[row]), 1)
            yield self._outcome(OutcomeKind.REFUNDED, int(outcomes.refunded_at[row]) + delay, amount)
        yield from self._reported(delay, shifted)

    def _reported(self, delay: int, shifted: bool) -> Iterator[ScheduledMessage]:
        claim = DisputeClaim(int(self._outcomes.claim[self._row]))
        times = self._outcomes.notice_at, self._outcomes.chargeback_at
        notice, chargeback = (int(column[self._row]) for column in times)
        if claim is DisputeClaim.FRAUD and shifted:
            notice, chargeback = (chargeback if notice == NEVER else notice), NEVER
        if notice != NEVER:
            yield self._dispute(DisputeStage.FRAUD_NOTICE, notice + delay, "n", self._code(claim))
        if chargeback != NEVER:
            yield from self._disputed(chargeback + delay, claim)

    def _disputed(self, at_ms: int, claim: DisputeClaim) -> Iterator[ScheduledMessage]:
        """Inquiry or none, then prevented, or charged back and perhaps represented."""
        code, part = self._code(claim), None
        if claim is not DisputeClaim.FRAUD and self._turn(3) > 0.8:
            part = max(self._payment.amount // 2, 1)
        if self._turn(0) < 0.1:
            early = max(at_ms - 4 * DAY_MS, self._paid_at + DAY_MS)
            yield self._dispute(DisputeStage.INQUIRY, min(early, at_ms - 1), "d", code, part)
        if self._turn(0) > 0.95:
            yield self._dispute(DisputeStage.PREVENTED, at_ms, "d", code, part)
            return
        yield self._dispute(DisputeStage.CHARGEBACK, at_ms, "d", code, part)
        yield from self._contested(at_ms, code, part)

    def _contested(self, at_ms: int, code: str | None, part: int | None) -> Iterator[ScheduledMessage]:
        friendly = bool(self._outcomes.friendly[self._row])
        stage, second, third = DisputeStage, at_ms + int((5 + 20 * self._turn(2)) * DAY_MS), self._turn(3)
        if self._turn(1) >= (0.6 if friendly else 0.3):
            ending = stage.ACCEPTED if third < 0.5 else stage.EXPIRED
            yield self._dispute(ending, second + 5 * DAY_MS, "d", code, part)
            return
        yield self._dispute(stage.REPRESENTMENT, second, "d", code, part)
        if third < (0.5 if friendly else 0.12):
            yield self._dispute(stage.REVERSED, second + 20 * DAY_MS, "d", code, part)
            return
        yield self._dispute(stage.PRE_ARBITRATION, second + 15 * DAY_MS, "d", code, part)
        last = stage.ARBITRATION if third > 0.95 else stage.ACCEPTED
        yield self._dispute(last, second + 30 * DAY_MS, "d", code, part)

    def _turn(self, number: int) -> float:
        return float(self._outcomes.turns[number, self._row])

    def _code(self, claim: DisputeClaim) -> str | None:
        if self._scheme is None:
            return None
        if claim is DisputeClaim.FRAUD and 0.5 < self._turn(2) < 0.51:
            return MONITORING[self._scheme]
        return CODES[self._scheme][claim]

    def _outcome(
        self, kind: OutcomeKind, at_ms: int, amount: int | None = None, group: DeclineGroup | None = None
    ) -> ScheduledMessage:
        p = self._payment
        return ScheduledMessage(at_ms, "outcomes", Outcome(
            p.merchant_account, p.payment_id, kind, at_ms, p.occurred_at,
            p.amount if amount is None else amount, p.currency, self._tokens, p.attempt, group,
        ))  # fmt: skip

    def _dispute(
        self, stage: DisputeStage, at_ms: int, kind: str, code: str | None, part: int | None = None
    ) -> ScheduledMessage:
        p = self._payment
        return ScheduledMessage(at_ms, "disputes", Dispute(
            p.merchant_account, p.payment_id, f"{p.payment_id}-{kind}", stage, at_ms, p.occurred_at, p.amount,
            p.currency, self._tokens, p.attempt, part, self._scheme, code,
        ))  # fmt: skip
