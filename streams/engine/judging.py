"""Model, rules and policy over the vectors of new payments. Pure: all depends on the arguments alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.label import Label
from models.outcome import Outcome
from models.payment import MethodKind, Payment
from models.policy import FALLBACK_POLICY, NO_PROBABILITY
from models.rules import RuleWords
from streams.engine import columns
from streams.engine.context import NO_RATE, RULE_ERROR, WARMING, Context

CHALLENGEABLE = frozenset({MethodKind.CARD, MethodKind.WALLET})


@dataclass(frozen=True)
class Rows:
    """New payments: engine times (ms), amounts in EUR cents, whether a rate was missing, vectors, whether
    their features are warming, and their places in the batch (see `models.lists`).
    """

    payments: list[Payment]
    times: np.ndarray
    amounts: np.ndarray
    unrated: np.ndarray
    matrix: np.ndarray
    warming: np.ndarray
    places: np.ndarray | None = None


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


def judge(context: Context, feature_index: Mapping[str, int], rows: Rows) -> dict[str, np.ndarray]:
    """Per row what its decision says, by the names of `admission.RECORD`."""
    count = len(rows.payments)
    probability = (
        context.scorer.probabilities(rows.matrix) if context.scorer else np.full(count, NO_PROBABILITY)
    )
    ruled = _ruled(context, feature_index, rows, probability)
    lacking = (
        np.where(rows.unrated, NO_RATE, 0) | np.where(ruled.errors != 0, RULE_ERROR, 0) | context.missing
    )
    challengeable = np.array([p.method.kind in CHALLENGEABLE for p in rows.payments], np.bool_)
    policy = context.policy or FALLBACK_POLICY
    return {
        "probability": probability,
        "score": ruled.score,
        "hits": ruled.hits,
        "reference_amount": rows.amounts,
        "degraded": lacking | np.where(rows.warming, WARMING, 0),
        "verdict": policy.verdicts(probability, ruled.score, challengeable, lacking != 0),
    }


def _ruled(
    context: Context, feature_index: Mapping[str, int], rows: Rows, probability: np.ndarray
) -> RuleWords:
    count = len(rows.payments)
    if context.ruleset is None:
        nothing = np.zeros(count, np.uint64)
        return RuleWords(np.zeros(count, np.int64), nothing, nothing)
    given = {
        "reference_amount": rows.amounts,
        "probability": np.where(probability < 0, np.nan, probability / 1_000_000),
    }
    countries = context.tables.get("ip_countries")
    column = columns.RuleColumns(rows.payments, rows.times, given, feature_index, rows.matrix, countries)
    contains = context.lists.contains
    return context.ruleset.evaluate(
        column, count, lambda name, values: contains(name, list(values), rows.times, rows.places)
    )
