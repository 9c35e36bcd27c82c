"""docs/rules.md: what it says of the baseline is so, and measured."""

from pathlib import Path

import pytest

from models.rules.compiled_ruleset import CompiledRuleset
from tests.checks import baseline_hits

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
MEASURED = PAGE.partition(baseline_hits.BEGIN)[2].partition(baseline_hits.END)[0]
LINES = [line.strip("| ").split(" | ") for line in MEASURED.splitlines() if line.startswith("| `")]
ROWS = {line[0].strip("` "): [cell.strip() for cell in line[1:]] for line in LINES}


@pytest.fixture(scope="module")
def compiled() -> CompiledRuleset:
    ruleset = baseline_hits.strategy().ruleset
    assert ruleset is not None
    return ruleset


@pytest.fixture(scope="module")
def fixture() -> baseline_hits.Measured:
    return baseline_hits.fixture()


def test_every_rule_has_its_row_and_says_what_itdoes(compiled: CompiledRuleset) -> None:
    rules = compiled.rules
    assert {rule.id: baseline_hits.does(rule) for rule in rules} == {id_: row[0] for id_, row in ROWS.items()}


def test_the_fixtures_column_is_what_is_measured_now(
    compiled: CompiledRuleset, fixture: baseline_hits.Measured
) -> None:
    for at, rule in enumerate(compiled.rule_ids):
        assert ROWS[rule][-1] == baseline_hits.cell(fixture.figures(at)), rule


def test_every_rule_hits_somewhere_or_is_known_not_to() -> None:
    silent = {rule for rule, cells in ROWS.items() if set(cells[1:]) == {"-"}}
    of_lists = {"sanctioned_party", "blocked_entity", "blocked_bin", "watched_entity"}
    assert silent == of_lists | {"challenger_disagrees"}


def test_no_live_rule_hits_more_than_one_payment_in_twenty() -> None:
    shares = [float(cell.partition("%")[0]) for row in ROWS.values() for cell in row[1:] if cell != "-"]
    assert max(shares) <= 5.0


def test_rules_that_block_are_mostly_right_on_the_fixture(
    compiled: CompiledRuleset, fixture: baseline_hits.Measured
) -> None:
    """Look-alikes of every attack are in it: a block that cannot tell them apart would show."""
    for at, rule in enumerate(compiled.rules):
        figures = fixture.figures(at)
        if rule.action == "block" and figures is not None:
            assert figures[1] >= 0.75, rule.id
