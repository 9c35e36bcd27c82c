"""Rulesets: documents, their check against the catalogue, and their run over the rows of a batch.

Invariant: what a rule does about a payment depends on that payment and the log before it, never on the other
rows of the batch. Imports money, reference data and kernels.
"""

from models.rules import program
from models.rules.budget import RulesetCost
from models.rules.compiled_ruleset import CompiledRuleset, RuleResult
from models.rules.diff import ruleset_diff
from models.rules.document import ListPut, Rule, RulesetError
from models.rules.explanation import RulesetExplanation, explain
from models.rules.payment_columns import PAYMENT_COLUMNS
from models.rules.ruleset import Ruleset
from models.rules.source import (
    RulesetSource,
    RulesetSourceError,
    check_ruleset,
    read_ruleset,
    ruleset_text,
    with_rule_added,
    with_rule_field,
)
from models.rules.turning_points import OTHER_TEXT, RuleInput, RuleInputs

__all__ = [
    "OTHER_TEXT",
    "PAYMENT_COLUMNS",
    "CompiledRuleset",
    "ListPut",
    "Rule",
    "RuleInput",
    "RuleInputs",
    "RuleResult",
    "Ruleset",
    "RulesetCost",
    "RulesetError",
    "RulesetExplanation",
    "RulesetSource",
    "RulesetSourceError",
    "check_ruleset",
    "explain",
    "program",
    "read_ruleset",
    "ruleset_diff",
    "ruleset_text",
    "with_rule_added",
    "with_rule_field",
]
