"""Rulesets: checked documents, compiled against the columns that rules may read."""

from collections.abc import Mapping
from typing import Any, Self

from models.rules.budget import check_characters, cost_of
from models.rules.compiled_ruleset import CompiledRuleset
from models.rules.document import Rule, RulesetDocument, RulesetError
from models.rules.document_check import document_of
from models.rules.language import (
    COLUMN_TYPES,
    Expression,
    ExpressionError,
    Graph,
    Schema,
    TooManySteps,
    compile_expression,
)
from models.rules.levels import reaches
from models.versions import content_version


class Ruleset:
    """A checked, not yet compiled ruleset. `version` is the content version of its document."""

    def __init__(self, document: RulesetDocument, version: str) -> None:
        """Use `from_dict`."""
        self.document = document
        self.name = document.name
        self.rules = document.rules
        self.version = version

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Check and take a ruleset document. Raises `RulesetError`."""
        checked = document_of(document)
        try:
            return cls(checked, content_version(document))
        except (TypeError, ValueError) as error:
            raise RulesetError(f"ruleset: {error}") from None

    def compile(self, schema: Schema) -> "CompiledRuleset":
        """Compile against columns (name -> type). Raises `RulesetError` for the first rule that cannot be,
        and for more than the budget allows (`models.rules.budget`).
        """
        unknown = set(schema.values()) - COLUMN_TYPES
        if unknown:
            raise RulesetError(
                f"ruleset {self.name!r}: the schema has unknown column types {sorted(unknown)}"
            )
        check_characters(self.document)
        graph, scopes = Graph(), reaches(self.document)
        expressions, ends = list[Expression](), list[int]()
        for index, rule in enumerate(self.rules):
            expressions.append(compile_rule(index, rule, schema, graph))
            ends.append(len(graph))
        cost = cost_of(self.document, graph, ends, scopes)
        cost.check()
        return CompiledRuleset(self.document, self.version, tuple(expressions), graph, scopes, cost)


def compile_rule(index: int, rule: Rule, schema: Schema, graph: Graph) -> Expression:
    """One rule's condition. Raises `RulesetError` with its place."""
    try:
        return compile_expression(rule.when, schema, graph)
    except (ExpressionError, TooManySteps) as error:
        column = error.column if isinstance(error, ExpressionError) else 1
        raise RulesetError(
            f"rule {rule.id!r}, character {column} of `when`: {error}", ("rules", index, "when"), column - 1
        ) from None
