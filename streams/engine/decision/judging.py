"""Model, rules, authentication and policy over the vectors of new payments.

Pure but for the holdout's budget: all else depends on the arguments alone, row by row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.messages import Label, Outcome, Payment
from models.policy import APPROVE, FALLBACK_POLICY, NO_PROBABILITY, HoldoutBudget, PolicyResult
from models.rollout import ScoredPayments
from models.rules import RuleResult
from models.rules.language import RuleRows
from models.sca import ScaResult
from models.scoring import Scorer
from streams.engine.admission import Words, packed
from streams.engine.decision.authentication import Column, assessed, policy_rows, sca_codes, sca_rows
from streams.engine.decision.context import NO_RATE, RULE_ERROR, WARMING, Context
from streams.engine.input import columns
from streams.engine.segment import Rows

NO_REASONS = 0xFFFFFF


@dataclass(frozen=True)
class Judged:
    """`said`: per row what its decision says, by the names of `admission.RECORD`; `rules`: who hit. While a
    challenger is on trial, `tried`: the words of `streams.engine.admission.trial_words`; `scored`: what its
    watch sees.
    """

    said: dict[str, np.ndarray]
    rules: RuleResult | None
    tried: Words | None = None
    scored: ScoredPayments | None = None


@dataclass(frozen=True)
class Found:
    """What payments lack (bits), what the law says of them, and what the policy says."""

    lacking: np.ndarray
    sca: ScaResult
    result: PolicyResult


@dataclass(frozen=True)
class Tried:
    """A challenger beside the champion: probabilities (micro-units, -1 none), which payments belong to its
    share, and which of them it `decides`. A payment that it cannot score is the champion's.
    """

    champion: np.ndarray
    challenger: np.ndarray
    drawn: np.ndarray

    @property
    def decides(self) -> np.ndarray:
        return self.drawn & (self.challenger >= 0)

    @property
    def deciding(self) -> np.ndarray:
        return np.where(self.decides, self.challenger, self.champion)

    @property
    def other(self) -> np.ndarray:
        """The probabilities of the model that does not decide."""
        return np.where(self.decides, self.champion, self.challenger)

    def scored(self, rows: Rows, verdict: np.ndarray) -> ScoredPayments:
        """What the trial's watch sees."""
        return ScoredPayments(rows.times, self.champion, self.challenger, self.drawn, verdict)


def tried(context: Context, rows: Rows, champion: np.ndarray) -> Tried | None:
    """The challenger's part; None where none is on trial."""
    trial = context.in_effect.trial
    if not trial or context.challenger is None:
        return None
    challenger = context.challenger.probabilities(rows.matrix)
    return Tried(champion, challenger, trial.share_of(rows.cards, rows.customers))


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
    champion = _probabilities(context.scorer, rows)
    trial = tried(context, rows, champion)
    probability = champion if trial is None else trial.deciding
    column = _columns(context, feature_index, rows, probability, trial)
    ruled = _ruled(context, rows, column)
    found = _found(context, rows, column, probability, ruled, budget)
    verdict = found.result.verdict
    said = {
        "probability": probability,
        "score": np.zeros(len(rows.payments), np.uint8) if ruled is None else ruled.score,
        "reference_amount": rows.amounts,
        "degraded": found.lacking | np.where(rows.warming, WARMING, 0),
        "verdict": verdict,
        "decided_by": found.result.decided_by,
        "propensity": found.result.propensity_micro,
        "sca": sca_codes(found.sca),
        "reasons": _reasons(context, rows, verdict, trial),
    }
    if trial is None:
        return Judged(said, ruled)
    words = packed(trial.other, _others_verdict(context, rows, column, trial, ruled), trial.decides)
    return Judged(said, ruled, words, trial.scored(rows, verdict))


def _found(
    context: Context,
    rows: Rows,
    column: Column,
    probability: np.ndarray,
    ruled: RuleResult | None,
    budget: HoldoutBudget | None,
) -> Found:
    """Authentication and policy by these probabilities."""
    lacking = np.where(rows.unrated, NO_RATE, 0) | context.missing
    if ruled is not None:
        lacking |= np.where(ruled.errors.any(axis=0), RULE_ERROR, 0)
    asked = sca_rows(context, rows, column, probability, ruled)
    sca = assessed(context, asked)
    given = policy_rows(context, rows, column, asked, sca, lacking != 0, ruled)
    result = (context.policy or FALLBACK_POLICY).judge(given, context.in_effect.review_load, budget)
    return Found(lacking, sca, result)


def _others_verdict(
    context: Context, rows: Rows, column: Column, trial: Tried, ruled: RuleResult | None
) -> np.ndarray:
    """What the models that did not decide would have brought about, without the holdout's draw; a challenger
    without a probability brings about the champion's. Rules run again only where they read the probability.
    """
    probability = np.where(trial.challenger < 0, trial.champion, trial.other)

    def others(name: str) -> np.ndarray:
        return _known(probability) if name == "probability" else column(name)

    if context.ruleset is not None and "probability" in context.ruleset.columns_used:
        ruled = _ruled(context, rows, others)
    return _found(context, rows, others, probability, ruled, None).result.verdict


def _reasons(context: Context, rows: Rows, verdict: np.ndarray, trial: Tried | None) -> np.ndarray:
    """What the model that decided found of the payments that are not approved: three codes, the first in the
    low byte.
    """
    reasons = np.full(len(verdict), NO_REASONS, np.uint32)
    adverse = verdict != APPROVE
    if trial is None:
        _explain(reasons, context.scorer, rows, adverse)
    else:
        _explain(reasons, context.scorer, rows, adverse & ~trial.decides)
        _explain(reasons, context.challenger, rows, adverse & trial.decides)
    return reasons


def _explain(reasons: np.ndarray, scorer: Scorer | None, rows: Rows, wanted: np.ndarray) -> None:
    at = np.flatnonzero(wanted)
    if scorer is not None and len(at):
        codes = scorer.reason_codes(rows.matrix[at]).astype(np.uint32)
        reasons[at] = codes[:, 0] | codes[:, 1] << 8 | codes[:, 2] << 16


def _probabilities(scorer: Scorer | None, rows: Rows) -> np.ndarray:
    return scorer.probabilities(rows.matrix) if scorer else np.full(len(rows.payments), NO_PROBABILITY)


def _known(probability: np.ndarray) -> np.ndarray:
    return np.where(probability < 0, np.nan, probability / 1_000_000)


def _columns(
    context: Context,
    feature_index: Mapping[str, int],
    rows: Rows,
    probability: np.ndarray,
    trial: Tried | None,
) -> columns.RuleColumns:
    given = {
        "reference_amount": np.where(rows.unrated, np.nan, rows.amounts),
        "probability": _known(probability),
        "soft_declined": rows.forced,
    }
    if trial is not None:
        given["challenger_probability"] = _known(trial.challenger)
    countries = context.tables.get("ip_countries")
    return columns.RuleColumns(
        rows.payments, rows.times, given, feature_index, rows.matrix, countries, context.tables
    )


def _ruled(context: Context, rows: Rows, column: Column) -> RuleResult | None:
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
