"""The page that explains rules says what is so."""

from pathlib import Path

import pytest

from features.catalogue import CATALOGUE
from models.rules import budget
from models.rules.document import ACTIONS, RULES_MAX
from models.rules.document_check import COMPARED_MAX
from models.rules.language.expression import compile_expression
from models.rules.language.graph import STEPS_MAX, Graph
from models.rules.payment_columns import PAYMENT_COLUMNS
from models.rules.source.yaml_source import check_ruleset

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
SCHEMA = {
    **PAYMENT_COLUMNS,
    **{one.name: "money" if one.unit == "EUR cents" else "number" for one in CATALOGUE.columns},
}


def block(language: str) -> str:
    return PAGE.split(f"```{language}\n")[1].split("```")[0]


def test_the_ruleset_of_the_page_is_right() -> None:
    assert len(check_ruleset(block("yaml"), SCHEMA, "docs/rules.md").compile(SCHEMA).rule_ids) >= 4


@pytest.mark.parametrize("example", block("rules").splitlines())
def test_a_condition_of_the_page_compiles(example: str) -> None:
    compile_expression(example, SCHEMA, Graph())


def test_the_page_tells_precedence_and_limits_as_they_are() -> None:
    assert " > ".join(ACTIONS[:4]) in PAGE
    assert f"{RULES_MAX:,} rules" in PAGE


def test_the_page_tells_the_budget_as_it_is() -> None:
    for what, bound in (
        ("characters", budget.CHARACTERS_MAX),
        ("steps", STEPS_MAX),
        ("units of work a payment", budget.WORK_MAX),
    ):
        assert f"| {what} | {bound:,} |" in PAGE
        assert f"of {bound:,} {what}" in PAGE
    assert f"{COMPARED_MAX:,} where rules of one id" in PAGE
