"""Rules by precision and money: what they hit, how often they are right, what they earned or cost.

Precision is the share of frauds among payments that a rule hit *and of which it is known what they were*.
Where a rule blocks, that is not many: an analyst's word, payments that other rules let pass, the holdout. So
the count of known payments stands beside it, with Wilson's interval of 95 % (Wilson 1927): few known payments
make it wide, and none leave the precision open. Of the rest the mean probability is shown, which is what the
model expects.
"""

from math import sqrt
from typing import Final

import numpy as np
from msgspec import Struct

from models.arrays import Bools
from models.decided_payments import DecidedPayments
from models.policy import NO_PROBABILITY
from models.units import DAY_MS, MICRO
from models.verdict_value import CauseKind, LabelCode, ValueStatement

Z: Final = 1.959964
"""Standard normal quantile of 97.5 %."""


class RuleFigures(Struct, frozen=True):
    """One rule."""

    rule: str
    """Its id."""
    hits_today: int
    """Payments of the report's day that it hit."""
    hits: int
    """Payments that it hit whose labels matured in the report's period."""
    known: int
    """Payments among those of which it is known what they were."""
    frauds: int
    """Frauds among the known ones."""
    precision: float | None
    """Frauds over known; None where none is known."""
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    """Its upper end."""
    expected_precision: float | None
    """Mean probability of fraud of those of which it is not known."""
    good_stopped: int
    """Payments it decided that were not fraud, as far as known, and did not go through."""
    realised: int
    """What it earned or cost by labels, EUR cents at the rates of the decisions."""
    estimated: int
    """The same of stopped payments, by probability."""


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `hits` of `total` were seen (at least one).

    >>> [round(end, 3) for end in wilson(0, 10)], [round(end, 3) for end in wilson(50, 100)]
    ([0.0, 0.278], [0.404, 0.596])
    """
    share, square = hits / total, Z * Z / total
    middle = (share + square / 2) / (1 + square)
    spread = Z * sqrt(share * (1 - share) / total + square / (4 * total)) / (1 + square)
    return max(0.0, middle - spread), min(1.0, middle + spread)


def rule_figures(decided: DecidedPayments, day: int, booked: ValueStatement) -> tuple[RuleFigures, ...]:
    """Every rule that hit on the day, in the period of the statement, or that money is put down to; by money,
    the dearest first.
    """
    today = _hits(decided, decided.decided_at // DAY_MS == day)
    due = decided.occurred_at + booked.maturity_ms
    period = (due >= booked.start_ms) & (due < booked.end_ms)
    then = _hits(decided, np.asarray(period, np.bool_))
    statements = (booked.realised_reference, booked.estimated_reference)
    paid = {line.name for part in statements for line in part.lines if line.kind is CauseKind.RULE}
    figures = [
        _figures(name, decided, today.get(name, []), then.get(name, []), booked)
        for name in {*today, *then, *paid}
    ]
    return tuple(sorted(figures, key=lambda each: (each.realised + each.estimated, each.rule)))


def _hits(decided: DecidedPayments, chosen: Bools) -> dict[str, list[int]]:
    """Rows that each rule hit among the chosen ones."""
    rows: dict[str, list[int]] = {}
    for row in np.flatnonzero(chosen).tolist():
        for name in decided.hits[row]:
            rows.setdefault(name, []).append(row)
    return rows


def _figures(
    name: str, decided: DecidedPayments, today: list[int], rows: list[int], booked: ValueStatement
) -> RuleFigures:
    hit = np.array(rows, np.int64)
    labels, micro = decided.labels[hit], decided.probability_micro[hit]
    silent = (labels == LabelCode.NONE) & decided.let_through[hit]
    is_known = silent | np.isin(labels, (LabelCode.LEGITIMATE, LabelCode.FRAUD, LabelCode.FRIENDLY))
    known, frauds = int(is_known.sum()), int((labels == LabelCode.FRAUD).sum())
    low, high = wilson(frauds, known) if known else (None, None)
    open_micro = micro[~is_known & (micro != NO_PROBABILITY)]
    realised = booked.realised_reference.of(CauseKind.RULE, name)
    estimated = booked.estimated_reference.of(CauseKind.RULE, name)
    return RuleFigures(
        rule=name, hits_today=len(today), hits=len(rows), known=known, frauds=frauds,
        precision=frauds / known if known else None, low=low, high=high,
        expected_precision=float(open_micro.mean()) / MICRO if len(open_micro) else None,
        good_stopped=realised.good_stopped, realised=sum(realised.net.values()),
        estimated=sum(estimated.net.values()),
    )  # fmt: skip
