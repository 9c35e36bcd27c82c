"""From probability, costs and rules to the verdict of each row, in one pass.

What follows in which order: `models.policy.precedence`; the formulas: `models.policy.utility`, which gives
the same figures as columns, for explanations and reports. All in 64-bit integers, each division rounded down.
"""

from typing import Final, NamedTuple

import numpy as np

from models.arrays import Bools, Codes, Int64s
from models.kernels import inlined, kernel, signed
from models.money import AMOUNT_MAX
from models.policy.parameters import NO_ROOM, PRICE_MAX
from models.policy.rows import APPROVE, CHALLENGE, DECLINE, PRE_AUTH, REVIEW, DecidedBy
from models.units import BASIS_POINTS, MICRO

IMPOSSIBLE: Final = -(2**62)
"""Below every utility: the verdict cannot be given."""

(
    MARGIN_BP, MARGIN_FIXED, GOODS_BP, FEES, SCHEME_COST, CHALLENGE_COST, PASSES, KEEPS, SHIFTS, REVIEW_COST,
    MISSES, FINDS_GOOD, HOURS_MAX, VALID_MS,
) = range(14)  # fmt: skip
"""Columns of `models.policy.parameters.ParameterTable.matrix`."""


class VerdictRows(NamedTuple):
    """n payments, as `models.policy.rows.PolicyRows` has them."""

    probability: Int64s
    score: Int64s
    amount: Int64s
    times: Int64s
    phase: Codes
    challengeable: Bools
    degraded: Bools
    authenticated: Bools
    liability_shift: Bools
    merchant_initiated: Bools
    forced: Bools
    shifts_if_challenged: Bools
    outstanding: Bools
    legal_block: Bools
    allow: Bools
    block: Bools
    review: Bools
    challenge: Bools
    erred: Bools


class VerdictSettings(NamedTuple):
    """What a policy says, as numbers."""

    by_cost: bool
    """Utilities decide; otherwise thresholds."""
    challenge_from: int
    review_from: int
    decline_from: int
    review_above: int
    decline_above: int
    enforces: bool
    """Approvals that owe authentication become challenges."""
    is_final: bool
    """False: stop before soft declines and the law, as the holdout draws first."""


class Queue(NamedTuple):
    """The last report of the review queue."""

    is_known: bool
    waiting: int
    capacity_per_hour: int
    as_of: int


@inlined
def _price(costs: Int64s, segment: int, time: int, queue: Queue) -> int:
    """Cents of one more review; `NO_ROOM` where the queue takes no more."""
    cost = costs[segment, REVIEW_COST]
    if not queue.is_known or time - queue.as_of > costs[segment, VALID_MS]:
        return signed(cost)
    room = queue.capacity_per_hour * costs[segment, HOURS_MAX]
    left = room - queue.waiting
    return signed(min(cost * room // left, PRICE_MAX) if left > 0 else NO_ROOM)


@inlined
def _best(rows: VerdictRows, row: int, costs: Int64s, segment: int, queue: Queue, can_challenge: bool) -> int:
    """The verdict of greatest utility, micro-cents; of equals the sterner. Declining is worth 0."""
    fraud = rows.probability[row]
    good = MICRO - fraud
    amount = min(max(rows.amount[row], 0), AMOUNT_MAX)
    margin = amount * costs[segment, MARGIN_BP] // BASIS_POINTS + costs[segment, MARGIN_FIXED]
    loss = amount * costs[segment, GOODS_BP] // BASIS_POINTS + costs[segment, FEES]
    now = costs[segment, SCHEME_COST] if rows.liability_shift[row] else loss
    best, utility = signed(DECLINE), signed(0)
    price = _price(costs, segment, rows.times[row], queue)
    if price != NO_ROOM:
        kept = good * costs[segment, FINDS_GOOD] // MICRO * margin
        gain = kept - fraud * costs[segment, MISSES] // MICRO * now - MICRO * price
        if gain > utility:
            best, utility = signed(REVIEW), gain
    if can_challenge:
        shifts = costs[segment, SHIFTS] == 1 and rows.shifts_if_challenged[row]
        passed = costs[segment, SCHEME_COST] if shifts else loss
        kept = good * costs[segment, KEEPS] // MICRO * margin
        gain = (
            kept - fraud * costs[segment, PASSES] // MICRO * passed - MICRO * costs[segment, CHALLENGE_COST]
        )
        if gain > utility:
            best, utility = signed(CHALLENGE), gain
    return signed(APPROVE) if good * margin - fraud * now > utility else best


@inlined
def _by_thresholds(settings: VerdictSettings, probability: int, can_challenge: bool, proven: bool) -> int:
    """Where no challenge is possible, what is authenticated is approved, the rest reviewed."""
    if probability >= settings.decline_from:
        return signed(DECLINE)
    if probability >= settings.review_from:
        return signed(REVIEW)
    if probability < settings.challenge_from:
        return signed(APPROVE)
    if can_challenge:
        return signed(CHALLENGE)
    return signed(APPROVE if proven else REVIEW)


@inlined
def _combined(
    rows: VerdictRows, row: int, settings: VerdictSettings, verdict: int, can_challenge: bool
) -> tuple[int, int]:
    """The verdict after scores, rules and fallback, and what decided it: each line overrides those above."""
    by = DecidedBy.POLICY.value
    score = rows.score[row]
    if score > settings.review_above and verdict < REVIEW:
        verdict, by = signed(REVIEW), DecidedBy.SCORE.value
    if score > settings.decline_above and verdict < DECLINE:
        verdict, by = signed(DECLINE), DecidedBy.SCORE.value
    if rows.review[row] and verdict < REVIEW:
        verdict, by = signed(REVIEW), DecidedBy.REVIEW_RULE.value
    unsure = rows.probability[row] < 0 or score < 0 or rows.degraded[row] or rows.erred[row]
    if unsure and verdict < REVIEW:
        verdict, by = signed(REVIEW), DecidedBy.FALLBACK.value
    if rows.block[row]:
        verdict, by = signed(DECLINE), DecidedBy.BLOCK.value
    if rows.allow[row] and not rows.erred[row]:
        verdict, by = signed(APPROVE), DecidedBy.ALLOW.value
    if rows.legal_block[row]:
        verdict, by = signed(DECLINE), DecidedBy.LEGAL_BLOCK.value
    if rows.challenge[row] and verdict == APPROVE and can_challenge:
        verdict, by = signed(CHALLENGE), DecidedBy.CHALLENGE_RULE.value
    return verdict, by


@kernel
def judge_rows(
    rows: VerdictRows,
    settings: VerdictSettings,
    costs: Int64s,
    segments: Int64s,
    queue: Queue,
    verdicts: Codes,
    decided_by: Codes,
) -> None:
    """Fills in verdicts and what decided them. `costs`: parameters of each segment; `segments`: each row's,
    or none where all rows have the first.
    """
    for row in range(verdicts.shape[0]):
        segment = segments[row] if segments.shape[0] > 0 else 0
        probability, proven = rows.probability[row], rows.authenticated[row]
        possible = rows.challengeable[row] and rows.phase[row] == PRE_AUTH
        can_challenge = possible and not proven and not rows.merchant_initiated[row]
        if not settings.by_cost:
            verdict = _by_thresholds(settings, probability, can_challenge, proven)
        elif probability < 0:
            verdict = signed(APPROVE)
        else:
            verdict = _best(rows, row, costs, segment, queue, can_challenge)
        verdict, by = _combined(rows, row, settings, verdict, can_challenge)
        if settings.is_final and verdict == APPROVE and can_challenge:
            if rows.forced[row]:
                verdict, by = signed(CHALLENGE), DecidedBy.SOFT_DECLINE.value
            elif settings.enforces and rows.outstanding[row]:
                verdict, by = signed(CHALLENGE), DecidedBy.SCA.value
        verdicts[row] = np.uint8(verdict)
        decided_by[row] = np.uint8(by)
