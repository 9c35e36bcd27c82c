"""Payments that are alike as one row, so that a report of millions reads thousands.

Alike are payments approved by the policy without a rule, of which nobody complained (without a label, or
legitimate: by silence most of them get there), of a day, model and range of probability, with the same end.
What verdicts were worth is the same for each of them: nothing, as long as the model alone would approve them,
too. That holds below the probability at which declining would pay for an amount of `AMOUNT_FROM` or more
(`approved_below`), so only those are gathered; all others stay as they are.

Invariant: a report of gathered payments is the report of the payments (but for meters, which are read from
cells of their own, and for the mean probability, which is rounded to a millionth by row).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.arrays import Bools, Int64s
from models.decided_payments.columns import NEVER, DecidedPayments, Texts, concatenated
from models.meters import factorised, texts
from models.money import REFERENCE_CURRENCY
from models.policy import APPROVE, DecidedBy
from models.rollout import EDGES
from models.units import BASIS_POINTS, DAY_MS, MICRO
from models.verdict_value import Costs, LabelCode

AMOUNT_FROM: Final = 100
"""EUR cents: below it margins are rounded so much that the model alone may decline at any probability."""
_AMOUNT_TO: Final = 10**12


@dataclass(frozen=True)
class PlainCells:
    """Payments that are alike, n cells; every array has shape (n,)."""

    payments: Int64s
    """How many."""
    occurred_days: Int64s
    """Days on which they were made."""
    decided_days: Int64s
    """Days on which they were decided."""
    models: Texts
    """Version of the model."""
    executed: Bools
    """They went through, whether or not the money came back."""
    let_through: Bools
    """They were executed, and not wholly paid back."""
    issuer_declined: Bools
    """The issuer declined them."""
    reference_amounts: Int64s
    """Sum of their amounts, EUR cents."""
    probability_micro: Int64s
    """Mean of their probabilities, rounded down."""


def approved_below(costs: Costs) -> int:
    """The probability (micro-units) below which the model alone approves any amount from `AMOUNT_FROM` on.

    Declining pays where (1 - p) M < p L, so from p = M / (M + L) on. Margin and loss are linear in the
    amount, so the least p is that of the least or of the greatest amount; rounding takes less than a cent of
    the margin.

    >>> from models.policy import CostParameters, ParameterTable
    >>> approved_below(ParameterTable((CostParameters(),)).of(None))
    5386
    """
    least = MICRO
    for amount in (AMOUNT_FROM, _AMOUNT_TO):
        margin = amount * costs["margin_bp"] // BASIS_POINTS - 1 + costs["margin_fixed"]
        loss = amount * costs["goods_bp"] // BASIS_POINTS + costs["fees"]
        at_even = np.maximum(margin, 0) * MICRO // np.maximum(margin + loss, 1)
        least = min(least, int(at_even.min()))
    return least


def plain(decided: DecidedPayments, below_micro: int) -> Bools:
    """The payments that are gathered: below this probability (`approved_below`)."""
    no_hit = np.array([not hits for hits in decided.hits.tolist()], np.bool_)
    alike = (decided.verdicts == APPROVE) & (decided.decided_by == DecidedBy.POLICY) & no_hit
    alike &= np.isin(decided.labels, (LabelCode.NONE, LabelCode.LEGITIMATE))
    alike &= ~decided.degraded & ~decided.shifted_before
    alike &= (decided.probability_micro >= 0) & (decided.probability_micro < below_micro)
    return np.asarray(alike & (decided.reference_amounts >= AMOUNT_FROM), np.bool_)


def gathered(decided: DecidedPayments, below_micro: int) -> DecidedPayments:
    """The payments with those that are alike as one row each, after the others."""
    alike = plain(decided, below_micro)
    cells = plain_cells(decided.taken(alike), decided.executed[alike], decided.let_through[alike])
    return joined(decided.taken(~alike), cells, has_outcomes=decided.has_outcomes)


def joined(single: DecidedPayments, cells: PlainCells, *, has_outcomes: bool) -> DecidedPayments:
    """Single payments, then cells as rows. `has_outcomes`: of all payments that they were made from."""
    return concatenated([single, _rows(cells, has_outcomes=has_outcomes)])


def plain_cells(decided: DecidedPayments, executed: Bools, let_through: Bools) -> PlainCells:
    """The cells of payments that are all alike (`plain`). Which were executed is known of all payments
    together: where none has outcomes, what is approved was.
    """
    keys, numbers = factorised(
        decided.occurred_at // DAY_MS, decided.decided_at // DAY_MS, decided.models, executed, let_through,
        decided.issuer_declined, np.searchsorted(EDGES, decided.probability_micro, side="right"),
    )  # fmt: skip
    columns = [list(column) for column in zip(*keys, strict=True)] or [[] for _ in range(7)]
    payments, amounts, micro = (
        _sums(column, numbers, len(keys))
        for column in (
            decided.payments,
            decided.reference_amounts,
            decided.probability_micro * decided.payments,
        )
    )
    return PlainCells(
        payments, np.array(columns[0], np.int64), np.array(columns[1], np.int64), texts(columns[2]),
        np.array(columns[3], np.bool_), np.array(columns[4], np.bool_), np.array(columns[5], np.bool_),
        amounts, micro // np.maximum(payments, 1),
    )  # fmt: skip


def _rows(cells: PlainCells, *, has_outcomes: bool) -> DecidedPayments:
    """A cell's payments count as made just after their day began, so that their age in whole days is that of
    any other moment of the day. They have outcomes only where payments do; nothing being
    captured, a refund of one minor unit says that all was paid back.
    """
    n = len(cells.payments)
    made = cells.occurred_days * DAY_MS + 1
    zeros, never, no = np.zeros(n, np.int64), np.full(n, NEVER, np.int64), np.zeros(n, np.bool_)
    nothing, empty, no_hits = texts([None] * n), texts([""] * n), np.empty(n, object)
    no_hits[:] = [()] * n
    return DecidedPayments(
        payments=cells.payments, accounts=empty, payment_ids=empty, attempts=zeros + 1, merchants=empty,
        countries=nothing, methods=texts([""] * n), schemes=nothing, bins=nothing, cards=nothing,
        devices=nothing, at_terminal=no, amounts=cells.reference_amounts,
        currencies=texts([REFERENCE_CURRENCY] * n),
        reference_amounts=cells.reference_amounts, occurred_at=made, decided_at=cells.decided_days * DAY_MS,
        verdicts=np.full(n, APPROVE, np.uint8), decided_by=np.full(n, DecidedBy.POLICY, np.uint8),
        hits=no_hits, rulesets=nothing, models=cells.models, probability_micro=cells.probability_micro,
        degraded=no, shifted_before=no, authenticated=no,
        authorised_at=np.where(cells.executed & has_outcomes, made, NEVER),
        declined_at=np.where(cells.issuer_declined, made, NEVER), captured_at=never, captured=zeros,
        refunded=(cells.executed & ~cells.let_through).astype(np.int64),
        voided=~cells.executed & (not has_outcomes),
        labels=np.full(n, LabelCode.NONE, np.uint8), known_at=never,
        fraud_known_at=never,
    )  # fmt: skip


def _sums(values: Int64s, numbers: Int64s, count: int) -> Int64s:
    sums = np.zeros(count, np.int64)
    np.add.at(sums, numbers, values)
    return sums
