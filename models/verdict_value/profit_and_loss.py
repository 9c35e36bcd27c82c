"""What rules, model and policy earned or cost: each payment's value put down to what its verdict rests on.

The value of a payment is what its verdict was worth less what approving it would have been worth (`worth`).
It is put down in two steps (`attribution`): the model earns what telling frauds apart is worth by itself; a
rule that blocks what the model would decline anyway earns nothing; the policy earns what challenges, reviews
and its limits add.

Invariants
- Sums by cause add up to the total exactly, in every currency. Checked at the end of each computation; the
  total is summed apart, over payments.
- Money is whole minor units. Currencies are never added up: a line has a sum for each. Amounts in euro by the
  rate of the day of the decision are another set of rows (`ValueRows.in_reference`), never mixed in.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from msgspec import Struct

from models.arrays import Int64s
from models.policy import APPROVE
from models.verdict_value.attribution import Attribution, CauseKind, attribution
from models.verdict_value.exact_sums import exact_sums
from models.verdict_value.rows import LabelCode, ValueRows
from models.verdict_value.worth import Worth, expected, of_approvals, of_model_alone, of_verdicts

FEES_IN: Final = "EUR"
"""What fees and prices of a policy are in."""
Money = dict[str, int]
"""Minor units by currency; without the currencies of which there is nothing."""


class ValueLine(Struct, frozen=True):
    """One cause."""

    kind: CauseKind
    """What it is."""
    name: str
    """The rule's id; the kind for all others."""
    decided: int
    """Payments put down to it; one that rules share counts for each of them."""
    changed: int
    """Payments among those whose verdict is another one because of it."""
    frauds_stopped: int
    """Frauds among the payments decided, not approved, that did not go through; in an estimate none."""
    good_stopped: int
    """Other payments among them of which the same holds, and that the issuer did not decline."""
    earned: Money
    """Sum of what it earned where it earned."""
    cost: Money
    """Sum of what it cost where it cost, below zero."""

    @property
    def net(self) -> Money:
        """What it earned less what it cost."""
        return added([self.earned, self.cost])


class ProfitAndLoss(Struct, frozen=True):
    """What verdicts on some payments were worth, and to what that is put down."""

    payments: int
    """Payments valued."""
    total: Money
    """Their value, summed over payments."""
    lines: tuple[ValueLine, ...]
    """By cause: model, policy, rules by id, the rest."""

    def of(self, kind: CauseKind, name: str | None = None) -> ValueLine:
        """The line of a cause; an empty one where nothing is put down to it."""
        wanted = name or kind.value
        empty = ValueLine(kind, wanted, 0, 0, 0, 0, {}, {})
        return next((line for line in self.lines if (line.kind, line.name) == (kind, wanted)), empty)


class UnequalSums(ArithmeticError):  # noqa: N818 - what it is
    """The lines do not add up to the total: an error of ours."""


def added(sums: Sequence[Mapping[str, int]]) -> Money:
    """Sums by currency; one of nothing is left out.

    >>> added([{"EUR": 5, "USD": 1}, {"EUR": -5, "JPY": 3}])
    {'JPY': 3, 'USD': 1}
    """
    total: Counter[str] = Counter()
    for each in sums:
        total.update(each)
    return {currency: total[currency] for currency in sorted(total) if total[currency]}


def realised(rows: ValueRows) -> ProfitAndLoss:
    """Of payments whose labels are known (none of them `NONE` or `UNKNOWN`)."""
    return _profit_and_loss(rows, of_approvals(rows), of_model_alone(rows), of_verdicts(rows), True)


def estimated(rows: ValueRows) -> ProfitAndLoss:
    """Of payments that were stopped, so that nobody will know: by probability of fraud, which all have."""
    good, fraud = (_labelled(rows, label) for label in (LabelCode.LEGITIMATE, LabelCode.FRAUD))
    approved, alone, given = (
        expected(rows, worth(good), worth(fraud)) for worth in (of_approvals, of_model_alone, of_verdicts)
    )
    return _profit_and_loss(rows, approved, alone, given, False)


def _labelled(rows: ValueRows, label: LabelCode) -> ValueRows:
    return replace(rows, labels=np.full(len(rows), label, np.uint8))


def _profit_and_loss(
    rows: ValueRows, approved: Worth, alone: Worth, given: Worth, is_known: bool
) -> ProfitAndLoss:
    parts = attribution(rows, approved, alone, given)
    currencies, codes = _currencies(rows)
    total = _sums(given - approved, np.zeros(len(rows), np.int64), 1, codes, currencies)[0]
    lines = tuple(_lines(rows, parts, currencies, codes, is_known))
    if (summed := added([line.net for line in lines])) != total:
        raise UnequalSums(f"lines add up to {summed}, the payments to {total}")
    return ProfitAndLoss(int(rows.payments.sum()), total, lines)


def _currencies(rows: ValueRows) -> tuple[list[str], Int64s]:
    """The currencies, that of fees among them, and the number of each row's."""
    numbers: dict[str, int] = {FEES_IN: 0}
    codes = [numbers.setdefault(currency, len(numbers)) for currency in rows.currencies.tolist()]
    return list(numbers), np.array(codes, np.int64)


def _sums(worth: Worth, lines: Int64s, count: int, codes: Int64s, currencies: Sequence[str]) -> list[Money]:
    """Sums by line and currency. `codes`: the currency of each row of `worth`."""
    kinds = len(currencies)
    shares = exact_sums(worth.share, lines * kinds + codes, count * kinds)
    fees = exact_sums(worth.fixed, lines, count)
    return [
        added([dict(zip(currencies, shares[n * kinds : (n + 1) * kinds], strict=True)), {FEES_IN: fees[n]}])
        for n in range(count)
    ]


def _lines(
    rows: ValueRows, parts: Attribution, currencies: Sequence[str], codes: Int64s, is_known: bool
) -> Iterator[ValueLine]:
    """The lines that something is put down to."""
    count, value = len(parts.names), parts.value
    gain = Worth(np.maximum(value.share, 0), np.maximum(value.fixed, 0))
    loss = Worth(np.minimum(value.share, 0), np.minimum(value.fixed, 0))
    earned, cost = (_sums(each, parts.lines, count, codes[parts.rows], currencies) for each in (gain, loss))
    fraud = rows.labels == LabelCode.FRAUD
    stopped = (rows.verdicts != APPROVE) & ~rows.let_through & ~rows.issuer_declined & is_known
    every = np.ones(len(parts.rows), np.bool_)
    tallies = [
        exact_sums(rows.payments[parts.rows[chosen]], parts.lines[chosen], count)
        for chosen in (every, parts.changed, (fraud & stopped)[parts.rows], (~fraud & stopped)[parts.rows])
    ]
    for number, (kind, name) in enumerate(parts.names):
        decided, changed, frauds, good = (tally[number] for tally in tallies)
        if decided:
            yield ValueLine(kind, name, decided, changed, frauds, good, earned[number], cost[number])
