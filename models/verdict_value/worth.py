"""What a verdict on one payment was worth, the label being known: relative to nothing having been sold.

M is the margin, L the loss of a fraud (goods, chargeback fee, scheme cost), S the scheme cost alone, which is
left of a fraud whose loss the issuer bears; F the chargeback fee.

| the payment | worth |
|---|---|
| went through, legitimate | M |
| went through, the payer's own and yet contested (friendly fraud) | M - F |
| went through, fraud | -L; shifted -S |
| did not go through | 0 |
| was challenged, or reviewed | the price of that less |

What did happen is what outcomes say. What would have happened had it been approved: it would have gone
through, unless the issuer declined it; a fraud's loss would have shifted only where that was known before.

Money has two parts that are never mixed: `share` in minor units of the payment's currency (margin and goods
are parts of the amount), and `fixed` in EUR cents (fees and prices, as policies state them).
"""

from dataclasses import dataclass

import numpy as np

from models.arrays import Bools, Int64s
from models.policy import APPROVE, CHALLENGE, DECLINE, NO_PROBABILITY, REVIEW, PolicyRows, utilities
from models.units import BASIS_POINTS, MICRO
from models.verdict_value.rows import LabelCode, ValueRows


@dataclass(frozen=True)
class Worth:
    """Of n payments, each part of shape (n,)."""

    share: Int64s
    """Minor units of the payment's currency."""
    fixed: Int64s
    """EUR cents."""

    def __sub__(self, other: "Worth") -> "Worth":
        return Worth(self.share - other.share, self.fixed - other.fixed)

    def where(self, chosen: Bools) -> "Worth":
        """This where chosen, nothing elsewhere."""
        return Worth(np.where(chosen, self.share, 0), np.where(chosen, self.fixed, 0))


def of_verdicts(rows: ValueRows) -> Worth:
    """What the verdicts given were worth. Labels must be known: where they are not, see `expected`."""
    gone = _gone_through(rows, rows.shifted).where(rows.let_through)
    price = np.where(rows.verdicts == CHALLENGE, rows.costs["challenge_cost"], 0)
    price = np.where(rows.verdicts == REVIEW, rows.costs["review_cost"], price)
    return Worth(gone.share, gone.fixed - price)


def of_approvals(rows: ValueRows) -> Worth:
    """What approving everything would have been worth."""
    would_go = np.where(rows.verdicts == APPROVE, rows.let_through, ~rows.issuer_declined)
    shifted = np.where(rows.verdicts == APPROVE, rows.shifted, rows.shifted_before)
    return _gone_through(rows, shifted).where(would_go)


def of_model_alone(rows: ValueRows) -> Worth:
    """What the model alone would have been worth: of approve and decline the one that is worth more at its
    probability, approve without one.
    """
    return of_approvals(rows).where(~declined_by_model(rows))


def declined_by_model(rows: ValueRows) -> Bools:
    """Where declining is worth more than approving at the model's probability, by the same costs."""
    n = len(rows)
    no = np.zeros(n, np.bool_)
    judged = PolicyRows(
        probability_micro=rows.probability_micro, score=np.zeros(n, np.int64), amount=rows.reference_amounts,
        challengeable=no, degraded=no, authenticated=no, liability_shift=rows.shifted_before,
        merchant_initiated=no, phase=np.zeros(n, np.uint8), forced_challenge=no, keys=np.zeros(n, np.uint64),
        times=rows.occurred_at, merchants=np.full(n, "", object),
    )  # fmt: skip
    worth = utilities(judged, rows.costs, None)
    known = rows.probability_micro != NO_PROBABILITY
    return np.asarray(known & (worth[APPROVE] < worth[DECLINE]), np.bool_)


def expected(rows: ValueRows, legitimate: Worth, fraud: Worth) -> Worth:
    """The mean of both by the probability of fraud, rounded to whole units, half away from zero."""
    p = rows.probability_micro
    return Worth(_mean(p, legitimate.share, fraud.share), _mean(p, legitimate.fixed, fraud.fixed))


def _mean(p: Int64s, legitimate: Int64s, fraud: Int64s) -> Int64s:
    micro = (MICRO - p) * legitimate + p * fraud
    size: Int64s = (2 * np.abs(micro) + MICRO) // (2 * MICRO)
    return np.asarray(np.sign(micro) * size, np.int64)


def _gone_through(rows: ValueRows, shifted: Bools) -> Worth:
    """What payments that went through are worth by their labels."""
    costs, fraud = rows.costs, rows.labels == LabelCode.FRAUD
    goods = rows.amounts * costs["goods_bp"] // BASIS_POINTS
    margin = rows.amounts * costs["margin_bp"] // BASIS_POINTS
    fee = costs["fees"] - costs["scheme_cost"]
    share = np.where(fraud, np.where(shifted, 0, -goods), margin)
    lost = np.where(shifted, costs["scheme_cost"], costs["fees"])
    kept = costs["margin_fixed"] - np.where(rows.labels == LabelCode.FRIENDLY, fee, 0)
    return Worth(share, np.where(fraud, -lost, kept))
