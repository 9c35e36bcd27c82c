"""Model, rules, authentication and policy over the vectors of new payments.

Pure but for the holdout's budget: all else depends on the arguments alone, row by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.holdout import HoldoutBudget
from models.label import Label
from models.outcome import Outcome
from models.payment import Payment
from models.policy import APPROVE, FALLBACK_POLICY, NO_PROBABILITY
from models.rules import RuleResult, RuleRows
from streams.engine import columns
from streams.engine.authentication import assessed, policy_rows, sca_codes, sca_rows
from streams.engine.context import NO_RATE, RULE_ERROR, WARMING, Context
from streams.engine.rows import Rows

NO_REASONS = 0xFFFFFF


@dataclass(frozen=True)
class Judged:
    """`said`: per row what its decision says, by the names of `admission.RECORD`; `rules`: who hit."""

    said: dict[str, np.ndarray]
    rules: RuleResult | None


def reference_amounts(
    rates: Any, messages: Sequence[Payment | Outcome | Label], times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Amounts in EUR cents, and where there is no rate (0 then)."""
    if rates is None:
        euro = [m.amount if m.currency == "EUR" else None for m in messages]
    else:
        convert = rates.convert
        euro = [convert(m.amount, m.currency, t) for m, t in zip(messages, times.tolist(), strict=True)]
    unrated = np.array([amount is None for amount in euro], np.bool_)
    return np.array([amount or 0 for amount in euro], np.int64), unrated


def judge(context: Context, feature_index: Mapping[str, int], rows: Rows, budget: HoldoutBudget) -> Judged:
    """All that the decisions say. `budget` is changed by what the holdout approves."""
    count = len(rows.payments)
    probability = (
        context.scorer.probabilities(rows.matrix) if context.scorer else np.full(count, NO_PROBABILITY)
    )
    column = _columns(context, feature_index, rows, probability)
    ruled = _ruled(context, rows, column)
    lacking = np.where(rows.unrated, NO_RATE, 0) | context.missing
    if ruled is not None:
        lacking |= np.where(ruled.errors.any(axis=0), RULE_ERROR, 0)
    asked = sca_rows(context, rows, column, probability, ruled)
    sca = assessed(context, asked)
    policy = context.policy or FALLBACK_POLICY
    judged = policy.judge(
        policy_rows(context, rows, column, asked, sca, lacking != 0, ruled),
        context.in_effect.review_load,
        budget,
    )
    said = {
        "probability": probability,
        "score": np.zeros(count, np.uint8) if ruled is None else ruled.score,
        "reference_amount": rows.amounts,
        "degraded": lacking | np.where(rows.warming, WARMING, 0),
        "verdict": judged.verdict,
        "decided_by": judged.decided_by,
        "propensity": judged.propensity_micro,
        "sca": sca_codes(sca),
        "reasons": _reasons(context, rows, judged.verdict),
    }
    return Judged(said, ruled)


def _reasons(context: Context, rows: Rows, verdict: np.ndarray) -> np.ndarray:
    """What the model found of the payments that are not approved: three codes, the first in the low byte."""
    reasons = np.full(len(verdict), NO_REASONS, np.uint32)
    adverse = np.flatnonzero(verdict != APPROVE)
    if context.scorer is not None and len(adverse):
        codes = context.scorer.reason_codes(rows.matrix[adverse]).astype(np.uint32)
        reasons[adverse] = codes[:, 0] | codes[:, 1] << 8 | codes[:, 2] << 16
    return reasons


def _columns(
    context: Context, feature_index: Mapping[str, int], rows: Rows, probability: np.ndarray
) -> columns.RuleColumns:
    given = {
        "reference_amount": np.where(rows.unrated, np.nan, rows.amounts),
        "probability": np.where(probability < 0, np.nan, probability / 1_000_000),
        "soft_declined": rows.forced,
    }
    countries = context.tables.get("ip_countries")
    return columns.RuleColumns(
        rows.payments, rows.times, given, feature_index, rows.matrix, countries, context.tables
    )


def _ruled(context: Context, rows: Rows, column: columns.RuleColumns) -> RuleResult | None:
    if context.ruleset is None:
        return None
    contains = context.lists.contains
    return context.ruleset.run(
        RuleRows(
            len(rows.payments),
            rows.times,
            rows.keys,
            column("merchant_id"),
            column,
            lambda name, values: contains(name, values.tolist(), rows.times, rows.places),
            context.tables.get("fx"),
        )
    )
