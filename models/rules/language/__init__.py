"""The language of rules: from text to steps over columns.

Invariants: nothing in a rule can run code; a step is total, so that a rule hits, does not hit or errs on each
row by itself.
"""

from models.rules.language.columns import (
    COLUMN_TYPES,
    METADATA,
    RuleRows,
    Schema,
    numbers,
    raw_numbers,
    raw_texts,
    raw_truths,
    single,
    truths,
)
from models.rules.language.expression import Expression, compile_expression
from models.rules.language.graph import STEPS_MAX, Graph, TooManySteps
from models.rules.language.money_literals import cents_a_unit
from models.rules.language.operators import COMPARISONS
from models.rules.language.syntax import AFFIXES, ExpressionError, closest

__all__ = [
    "AFFIXES",
    "COLUMN_TYPES",
    "COMPARISONS",
    "METADATA",
    "STEPS_MAX",
    "Expression",
    "ExpressionError",
    "Graph",
    "RuleRows",
    "Schema",
    "TooManySteps",
    "cents_a_unit",
    "closest",
    "compile_expression",
    "numbers",
    "raw_numbers",
    "raw_texts",
    "raw_truths",
    "single",
    "truths",
]
