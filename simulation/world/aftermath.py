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
    Tokens,
    Verdict,
)
from models.units import DAY_MS, HOUR_MS
from simulation.world.fate import NEVER, Challenge, Claim, Fates

CODES: Final = {
    "visa": {Claim.FRAUD: "10.4", Claim.NOT_RECEIVED: "13.1", Claim.NOT_AS_DESCRIBED: "13.3",
             Claim.CREDIT_NOT_PROCESSED: "13.6"},
    "mastercard": {Claim.FRAUD: "4837", Claim.NOT_RECEIVED: "4853", Claim.NOT_AS_DESCRIBED: "4853",
                   Claim.CREDIT_NOT_PROCESSED: "4853"},
}  # fmt: skip
"""Reason codes by scheme. In a hundredth of fraud disputes a monitoring code stands instead."""

MONITORING: Final = {"visa": "10.5", "mastercard": "4849"}
_GROUPS: Final = list(DeclineGroup)
ANALYST: Final = "analyst-1"


class Due(NamedTuple):
    """A message for the topic of this role, and when (epoch ms) it is due there."""

    at_ms: int
    role: Literal["outcomes", "disputes"]
    message: Outcome | Dispute | AnalystVerdict


class Aftermath:
    """One payment and its fate: row `row` of `fates`."""

    def __init__(self, payment: Payment, fates: Fates, row: int) -> None:
        self._payment, self._fates, self._row = payment, fates, row
        customer = payment.customer.id if payment.customer else None
        self._tokens = Tokens(
            payment.method, payment.merchant.id, customer, payment.device_id, payment.ip, payment.email_token,
            payment.delivery_address_token,
        )  # fmt: skip
        self._at = payment.occurred_at
        digits = payment.method.bin or ""
        self._scheme = "visa" if digits.startswith("4") else "mastercard" if digits else None

    def after(self, verdict: Verdict) -> list[Due]:
        """Everything that will happen, in order of time."""
        return sorted(self._after(verdict), key=lambda due: due.at_ms)

    def _after(self, verdict: Verdict) -> Iterator[Due]:
        if verdict is Verdict.APPROVE:
            yield from self._authorised(delay=2_000, shifted=False)
        elif verdict is Verdict.CHALLENGE:
            yield from self._challenged()
        elif verdict is Verdict.REVIEW:
            yield from self._reviewed()

    def _challenged(self) -> Iterator[Due]:
        """Whoever abandons leaves no message."""
        ending = self._fates.challenge[self._row]
        at = self._at + 15_000 + int(self._turn(0) * 120_000)
        if ending == Challenge.PASSED:
            yield self._outcome(OutcomeKind.AUTHENTICATED, at)
            yield from self._authorised(delay=at - self._at + 2_000, shifted=True)
        elif ending == Challenge.FAILED:
            yield self._outcome(OutcomeKind.AUTHENTICATION_FAILED, at)

    def _reviewed(self) -> Iterator[Due]:
        """The analyst finds seven in eight frauds, and is wrong about one honest payment in thirty."""
        found = self._turn(1) < (0.875 if self._fates.fraud[self._row] else 1 / 30)
        delay = int((0.5 + 7 * self._turn(2)) * HOUR_MS)
        label = LabelValue.FRAUD if found else LabelValue.LEGITIMATE
        p = self._payment
        yield Due(self._at + delay, "disputes", AnalystVerdict(
            p.merchant_account, p.payment_id, label, self._at + delay, p.occurred_at, p.amount, p.currency,
            self._tokens, ANALYST, p.attempt, "looked at the customer's history",
        ))  # fmt: skip
        if not found:
            yield from self._authorised(delay=delay + 60_000, shifted=False)

    def _authorised(self, delay: int, shifted: bool) -> Iterator[Due]:
        fates, row = self._fates, self._row
        if fates.group[row] >= 0:
            yield self._outcome(OutcomeKind.DECLINED, self._at + delay, group=_GROUPS[fates.group[row]])
            return
        yield self._outcome(OutcomeKind.AUTHORISED, self._at + delay)
        if fates.captured_at[row] == NEVER:
            yield self._outcome(OutcomeKind.VOIDED, self._at + delay + 2 * HOUR_MS)
            return
        yield self._outcome(OutcomeKind.CAPTURED, int(fates.captured_at[row]) + delay)
        if fates.refunded_at[row] != NEVER:
            amount = max(int(self._payment.amount * fates.refund_share[row]), 1)
            yield self._outcome(OutcomeKind.REFUNDED, int(fates.refunded_at[row]) + delay, amount)
        yield from self._reported(delay, shifted)

    def _reported(self, delay: int, shifted: bool) -> Iterator[Due]:
        claim = Claim(int(self._fates.claim[self._row]))
        notice, chargeback = (int(at[self._row]) for at in (self._fates.notice_at, self._fates.chargeback_at))
        if claim is Claim.FRAUD and shifted:
            notice, chargeback = (chargeback if notice == NEVER else notice), NEVER
        if notice != NEVER:
            yield self._dispute(DisputeStage.FRAUD_NOTICE, notice + delay, "n", self._code(claim))
        if chargeback != NEVER:
            yield from self._disputed(chargeback + delay, claim)

    def _disputed(self, at: int, claim: Claim) -> Iterator[Due]:
        """Inquiry or none, then prevented, or charged back and perhaps represented."""
        code, part = self._code(claim), None
        if claim is not Claim.FRAUD and self._turn(3) > 0.8:
            part = max(self._payment.amount // 2, 1)
        if self._turn(0) < 0.1:
            early = max(at - 4 * DAY_MS, self._at + DAY_MS)
            yield self._dispute(DisputeStage.INQUIRY, min(early, at - 1), "d", code, part)
        if self._turn(0) > 0.95:
            yield self._dispute(DisputeStage.PREVENTED, at, "d", code, part)
            return
        yield self._dispute(DisputeStage.CHARGEBACK, at, "d", code, part)
        yield from self._contested(at, code, part)

    def _contested(self, at: int, code: str | None, part: int | None) -> Iterator[Due]:
        friendly = bool(self._fates.friendly[self._row])
        stage, second, third = DisputeStage, at + int((5 + 20 * self._turn(2)) * DAY_MS), self._turn(3)
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
        return float(self._fates.turns[number, self._row])

    def _code(self, claim: Claim) -> str | None:
        if self._scheme is None:
            return None
        if claim is Claim.FRAUD and 0.5 < self._turn(2) < 0.51:
            return MONITORING[self._scheme]
        return CODES[self._scheme][claim]

    def _outcome(
        self, kind: OutcomeKind, at: int, amount: int | None = None, group: DeclineGroup | None = None
    ) -> Due:
        p = self._payment
        return Due(at, "outcomes", Outcome(
            p.merchant_account, p.payment_id, kind, at, p.occurred_at, p.amount if amount is None else amount,
            p.currency, self._tokens, p.attempt, group,
        ))  # fmt: skip

    def _dispute(
        self, stage: DisputeStage, at: int, kind: str, code: str | None, part: int | None = None
    ) -> Due:
        p = self._payment
        return Due(at, "disputes", Dispute(
            p.merchant_account, p.payment_id, f"{p.payment_id}-{kind}", stage, at, p.occurred_at, p.amount,
            p.currency, self._tokens, p.attempt, part, self._scheme, code,
        ))  # fmt: skip
