"""The language of rules: from text to steps over columns.

Invariants: nothing in a rule can run code; a step is total, so that a rule hits, does not hit or errs on each
row by itself.
"""

from models.rules.language.columns import COLUMN_TYPES, METADATA, RuleBatch, RuleRows, Schema
from models.rules.language.expression import Expression, compile_expression
from models.rules.language.graph import BROKEN, STEPS_MAX, Graph, TooManySteps
from models.rules.language.operators import COMPARISONS
from models.rules.language.syntax import AFFIXES, ExpressionError, closest

__all__ = [
    "AFFIXES",
    "BROKEN",
    "COLUMN_TYPES",
    "COMPARISONS",
    "METADATA",
    "STEPS_MAX",
    "Expression",
    "ExpressionError",
    "Graph",
    "RuleBatch",
    "RuleRows",
    "Schema",
    "TooManySteps",
    "closest",
    "compile_expression",
]
