"""Model, rules, authentication and policy over the vectors of new payments.

Pure but for the holdout's budget: the rest depends on the arguments alone, row by row.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.policy import APPROVE, FALLBACK_POLICY, NO_PROBABILITY, HoldoutBudget, PolicyResult
from models.rollout import ScoredPayments
from models.rules import RuleResult
from models.rules.language import RuleRows
from models.sca import ScaResult
from models.scoring import Scorer
from streams.engine.admission import TrialWords, pack_trial_words
from streams.engine.decision.authentication import Column, assessed, policy_rows, sca_rows
from streams.engine.decision.context import NO_RATE, RULE_ERROR, WARMING, Context
from streams.engine.decision.rule_columns import RuleColumns
from streams.engine.segment import NewPayments

NO_REASONS = 0xFFFFFF


@dataclass(frozen=True)
class Judgement:
    """What was decided of n payments."""

    columns: dict[str, np.ndarray]
    """What the records of the decisions keep, by the names of `admission.RECORD`."""
    rules: RuleResult | None
    """Which rules hit; None without a ruleset."""
    trial_words: TrialWords | None = None
    """While a challenger is on trial: what the model did that did not decide."""
    trial_scores: ScoredPayments | None = None
    """While a challenger is on trial: what its watch measures."""


@dataclass(frozen=True)
class Assessment:
    """Authentication and policy of n payments, at one set of probabilities."""

    lacking: np.ndarray
    """Bits of what the decisions have to do without."""
    sca: ScaResult
    policy: PolicyResult


@dataclass(frozen=True)
class ChallengerScores:
    """Probabilities of n payments by both models of a trial, micro-units, -1 none."""

    champion: np.ndarray
    challenger: np.ndarray
    drawn: np.ndarray
    """Payments that belong to the challenger's share."""
    leaves: np.ndarray
    """Where the challenger's trees end, shape (trees, n)."""

    @property
    def decides(self) -> np.ndarray:
        """Where the challenger decides: in its share, unless it could not score the payment."""
        return self.drawn & (self.challenger >= 0)

    @property
    def deciding(self) -> np.ndarray:
        """The probabilities of the model that decides."""
        return np.where(self.decides, self.challenger, self.champion)

    @property
    def other(self) -> np.ndarray:
        """The probabilities of the model that does not decide."""
        return np.where(self.decides, self.champion, self.challenger)

    def watched(self, new: NewPayments, verdict: np.ndarray) -> ScoredPayments:
        """What the trial's watch measures."""
        return ScoredPayments(new.times, self.champion, self.challenger, self.drawn, verdict)


def challenger_scores(context: Context, new: NewPayments, champion: np.ndarray) -> ChallengerScores | None:
    """The scores of a trial; None where there is none."""
    trial = context.in_effect.trial
    if not trial or context.challenger is None:
        return None
    challenger, leaves = _probabilities(context.challenger, new)
    return ChallengerScores(champion, challenger, trial.share_of(new.cards, new.customers), leaves)


def judge(
    context: Context, feature_index: Mapping[str, int], new: NewPayments, budget: HoldoutBudget
) -> Judgement:
    """All that the decisions say. `budget` is reduced by what the holdout approves."""
    champion, leaves = _probabilities(context.scorer, new)
    trial = challenger_scores(context, new, champion)
    probability = champion if trial is None else trial.deciding
    column = _columns(context, feature_index, new, probability, trial)
    ruled = _run_rules(context, feature_index, new, column)
    assessment = _assess(context, new, column, probability, ruled, budget)
    verdict = assessment.policy.verdict
    columns = {
        "probability": probability,
        "score": np.zeros(len(new.payments), np.uint8) if ruled is None else ruled.score,
        "reference_amount": new.amounts,
        "degraded": assessment.lacking | np.where(new.warming, WARMING, 0),
        "verdict": verdict,
        "decided_by": assessment.policy.decided_by,
        "propensity": assessment.policy.propensity_micro,
        "sca": assessment.sca.word,
        "reasons": _reasons(context, leaves, verdict, trial),
    }
    if trial is None:
        return Judgement(columns, ruled)
    other_verdict = _other_verdict(context, feature_index, new, column, trial, ruled)
    words = pack_trial_words(trial.other, other_verdict, trial.decides)
    return Judgement(columns, ruled, words, trial.watched(new, verdict))


def _assess(
    context: Context,
    new: NewPayments,
    column: Column,
    probability: np.ndarray,
    ruled: RuleResult | None,
    budget: HoldoutBudget | None,
) -> Assessment:
    """Authentication and policy at these probabilities."""
    lacking = np.where(new.unrated, NO_RATE, 0) | context.missing
    if ruled is not None:
        lacking |= np.where(ruled.erred, RULE_ERROR, 0)
    rows = sca_rows(context, new, column, probability, ruled)
    sca = assessed(context, rows)
    inputs = policy_rows(context, new, column, rows, sca, lacking != 0, ruled)
    result = (context.policy or FALLBACK_POLICY).judge(inputs, context.in_effect.review_load, budget)
    return Assessment(lacking, sca, result)


def _other_verdict(
    context: Context,
    feature_index: Mapping[str, int],
    new: NewPayments,
    column: Column,
    trial: ChallengerScores,
    ruled: RuleResult | None,
) -> np.ndarray:
    """What the models that did not decide would have brought about, without the holdout's draw.

    A challenger without a probability brings about the champion's verdict. Rules run again only where they
    read the probability.
    """
    probability = np.where(trial.challenger < 0, trial.champion, trial.other)

    def other_column(name: str) -> np.ndarray:
        return _share(probability) if name == "probability" else column(name)

    if context.ruleset is not None and "probability" in context.ruleset.columns_used:
        ruled = _run_rules(context, feature_index, new, other_column)
    return _assess(context, new, other_column, probability, ruled, None).policy.verdict


def _reasons(
    context: Context, leaves: np.ndarray, verdict: np.ndarray, trial: ChallengerScores | None
) -> np.ndarray:
    """Why payments are not approved, by the model that decided: three codes, the first in the low byte.
    `leaves`: where the champion's trees end.
    """
    reasons = np.full(len(verdict), NO_REASONS, np.uint32)
    adverse = verdict != APPROVE
    if trial is None:
        _explain(reasons, context.scorer, leaves, adverse)
    else:
        _explain(reasons, context.scorer, leaves, adverse & ~trial.decides)
        _explain(reasons, context.challenger, trial.leaves, adverse & trial.decides)
    return reasons


def _explain(reasons: np.ndarray, scorer: Scorer | None, leaves: np.ndarray, wanted: np.ndarray) -> None:
    (rows,) = wanted.nonzero()
    if scorer is not None and len(rows):
        word = np.zeros((len(rows), 4), np.uint8)
        word[:, :3] = scorer.codes_of_leaves(leaves, rows.astype(np.int32))
        reasons[rows] = word.view("<u4")[:, 0]


def _probabilities(scorer: Scorer | None, new: NewPayments) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and where the trees end, for their reasons."""
    n = len(new.payments)
    if scorer is None:
        return np.full(n, NO_PROBABILITY), np.zeros((0, n), np.uint16)
    leaves = scorer.leaves_of(n)
    return scorer.probabilities(new.matrix, leaves), leaves


def _share(probability: np.ndarray) -> np.ndarray:
    return np.where(probability < 0, np.nan, probability / 1_000_000)


def _columns(
    context: Context,
    feature_index: Mapping[str, int],
    new: NewPayments,
    probability: np.ndarray,
    trial: ChallengerScores | None,
) -> RuleColumns:
    given = {
        "reference_amount": np.where(new.unrated, np.nan, new.amounts),
        "probability": _share(probability),
        "soft_declined": new.forced,
    }
    if trial is not None:
        given["challenger_probability"] = _share(trial.challenger)
    return RuleColumns(new.payments, new.times, given, feature_index, new.matrix, context.tables, new.parties)


def _run_rules(
    context: Context, feature_index: Mapping[str, int], new: NewPayments, column: Column
) -> RuleResult | None:
    if context.ruleset is None:
        return None
    contains = context.lists.contains
    return context.ruleset.run(
        RuleRows(
            len(new.payments),
            new.times,
            new.keys,
            column("merchant_id"),
            column,
            lambda name, values: contains(name, values, new.times, new.positions),
            context.tables.get("fx"),
            matrix=new.matrix,
            places=feature_index,
        )
    )
