"""Rulesets that would stop an engine: each is valid but for what it costs, and is refused by its budget.

Measured before there was one: 24 s to compile, 38 ms a payment.
"""

from importlib.resources import files
from typing import Any

import pytest

from models import seed
from models.rules import (
    PAYMENT_COLUMNS,
    CompiledRuleset,
    Ruleset,
    RulesetError,
    RulesetSourceError,
    check_ruleset,
)
from models.rules import budget as budgets
from models.rules.language import STEPS_MAX, Graph, compile_expression
from models.rules.language.compiler import Compiler
from tests.models.test_baseline_ruleset import SCHEMA as CATALOGUE_SCHEMA

SCHEMA = {**PAYMENT_COLUMNS, "flag": "boolean"}
RULE: dict[str, Any] = {"description": "d", "owner": "o", "when": "amount > 1", "score": 1}


def ruleset(*rules: dict[str, Any], **more: Any) -> Ruleset:
    return Ruleset.from_dict({"name": "costly", "version": 2, "rules": list(rules)} | more)


def compiled(*whens: str) -> CompiledRuleset:
    rules = [RULE | {"id": f"rule_{number}", "when": when} for number, when in enumerate(whens)]
    return ruleset(*rules).compile(SCHEMA)


def looked_for(count: int) -> str:
    texts = ", ".join(f'"x{number}"' for number in range(count))
    return f"email contains ({texts})"


def test_a_shared_operand_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In `a == b == c` two tests read b. Compiled for each, 20 levels of them took 24 s, 30 hours."""
    text = "flag"
    for _ in range(30):
        text = f"(flag == {text} == flag)"
    visits: list[int] = []
    real = Compiler._compiled

    def counted(compiler: Compiler, node: Any, depth: int) -> Any:
        visits.append(depth)
        return real(compiler, node, depth)

    monkeypatch.setattr(Compiler, "_compiled", counted)
    compile_expression(text, SCHEMA, Graph())
    assert len(visits) < 100


MANY_STEPS = [" or ".join(f"amount*{n + 60 * m} < 1" for n in range(60)) for m in range(200)]
MANY_COLUMNS = [" or ".join(f"metadata.k{n + 40 * m} == 1" for n in range(40)) for m in range(60)]
MANY_PARTS = [f"{looked_for(450)} and amount > {m}" for m in range(60)]
LONG = [f"{'amount > 1 or ' * 250} amount > {n}" for n in range(80)]


@pytest.mark.parametrize(
    ("whens", "words"),
    [
        (MANY_STEPS, "more than 20,000 steps"),
        (MANY_COLUMNS, "units of work a payment, at most 20,000 are allowed; most of it: rule_"),
        ([looked_for(400).replace("x", chr(0x100 + m)) for m in range(52)], "units of work"),
        (LONG, "characters together"),
    ],
)
def test_a_ruleset_above_the_budget_is_refused(whens: list[str], words: str) -> None:
    with pytest.raises(RulesetError, match=words):
        compiled(*whens)


def test_what_rules_have_in_common_counts_once() -> None:
    assert compiled(*MANY_PARTS).cost.work < 2_000


def test_a_full_ruleset_is_within_the_budget() -> None:
    cost = compiled(*(f"amount > {n} and attempt + {n} < 50 and mcc == '{n}'" for n in range(1_024))).cost
    assert cost.work < budgets.WORK_MAX


def test_levels_count() -> None:
    """A rule of everyone leaves out the merchants of every group that has it: a test a group."""
    groups = {f"g{number}": [f"m{number}"] for number in range(900)}
    narrow = [RULE | {"id": f"r{n % 9}", "group": name} for n, name in enumerate(groups)]
    wide = [RULE | {"id": f"r{n}"} for n in range(9)]
    cost = ruleset(*narrow, *wide, groups=groups).compile(SCHEMA).cost
    assert cost.work > 4 * 2 * 900


def test_groups_of_one_id_are_compared_in_one_pass_and_bounded() -> None:
    """Each pair was compared before: half a million for a thousand groups, and these for every id."""
    groups = {name: [f"{name}{k}" for k in range(50_000)] for name in "ab"}
    rules = [RULE | {"id": f"r{n}", "group": name} for n in range(40) for name in groups]
    with pytest.raises(RulesetError, match="hold more than 2,000,000 merchants"):
        ruleset(*rules, groups=groups)


def test_a_refusal_has_its_place_in_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "name: n\nversion: 2\nrules:\n"
        f"  - {{id: r, description: d, owner: o, score: 1, when: '{looked_for(450)}'}}\n"
    )
    check_ruleset(text, SCHEMA)
    monkeypatch.setattr(budgets, "WORK_MAX", 400)
    with pytest.raises(RulesetSourceError, match=r"ruleset:4:3: .*most of it: r 4\d\d"):
        check_ruleset(text, SCHEMA)


def test_the_rulesets_that_come_with_tollgate_are_far_below_the_budget() -> None:
    text = files("models").joinpath("data/baseline_ruleset.yaml").read_text(encoding="utf-8")
    for each in (check_ruleset(text, CATALOGUE_SCHEMA), Ruleset.from_dict(seed.seed_ruleset())):
        cost = each.compile(CATALOGUE_SCHEMA).cost
        assert 0 < cost.work < budgets.WORK_MAX / 10
        assert cost.steps < STEPS_MAX / 10
        assert cost.characters < budgets.CHARACTERS_MAX / 10


def test_the_cost_is_said_with_its_bounds() -> None:
    assert str(compiled('currency == "EUR" and amount > 5').cost) == (
        "5 of 20,000 steps, 20 of 20,000 units of work a payment, 32 of 250,000 characters"
    )
