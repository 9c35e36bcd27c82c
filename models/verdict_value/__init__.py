"""What verdicts earn or cost once it is known what payments were: profit and loss of rules, model and policy.

Invariants: sums by cause add up to the total to the last minor unit, in every currency; money is never a
float; currencies are never added up. Imports policy, rules and messages.
"""

from models.verdict_value.attribution import CauseKind
from models.verdict_value.causes import RULE_NOT_KNOWN, deciding_rules, rule_actions
from models.verdict_value.exact_sums import exact_sums
from models.verdict_value.profit_and_loss import (
    Money,
    ProfitAndLoss,
    UnequalSums,
    ValueLine,
    added,
    estimated,
    realised,
)
from models.verdict_value.rows import LABEL_CODES, Costs, DecidingRules, LabelCode, ValueRows
from models.verdict_value.statement import MATURITY_DAYS, PaymentSum, ValueStatement, correction, statement

__all__ = [
    "LABEL_CODES",
    "MATURITY_DAYS",
    "RULE_NOT_KNOWN",
    "CauseKind",
    "Costs",
    "DecidingRules",
    "LabelCode",
    "Money",
    "PaymentSum",
    "ProfitAndLoss",
    "UnequalSums",
    "ValueLine",
    "ValueRows",
    "ValueStatement",
    "added",
    "correction",
    "deciding_rules",
    "estimated",
    "exact_sums",
    "realised",
    "rule_actions",
    "statement",
]
