"""The statement of a period: what verdicts earned or cost, booked when their labels matured.

A payment is booked at one age, `maturity_ms` after it was made, whatever became known before: frauds are
known early and honest payments late, so booking each when it is known would make every young week look bad.
What it is booked by:

| the payment | basis |
|---|---|
| has a label that says what it was | realised |
| went through, and nobody complained until then | realised, as legitimate (silence) |
| did not go through though it was approved, or the issuer declined it | realised: worth nothing either way |
| was stopped by us, and no label says what it was | estimated, by its probability of fraud |
| the same without a probability; or its label is `unknown` | not valued, counted |

A label that changes after that is a correction: the difference between the statement of the same payments
with the labels of then and of now (`correction`).
"""

from dataclasses import replace
from typing import Final

import numpy as np
from msgspec import Struct

from models.arrays import Bools, Codes
from models.policy import APPROVE, NO_PROBABILITY
from models.units import DAY_MS
from models.verdict_value.exact_sums import exact_sums
from models.verdict_value.profit_and_loss import Money, ProfitAndLoss, added, estimated, realised
from models.verdict_value.rows import LabelCode, ValueRows

MATURITY_DAYS: Final = 120
"""Within which the schemes let cardholders dispute a fraud; see `models.labels.silence`."""


class PaymentSum(Struct, frozen=True):
    """Payments that are not valued."""

    payments: int
    """How many."""
    reference_amount: int
    """Their sum in EUR cents, by the rates of their days."""


class ValueStatement(Struct, frozen=True):
    """Verdicts whose labels matured in a period."""

    start_ms: int
    """The period, from here on."""
    end_ms: int
    """Until here, exclusive; labels are as known then."""
    maturity_ms: int
    """The age at which a payment is booked."""
    realised: ProfitAndLoss
    """By labels, in the payments' own currencies; fees in EUR."""
    realised_reference: ProfitAndLoss
    """The same with amounts in EUR cents by the rates of the decisions."""
    estimated: ProfitAndLoss
    """Of payments that were stopped, by probability, in their own currencies."""
    estimated_reference: ProfitAndLoss
    """The same in EUR cents."""
    waiting: PaymentSum
    """Decided before the period's end and not old enough at it."""
    not_valued: PaymentSum
    """Old enough, and yet without a label or probability to go by."""


def statement(
    rows: ValueRows, start_ms: int, end_ms: int, maturity_ms: int = MATURITY_DAYS * DAY_MS
) -> ValueStatement:
    """The statement of `[start_ms, end_ms)`. Labels in `rows` are those that stand at its end."""
    due = rows.occurred_at + maturity_ms
    booked = rows.taken((due >= start_ms) & (due < end_ms))
    known, guessed = _is_realised(booked), _is_estimated(booked)
    by_label, by_probability = _with_silence(booked.taken(known)), booked.taken(guessed)
    return ValueStatement(
        start_ms=start_ms, end_ms=end_ms, maturity_ms=maturity_ms,
        realised=realised(by_label), realised_reference=realised(by_label.in_reference()),
        estimated=estimated(by_probability), estimated_reference=estimated(by_probability.in_reference()),
        waiting=_sum(rows, (rows.occurred_at < end_ms) & (due >= end_ms)),
        not_valued=_sum(booked, ~known & ~guessed),
    )  # fmt: skip


def correction(rows: ValueRows, labels_before: Codes) -> Money:
    """What payments booked before are worth by their labels now, less what they were booked at. Both have to
    be valued by labels; a payment that is not is left out.
    """
    before = replace(rows, labels=labels_before)
    both = _is_realised(rows) & _is_realised(before)
    now, then = (realised(_with_silence(each.taken(both))).total for each in (rows, before))
    return added([now, {currency: -amount for currency, amount in then.items()}])


def _is_realised(rows: ValueRows) -> Bools:
    silent = rows.labels == LabelCode.NONE
    nothing = (rows.verdicts == APPROVE) | rows.issuer_declined | rows.let_through
    return np.asarray((rows.labels != LabelCode.UNKNOWN) & (~silent | nothing), np.bool_)


def _is_estimated(rows: ValueRows) -> Bools:
    stopped = (rows.labels == LabelCode.NONE) & (rows.probability_micro != NO_PROBABILITY)
    return np.asarray(stopped & ~_is_realised(rows), np.bool_)


def _with_silence(rows: ValueRows) -> ValueRows:
    """Without a complaint, legitimate."""
    labels = np.where(rows.labels == LabelCode.NONE, LabelCode.LEGITIMATE, rows.labels)
    return replace(rows, labels=labels.astype(np.uint8))


def _sum(rows: ValueRows, chosen: Bools) -> PaymentSum:
    amounts = rows.reference_amounts[chosen]
    (total,) = exact_sums(amounts, np.zeros(len(amounts), np.int64), 1)
    return PaymentSum(int(rows.payments[chosen].sum()), total)
