"""Every rate over labels says how many payments have a known truth; of too few there is no percentage."""

from typing import Any

import pytest

from dashboards.console.pages.rules.backtest_view import delta_lines
from dashboards.console.warehouse import Rows
from desk.accounts import Role
from tests.console.backtest_result import backtest_result
from tests.console.rules_scene import RULES, RulesScene
from tests.console.scene import NOW


@pytest.fixture
def scene() -> RulesScene:
    return RulesScene(None, [Role.VIEWER])


def backtest_page(scene: RulesScene, **changes: Any) -> str:
    result = backtest_result(NOW)
    result["rules"] = [{**result["rules"][0], **changes}]
    scene.backtests.result = result
    scene.backtests.asked.append((RULES, None, 30))
    return scene.client.get("/rules/backtests/00000000-0000-0000-0000-000000000009").text


def test_a_rule_of_a_backtest_says_how_many_of_its_hits_have_a_known_truth(scene: RulesScene) -> None:
    page = backtest_page(
        scene, payments=391, fraud=165, legitimate=0, unknown=226, precision=1.0, insult_rate=0.0
    )
    assert "100.0 %" in page
    assert "of 165 known" in page
    assert "226 unknown" in page
    assert "of 87 good known" in page


def test_where_too_few_are_known_a_backtest_says_so_instead_of_a_percentage(scene: RulesScene) -> None:
    page = backtest_page(scene, payments=391, fraud=3, legitimate=0, unknown=388, precision=1.0)
    assert "100.0 %" not in page
    assert "too few known" in page
    assert "of 3 known" in page


def test_figures_of_a_backtest_say_how_many_stopped_are_of_unknown_truth() -> None:
    lines = {line.name: line for line in delta_lines(backtest_result(NOW))}
    assert lines["of these: truth unknown"].new == 1134
    assert lines["of these: known good customers"].new == 42
    precision = lines["Precision (declined)"].new_truth
    assert precision is not None
    assert (precision.known, precision.unknown) == (379, 567)
    insult = lines["Insult rate (declined)"].new_truth
    assert insult is not None
    assert insult.known == 87


def test_a_share_of_too_few_has_no_change() -> None:
    result = backtest_result(NOW)
    result["base"]["verdicts"]["declined"] |= {"fraud": 2, "legitimate": 1}
    lines = {line.name: line for line in delta_lines(result)}
    assert lines["Precision (declined)"].change is None


def test_a_backtest_says_what_it_counts(scene: RulesScene) -> None:
    page = backtest_page(scene)
    for said in ("Replayed:", "2026-05-16 to 2026-06-14", "counts as good", "Why the Rules page differs"):
        assert said in page


def test_each_example_of_a_backtest_leads_to_its_payment(scene: RulesScene) -> None:
    columns = ("sequence", "merchant_account", "payment_id", "merchant_id")
    scene.warehouse.answers["rules/examples"] = Rows(columns, [(40, "acme", "order/1", "shop")])
    page = backtest_page(scene)
    assert 'href="/payments/payment?account=acme&amp;id=order%2F1"' in page
    assert "decision 41" in page
