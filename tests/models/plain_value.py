"""The value of verdicts once more, one payment at a time, with fractions: shares nothing with
`models.verdict_value`, and is written from the table in `docs/reports.md`.
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Final

from models.policy import CostParameters

RULES_DECIDE: Final = ("block", "allow", "review_rule", "challenge_rule", "legal_block", "score")
Sums = dict[str, dict[str, int]]
"""Cause -> currency -> minor units."""


@dataclass(frozen=True)
class PlainRow:
    """One decided payment."""

    verdict: str
    decided_by: str
    rules: tuple[str, ...]
    probability: Fraction | None
    amount: int
    currency: str
    euro_cents: int
    label: str | None
    went_through: bool
    issuer_declined: bool
    shifted: bool
    shifted_before: bool


def put_down(rows: list[PlainRow], costs: CostParameters) -> tuple[dict[str, int], Sums]:
    """The total by currency, and sums by cause, of payments whose labels are known."""
    total: dict[str, int] = defaultdict(int)
    by_cause: Sums = defaultdict(lambda: defaultdict(int))
    for row in rows:
        approve = _worth(row, "approve", costs)
        alone = (0, 0) if _model_declines(row, costs) else approve
        given = _worth(row, row.verdict, costs)
        for part, currency in enumerate((row.currency, "EUR")):
            total[currency] += given[part] - approve[part]
            by_cause["model"][currency] += alone[part] - approve[part]
            rest = given[part] - alone[part]
            for name, piece in _pieces(row, rest):
                by_cause[name][currency] += piece
    return _clean(total), {cause: _clean(sums) for cause, sums in by_cause.items() if _clean(sums)}


def _pieces(row: PlainRow, rest: int) -> list[tuple[str, int]]:
    if row.decided_by not in RULES_DECIDE:
        return [(row.decided_by, rest)]
    if not row.rules:
        return [("rule not known", rest)]
    names = sorted(row.rules)
    least = floor(Fraction(rest, len(names)))
    left = rest - least * len(names)
    return [(name, least + (1 if place < left else 0)) for place, name in enumerate(names)]


def _worth(row: PlainRow, verdict: str, costs: CostParameters) -> tuple[int, int]:
    """Minor units of the payment's currency, and EUR cents."""
    if verdict == row.verdict:
        price = {"challenge": costs.challenge.cost, "review": costs.review.cost}.get(verdict, 0)
        share, fixed = _gone(row, costs, row.shifted) if row.went_through else (0, 0)
        return share, fixed - price
    assert verdict == "approve"
    return (0, 0) if row.issuer_declined else _gone(row, costs, row.shifted_before)


def _gone(row: PlainRow, costs: CostParameters, shifted: bool) -> tuple[int, int]:
    if row.label == "fraud":
        if shifted:
            return 0, -costs.scheme_cost
        return -floor(
            Fraction(row.amount * costs.goods_bp, 10_000)
        ), -costs.chargeback_fee - costs.scheme_cost
    fee = costs.chargeback_fee if row.label == "friendly" else 0
    return floor(Fraction(row.amount * costs.margin_bp, 10_000)), costs.margin_fixed - fee


def _model_declines(row: PlainRow, costs: CostParameters) -> bool:
    if row.probability is None:
        return False
    margin = floor(Fraction(row.euro_cents * costs.margin_bp, 10_000)) + costs.margin_fixed
    loss = floor(Fraction(row.euro_cents * costs.goods_bp, 10_000)) + costs.chargeback_fee + costs.scheme_cost
    lost = costs.scheme_cost if row.shifted_before else loss
    return (1 - row.probability) * margin < row.probability * lost


def _clean(sums: dict[str, int]) -> dict[str, int]:
    return {currency: amount for currency, amount in sums.items() if amount}
