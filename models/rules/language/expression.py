"""The language of rules: one Python-like condition over columns, compiled against a schema.

    reference_amount > 500000 and method == "card"
    amount > 5000 EUR or amount between 900 USD and 1000 USD
    ip_country not in eu and bin starts_with ("4571", "5100")
    metadata.basket is known and metadata.items >= 20
    mcc in ("5912", "7995") or bin in list("blocked_bins")

Operators, loosest first:

    or; and; not
    < <= == != >= >   also chained: 1 < x <= 3. Texts and booleans compare with == and != only
    x between a and b, x not between a and b   both ends included
    in, not in        a tuple of constants, a group of countries (eu, eea, eurozone, sepa), list("name")
    starts_with, ends_with, contains, each also after `not`   a text, or a tuple of texts: one of them
    is missing, is known, is not missing, is not known
    + -; * /; unary -

Values: names of columns; `metadata.KEY` or `metadata["any key"]`; numbers, texts, True and False; money as
`5000 EUR` in units of the currency (compared with amounts only; see `models.rules.language.money_literals`).
A number without currency compared with an amount is in minor units, as the columns are. Arithmetic is on
float64; what is too large is infinite.

**Missing values.** A test with a missing value is false, whatever the test: `==` and `!=`, `in` and `not in`,
`between` and `not between`, `starts_with` and `not starts_with`. Arithmetic with one is missing; so is a
division by zero. Only `is missing` and `is known` tell them apart. `not (...)` turns a false test into a true
one, so `not (x > 5)` holds where x is missing; write `x <= 5` to leave missing values out. A boolean column
that is missing is false as a condition. Metadata is missing when it is absent, null or of another type than
the rule uses it as; `metadata.KEY is known` asks for any type.

**Nothing else can run.** `models.rules.language.syntax` takes words of the language only; then the text is
parsed with `ast` and every node is checked against a whitelist; what remains becomes steps over columns,
never Python code. Limits: 4,000 characters, 32 levels, 500 members, texts of 128 characters, numbers to
2**53.
"""

from dataclasses import dataclass

from models.rules.language.columns import Schema
from models.rules.language.compiler import Compiler
from models.rules.language.graph import Graph
from models.rules.language.syntax import DEPTH_MAX, EXPRESSION_LENGTH_MAX, ExpressionError, rewrite

__all__ = ["DEPTH_MAX", "EXPRESSION_LENGTH_MAX", "Expression", "ExpressionError", "compile_expression"]


@dataclass(frozen=True)
class Expression:
    """A compiled condition: the step of the graph that computes it, and what it reads."""

    text: str
    step: int
    columns: frozenset[str]
    lists: frozenset[str]


def compile_expression(text: str, schema: Schema, graph: Graph) -> Expression:
    """Check a condition against `schema` and add its steps to `graph`.

    Raises `ExpressionError` with the place and, for an unknown name, the closest known one.
    """
    rewritten = rewrite(text)
    indent = len(rewritten.text) - len(rewritten.text.lstrip(" "))
    compiler = Compiler(rewritten.text.strip(" "), indent, rewritten.currencies, schema, graph)
    step = compiler.condition(compiler.parse(), 1).step
    return Expression(text, step, frozenset(compiler.columns), frozenset(compiler.lists))
