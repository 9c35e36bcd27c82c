"""The editor of rules in a browser: suggestions, checks while typing, a proposal; and without it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI

from desk.audit import AuditTrail
from desk.changes import Changes
from desk.database import DeskDatabase
from desk.people import Role
from tests.console.backtest_result import backtest_result
from tests.console.browser.test_shell import signed_in, violations
from tests.console.rules_scene import RulesScene
from tests.console.scene import NOW
from tests.support.shared_postgres import desk_database, desk_url

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["desk_database", "desk_url"]

Opened = Callable[..., "Page"]
Served = Callable[[FastAPI], str]


@pytest.fixture
def changes(desk_database: DeskDatabase) -> Changes:
    return Changes(desk_database, AuditTrail(lambda: NOW), lambda: NOW)


@pytest.fixture
def opened(changes: Changes, served: Served, window: Opened) -> Opened:
    scene = RulesScene(changes, [Role.RULE_AUTHOR])
    scene.backtests.result = backtest_result(NOW)
    address = served(scene.app)

    def open_page(width: int = 1280, scheme: str = "light", *, with_editor: bool = True) -> "Page":
        page = window(width, 860, scheme, signed_in(scene, address))
        if not with_editor:
            page.route("**/vendor/editor.js*", lambda route: route.fulfill(body=""))
        page.goto(f"{address}/rules/edit")
        page.wait_for_load_state("networkidle")
        return page

    return open_page


def to_the_end_of(page: "Page", line: str) -> None:
    """The cursor behind a line's text."""
    page.locator(".cm-line", has_text=line).first.click()
    page.keyboard.press("End")


def test_a_name_is_suggested_while_a_rule_is_typed(opened: Opened) -> None:
    page = opened()
    to_the_end_of(page, "when: amount > 100")
    page.keyboard.type(" and issuer_c")
    page.locator(".cm-tooltip-autocomplete").wait_for()
    assert "issuer_country" in page.locator(".cm-tooltip-autocomplete").inner_text()


def test_a_mistake_is_marked_where_it_is_while_it_is_typed(opened: Opened) -> None:
    page = opened()
    to_the_end_of(page, "when: amount > 100")
    page.keyboard.type(" and nothing_g > 1")
    page.keyboard.press("Escape")
    page.locator("#checked .problem").wait_for()
    page.locator(".cm-lintRange-error").wait_for()
    page.locator("#checked .problem").click()
    page.keyboard.type("ip_country == 'DE' and ")
    assert "ip_country == 'DE' and nothing_g" in page.locator("#field-text").input_value()


def test_a_ruleset_is_written_and_proposed(opened: Opened, changes: Changes) -> None:
    page = opened()
    to_the_end_of(page, "when: amount > 100")
    page.keyboard.type("00")
    page.get_by_text("Can go live").wait_for()
    assert not page.locator(".cm-lintRange-error").count()
    page.fill("#field-reason", "larger amounts only")
    page.get_by_role("button", name="Propose").click()
    page.wait_for_url("**/rules/proposals/*")
    (waiting,) = changes.proposals("live")
    assert waiting.content["rules"][0]["when"] == "amount > 10000"


def test_without_the_editor_the_text_area_is_checked_all_the_same(opened: Opened) -> None:
    page = opened(with_editor=False)
    assert not page.locator(".editor-host").count()
    area = page.locator("#field-text")
    area.fill(area.input_value().replace("amount > 100", "amonut > 100"))
    page.locator("#checked .problem").wait_for()
    assert "amonut" in page.locator("#checked").inner_text()


def test_charts_of_a_backtest_are_drawn_though_what_draws_them_comes_later(opened: Opened) -> None:
    page = opened()
    page.get_by_role("button", name="Run backtest").click()
    page.locator("#backtest canvas").first.wait_for()


def test_a_backtest_of_an_earlier_text_says_so_until_it_is_run_again(opened: Opened) -> None:
    page = opened()
    page.get_by_role("button", name="Run backtest").click()
    page.locator("#backtest canvas").first.wait_for()
    assert page.locator("#backtest-stale").is_hidden()
    to_the_end_of(page, "when: amount > 100")
    page.keyboard.type("00")
    page.get_by_text("Of an earlier text.").wait_for(state="visible")
    page.get_by_role("button", name="Run it again on this text").click()
    page.get_by_text("Of an earlier text.").wait_for(state="hidden")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_and_the_editor_fits(opened: Opened, width: int, scheme: str) -> None:
    page = opened(width, scheme)
    page.locator(".cm-content").wait_for()
    assert not violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
