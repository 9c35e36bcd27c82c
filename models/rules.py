"""Rulesets as data: conditions that add to a payment's score or set it, compiled and run over a batch's
columns.

    name: seed
    rules:
      - id: large_card_amount
        description: Card payment above 5,000.00
        owner: fraud-team
        when: reference_amount > 500000 and method == "card"
        score: 30

A rule either adds (`score`) or sets (`set_score`) hundredths, and may put a value of the payment on a list.
The score of a payment is the highest `set_score` among its hits, or else the sum of their `score`, and always
within 0..100. A rule hits, does not hit, or errs (an exception while it runs); an error is marked in its own
bits, adds nothing and never stops a decision. A rule that errs is run again row by row, so that only the rows
that cause it are marked however batches are cut.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from models.content_version import content_version
from models.rule_expressions import COLUMN_TYPES, Expression, ExpressionError, Schema, compile_expression
from models.rule_operators import Columns, ColumnSource, ListSource

RULES_MAX: Final = 64
"""Hits of one payment are one 64-bit word."""

SCORE_MAX: Final = 100

PAYMENT_COLUMNS: Final[Schema] = {
    "amount": "number",
    "reference_amount": "number",
    "currency": "text",
    "method": "text",
    "method_country": "text",
    "ip_country": "text",
    "bin": "text",
    "merchant_id": "text",
    "merchant_country": "text",
    "mcc": "text",
    "channel": "text",
    "phase": "text",
    "customer_age_days": "number",
    "attempt": "number",
    "probability": "number",
}
"""What the engine offers beside the catalogue's features (which are numbers).

`amount` is in minor units, `reference_amount` in EUR cents, `method` and `channel` are the contract's words,
`customer_age_days` and `probability` (0..1) are NaN when unknown.
"""


class RulesetError(ValueError):
    """The ruleset cannot be used. The message names the rule and, in an expression, the character."""


class ListPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Puts one value of the payment on a list, for `hours` of engine time (for good when absent).

    The entry is written to the log as a control and acts when it is read back: never on a payment before
    that.
    """

    list: Annotated[str, Meta(min_length=1, max_length=128)]
    of: Literal["card", "bin", "customer", "device", "ip", "email", "merchant"]
    hours: Annotated[int, Meta(ge=1, le=24 * 3650)] | None = None


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule as its document says it; exactly one of `score` and `set_score` is given."""

    id: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$")]
    description: Annotated[str, Meta(min_length=1, max_length=500)]
    owner: Annotated[str, Meta(min_length=1, max_length=128)]
    when: Annotated[str, Meta(min_length=1)]
    score: Annotated[int, Meta(ge=-SCORE_MAX, le=SCORE_MAX)] | None = None
    set_score: Annotated[int, Meta(ge=0, le=SCORE_MAX)] | None = None
    put_on_list: ListPut | None = None


class RulesetDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ruleset as its YAML document says it. `version` is that of the format."""

    name: Annotated[str, Meta(min_length=1, max_length=128)]
    rules: Annotated[tuple[Rule, ...], Meta(max_length=RULES_MAX)]
    version: int = 1
    description: str = ""


class Ruleset:
    """A checked, not yet compiled ruleset. `version` is the content version of its document."""

    def __init__(self, document: RulesetDocument, version: str) -> None:
        """Use `from_dict`."""
        self.name = document.name
        self.rules = document.rules
        self.version = version

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Check and take a ruleset document. Raises `RulesetError`."""
        try:
            ruleset = msgspec.convert(document, RulesetDocument)
            version = content_version(document)
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            raise RulesetError(f"ruleset: {error}") from None
        _check(ruleset)
        return cls(ruleset, version)

    def compile(self, schema: Schema) -> "CompiledRuleset":
        """Compile against columns (name -> number, text or boolean). Raises `RulesetError`."""
        unknown = set(schema.values()) - COLUMN_TYPES
        if unknown:
            raise RulesetError(
                f"ruleset {self.name!r}: the schema has unknown column types {sorted(unknown)}"
            )
        return CompiledRuleset(self, tuple(_compile(rule, schema) for rule in self.rules))


@dataclass(frozen=True)
class RuleResult:
    """Of n payments: `score` int64 0..100; `hits` and `errors` uint64, bit i for rule i."""

    score: NDArray[np.int64]
    hits: NDArray[np.uint64]
    errors: NDArray[np.uint64]


class CompiledRuleset:
    """Rules ready to run. Evaluation keeps no state: what it gives depends on the rows alone."""

    def __init__(self, ruleset: Ruleset, expressions: tuple[Expression, ...]) -> None:
        """Use `Ruleset.compile`."""
        self.ruleset = ruleset
        self.version = ruleset.version
        self.rule_ids = tuple(rule.id for rule in ruleset.rules)
        self.columns_used = frozenset[str]().union(*(expression.columns for expression in expressions))
        self.lists_used = frozenset[str]().union(*(expression.lists for expression in expressions))
        self._rules = tuple(zip(ruleset.rules, expressions, strict=True))
        self._ids_of_hits: dict[int, tuple[str, ...]] = {0: ()}

    def evaluate(self, column: ColumnSource, n: int, contains: ListSource) -> RuleResult:
        """Run all rules over n rows.

        `column(name)` gives an array of n values (numbers: int64 or float64 with NaN when missing; texts:
        objects, str or None) and is asked for `columns_used` only; `contains(list, values)` a bool for each
        value.
        """
        columns = Columns(column, contains)
        added, highest_set = np.zeros(n, np.int64), np.full(n, -1, np.int64)
        hits, errors = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
        with np.errstate(all="ignore"):
            for index, (rule, expression) in enumerate(self._rules):
                hit = self._run(expression, columns, n, errors, np.uint64(1 << index))
                if hit is None or not hit.any():
                    continue
                hits[hit] |= np.uint64(1 << index)
                if rule.set_score is None:
                    added[hit] += rule.score or 0
                else:
                    highest_set[hit] = np.maximum(highest_set[hit], rule.set_score)
        score = np.where(highest_set >= 0, highest_set, np.clip(added, 0, SCORE_MAX))
        return RuleResult(score, hits, errors)

    def ids_of(self, hits: int) -> tuple[str, ...]:
        """The ids of the rules whose bits are set, in the ruleset's order."""
        ids = self._ids_of_hits.get(hits)
        if ids is None:
            ids = tuple(rule_id for index, rule_id in enumerate(self.rule_ids) if hits >> index & 1)
            if len(self._ids_of_hits) < 10_000:
                self._ids_of_hits[hits] = ids
        return ids

    def _run(
        self, expression: Expression, columns: Columns, n: int, errors: NDArray[np.uint64], bit: np.uint64
    ) -> NDArray[np.bool_] | None:
        try:
            return _rows(expression.evaluate(columns), n)
        except Exception:  # whatever a rule raises is its error, never the decision's
            hit, erring = _row_by_row(expression, columns, n)
            errors[erring] |= bit
            return hit


def _rows(result: Any, n: int) -> NDArray[np.bool_]:
    rows = np.asarray(result, np.bool_)
    return rows if rows.shape == (n,) else np.broadcast_to(rows, (n,))


def _row_by_row(
    expression: Expression, columns: Columns, n: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    hit, erring = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for row in range(n):
        one = Columns(_column_of_row(columns, row), _contains_of_row(columns, row, n))
        try:
            hit[row] = _rows(expression.evaluate(one), 1)[0]
        except Exception:
            erring[row] = True
    return hit, erring


def _column_of_row(columns: Columns, row: int) -> ColumnSource:
    return lambda name: columns.column(name)[row : row + 1]


def _contains_of_row(columns: Columns, row: int, n: int) -> ListSource:
    # The engine's lists know the time of each row by its place, so they are asked for n values.
    return lambda name, texts: columns.contains(name, np.repeat(texts, n))[row : row + 1]


def _compile(rule: Rule, schema: Schema) -> Expression:
    try:
        return compile_expression(rule.when, schema)
    except ExpressionError as error:
        raise RulesetError(f"rule {rule.id!r}, character {error.column} of `when`: {error}") from None


def _check(ruleset: RulesetDocument) -> None:
    if ruleset.version != 1:
        raise RulesetError(f"ruleset {ruleset.name!r}: version {ruleset.version} is not known, expected 1")
    seen: set[str] = set()
    for rule in ruleset.rules:
        if (rule.score is None) == (rule.set_score is None):
            raise RulesetError(f"rule {rule.id!r}: exactly one of `score` and `set_score` is needed")
        if rule.id in seen:
            raise RulesetError(f"rule {rule.id!r} is there twice")
        seen.add(rule.id)
