"""Decided payments as rows of the verdicts' value: which rules decided, and what it cost."""

from collections.abc import Mapping, Set

import numpy as np

from models.decided_payments.columns import DecidedPayments
from models.policy import CHALLENGE, DecidedBy
from models.verdict_value import Costs, DecidingRules, ValueRows, deciding_rules

RuleActions = Mapping[str, Mapping[str, Set[str]]]
"""Version of a ruleset -> what its rules ask for (`models.verdict_value.rule_actions`)."""


def value_rows(decided: DecidedPayments, costs: Costs, actions: RuleActions) -> ValueRows:
    """The rows. `costs`: columns of the policy's parameters, of length 1 or one entry a payment. `actions`:
    those of the rulesets at hand; a verdict by a rule of another one is put down to `rule not known`.
    """
    asked = [actions.get(ruleset, {}) for ruleset in decided.rulesets.tolist()]
    rules = [
        deciding_rules(DecidedBy(by), hits, of_ruleset)
        for by, hits, of_ruleset in zip(
            decided.decided_by.tolist(), decided.hits.tolist(), asked, strict=True
        )
    ]
    challenged = (decided.verdicts == CHALLENGE) & decided.authenticated
    return ValueRows(
        payments=decided.payments, verdicts=decided.verdicts, decided_by=decided.decided_by,
        deciding=DecidingRules.from_rows(rules),
        probability_micro=decided.probability_micro, amounts=decided.amounts, currencies=decided.currencies,
        reference_amounts=decided.reference_amounts, labels=decided.labels, occurred_at=decided.occurred_at,
        let_through=decided.let_through, issuer_declined=decided.issuer_declined,
        shifted=np.asarray(decided.shifted_before | challenged, np.bool_),
        shifted_before=decided.shifted_before,
        costs=costs,
    )  # fmt: skip
