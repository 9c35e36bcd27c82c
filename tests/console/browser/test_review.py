"""The page Review in a browser: a reviewer's way by keyboard, and what axe says."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI

from dashboards.console.pages import review
from dashboards.console.warehouse import Rows
from desk.database import DeskDatabase
from desk.people import Role
from tests.console.browser.test_shell import signed_in, violations
from tests.console.review_scene import busy_queue
from tests.console.scene import Scene
from tests.desk.conftest import desk_database, desk_url
from tests.desk.review_cases import Queue

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["desk_database", "desk_url"]
Opened = Callable[..., "Page"]
Served = Callable[[FastAPI], str]


@pytest.fixture
def scene(desk_database: DeskDatabase) -> Iterator[Scene]:
    made = Scene([Role.REVIEWER, Role.APPROVER], shown=[review.PAGE], database=desk_database)
    yield made
    made.client.close()


@pytest.fixture
def queue(scene: Scene, desk_database: DeskDatabase) -> Queue:
    return busy_queue(desk_database, scene.person)


def conclusions(queue: Queue, scene: Scene, payment_id: str) -> list[str]:
    """What the person of the scene has concluded on a payment."""
    return queue.all(
        "SELECT given.conclusion FROM review_verdicts AS given JOIN reviews USING (review_id) "
        "WHERE payment_id = %s AND person_id = %s AND undone_at IS NULL",
        payment_id,
        scene.person.user_id,
    )


def heading(page: "Page") -> str:
    return page.inner_text("h1").removeprefix("Payment ")


def test_a_reviewer_works_by_keyboard(scene: Scene, queue: Queue, served: Served, window: Opened) -> None:
    address = served(scene.app)
    page = window(cookies=signed_in(scene, address))
    page.goto(f"{address}/review")
    page.keyboard.press("s")
    page.wait_for_url("**/review/*")
    first = heading(page)
    page.wait_for_selector("button[value=decline]")
    with page.expect_navigation():
        page.keyboard.press("d")
    second = heading(page)
    assert second != first
    assert conclusions(queue, scene, first) == ["decline"]
    with page.expect_navigation():
        page.keyboard.press("u")
    assert heading(page) == first
    assert conclusions(queue, scene, first) == []
    with page.expect_navigation():
        page.keyboard.press("a")
    assert conclusions(queue, scene, first) == ["approve"]
    with page.expect_navigation():
        page.keyboard.press("e")
    assert queue.one("SELECT queue FROM reviews WHERE payment_id = %s", second) == "escalation"
    with page.expect_navigation():
        page.keyboard.press("q")
    assert page.url.endswith("/review")
    assert queue.all("SELECT 1 FROM reviews WHERE claimed_by = %s", scene.person.user_id) == []


def test_a_known_fraud_is_not_approved_by_one_key(
    scene: Scene, queue: Queue, served: Served, window: Opened
) -> None:
    scene.warehouse.answers["review/known_frauds"] = Rows(
        ("merchant_account", "payment_id", "attempt", "source", "last_known_at"),
        [("acme", "pay-ring-1", 1, "chargeback", datetime(2026, 6, 14))],
    )
    address = served(scene.app)
    page = window(cookies=signed_in(scene, address))
    page.goto(f"{address}/review/{queue.id_of('pay-ring-1')}")
    page.wait_for_selector("button[value=approve]")
    page.keyboard.press("a")
    page.wait_for_function("document.activeElement.name === 'reason'")
    assert conclusions(queue, scene, "pay-ring-1") == []
    page.keyboard.type("the cardholder called")
    page.keyboard.press("Escape")  # leaves the field: keys are keys of the page again
    with page.expect_navigation():
        page.keyboard.press("a")
    assert conclusions(queue, scene, "pay-ring-1") == ["approve"]
    assert heading(page) != "pay-ring-1"  # opened from outside a run, and the next one opened all the same
    with page.expect_navigation():
        page.keyboard.press("u")
    assert "Taken back: you had approved payment pay-ring-1" in page.inner_text("main")


def test_rows_are_gone_through_and_opened_by_keys(
    scene: Scene, queue: Queue, served: Served, window: Opened
) -> None:
    address = served(scene.app)
    page = window(cookies=signed_in(scene, address))
    page.goto(f"{address}/review")
    for key in ("j", "j", "k", "j"):
        page.keyboard.press(key)
    wanted = page.locator("tr[aria-selected=true] code").first.inner_text()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("button[value=approve]")  # opened, so claimed
    claimed = queue.all("SELECT payment_id FROM reviews WHERE claimed_by = %s", scene.person.user_id)
    assert claimed == [wanted]
    page.keyboard.press("?")
    assert "Approve: capture it" in page.inner_text("#help")
    page.keyboard.press("Escape")
    page.goto(f"{address}/review")
    page.keyboard.press("/")
    page.keyboard.type("pay-ring-2")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("tbody tr").count() == 1


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_overflows(
    scene: Scene, queue: Queue, served: Served, window: Opened, width: int, scheme: str
) -> None:
    address = served(scene.app)
    page = window(width, 844, scheme, signed_in(scene, address))
    for path in ("/review", "/review?queue=escalation", f"/review/{queue.id_of('pay-ring-1')}"):
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
