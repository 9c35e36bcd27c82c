"""Verdicts as columns: operations of numpy over all rows, as the engine once judged.

The oracle that the row by row kernel (`models.policy.verdict_kernel`) is compared with; the formulas are
those of `models.policy.utility`.
"""

import numpy as np

from models.messages import ReviewLoad
from models.policy import HoldoutBudget, ParameterTable, Policy, PolicyRows, UtilityDocument, utilities
from models.policy.parameters import overridden
from models.policy.rows import APPROVE, CHALLENGE, DECLINE, REVIEW, DecidedBy

MICRO = 1_000_000


class Verdicts:
    def __init__(self, verdict: np.ndarray) -> None:
        self.verdict, self.by = verdict.copy(), np.full(len(verdict), DecidedBy.POLICY, np.uint8)

    def put(self, where: np.ndarray, verdict: int, by: DecidedBy) -> None:
        self.verdict[where], self.by[where] = verdict, by

    def at_least(self, where: np.ndarray, verdict: int, by: DecidedBy) -> None:
        self.put(where & (self.verdict < verdict), verdict, by)

    def challenge(self, where: np.ndarray, possible: np.ndarray, by: DecidedBy) -> None:
        self.put(where & (self.verdict == APPROVE) & possible, CHALLENGE, by)


def base(policy: Policy, rows: PolicyRows, load: ReviewLoad | None) -> np.ndarray:
    document = policy.document
    if isinstance(document, UtilityDocument):
        own = document.costs_of(document.party)
        source = rows.parameters_for or (lambda _: None)
        each = tuple(overridden(own, source(merchant) or {}) for merchant in rows.merchants)
        figures = utilities(rows, ParameterTable(each).of(None), load)
        verdict = np.asarray(3 - np.argmax(figures[::-1], axis=0), np.uint8)
        verdict[rows.probability_micro < 0] = APPROVE
        return verdict
    steps = document.probability
    verdict = np.searchsorted(
        np.array([steps.challenge_from, steps.review_from, steps.decline_from]),
        rows.probability_micro,
        side="right",
    ).astype(np.uint8)
    impossible = (verdict == CHALLENGE) & ~rows.can_challenge
    verdict[impossible] = np.where(rows.authenticated[impossible], APPROVE, REVIEW)
    return verdict


def judged(
    policy: Policy, rows: PolicyRows, load: ReviewLoad | None, budget: HoldoutBudget | None
) -> dict[str, np.ndarray]:
    """What `policy.judge(rows, load, budget)` should give, by its names."""
    verdicts, rules, can = Verdicts(base(policy, rows, load)), rows.rules, rows.can_challenge
    steps, no = policy.document.rules, np.zeros(rows.n, np.bool_)
    erred = no if rules is None else rules.errors.any(axis=0) | no
    unsure = (rows.probability_micro < 0) | (rows.score < 0) | rows.degraded | erred
    verdicts.at_least(rows.score > steps.review_above, REVIEW, DecidedBy.SCORE)
    verdicts.at_least(rows.score > steps.decline_above, DECLINE, DecidedBy.SCORE)
    if rules is not None:
        verdicts.at_least(rules.review, REVIEW, DecidedBy.REVIEW_RULE)
    verdicts.at_least(unsure, REVIEW, DecidedBy.FALLBACK)
    if rules is not None:
        verdicts.put(rules.block, DECLINE, DecidedBy.BLOCK)
        verdicts.put(rules.allow & ~erred, APPROVE, DecidedBy.ALLOW)
        verdicts.put(rules.legal_block, DECLINE, DecidedBy.LEGAL_BLOCK)
        verdicts.challenge(rules.challenge, can, DecidedBy.CHALLENGE_RULE)
    owed = no
    if policy.sca.enforce and rows.sca_outstanding is not None:
        owed = rows.sca_outstanding & can
    held, propensity = no.copy(), np.full(rows.n, -1, np.int64)
    document = policy.document.holdout
    if document is not None and budget is not None:
        may = (verdicts.verdict != APPROVE) & ~(unsure | (rows.forced_challenge & can) | owed)
        may &= no.__invert__() if rules is None else ~rules.legal_block
        at, propensity = np.flatnonzero(may), np.zeros(rows.n, np.int64)
        held[at], propensity[at] = budget.draw(document, rows.keys[at], rows.times[at], rows.amount[at])
        verdicts.put(held, APPROVE, DecidedBy.HOLDOUT)
    verdicts.challenge(rows.forced_challenge, can, DecidedBy.SOFT_DECLINE)
    verdicts.challenge(owed, can, DecidedBy.SCA)
    if document is not None and budget is not None:
        propensity[(verdicts.verdict == APPROVE) & ~held] = MICRO
    return {
        "verdict": verdicts.verdict,
        "decided_by": verdicts.by,
        "holdout": held,
        "propensity_micro": propensity,
    }
