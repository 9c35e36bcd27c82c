"""The frame of all pages, in a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from fastapi import FastAPI

from tests.console.scene import Scene
from tests.console.specimen import shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE: Final = Path(__file__).with_name("axe.min.js")
SERIOUS: Final = ("serious", "critical")
Opened = Callable[..., "Page"]
Served = Callable[[FastAPI], str]


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Somebody with every role, and the specimen."""
    made = Scene(shown=shown())
    yield made
    made.client.close()


def signed_in(scene: Scene, address: str) -> list[dict[str, str]]:
    """The cookies of the person of a scene."""
    return [{"name": "session", "value": scene.client.cookies["session"], "url": address}]


def violations(page: "Page") -> list[str]:
    """What axe finds serious, with where."""
    found: dict[str, Any] = page.evaluate(
        f"async () => {{ {AXE.read_text(encoding='utf-8')}; return await axe.run(); }}"
    )
    return [
        f"{each['id']}: {each['help']}: {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(
    scene: Scene, served: Served, window: Opened, scheme: str, width: int
) -> None:
    address = served(scene.app)
    page = window(width, 800, scheme, signed_in(scene, address))
    for path in ("/specimen", "/account", "/search?q=live"):
        page.goto(address + path)
        assert not violations(page), path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_before_sign_in(
    scene: Scene, served: Served, window: Opened, scheme: str
) -> None:
    page = window(scheme=scheme)
    address = served(scene.app)
    for path in ("/sign-in", "/link/token"):
        page.goto(address + path)
        assert not violations(page), path


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_is_never_wider_than_the_window(
    scene: Scene, served: Served, window: Opened, width: int
) -> None:
    address = served(scene.app)
    page = window(width, 800, "light", signed_in(scene, address))
    for path in ("/specimen", "/account", "/search?q=live"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_keys_open_search_and_help_move_through_rows_and_lead_to_pages(
    scene: Scene, served: Served, window: Opened
) -> None:
    address = served(scene.app)
    page = window(cookies=signed_in(scene, address))
    page.goto(f"{address}/specimen")
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("live")
    page.locator(".palette-result").first.wait_for()
    assert "Live" in page.locator(".palette-result").first.inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/specimen?pay_7000000")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_a_time_is_utc_and_tells_local_time_on_hover(scene: Scene, served: Served, window: Opened) -> None:
    address = served(scene.app)
    page = window(cookies=signed_in(scene, address))
    page.goto(f"{address}/specimen")
    first = page.locator("tbody time").first
    assert first.inner_text() == "2026-06-15 12:00:00"
    first.hover()
    assert "2:00:00 PM GMT+2" in (first.get_attribute("title") or "")


def test_a_chosen_theme_stays(scene: Scene, served: Served, window: Opened) -> None:
    address = served(scene.app)
    page = window(cookies=signed_in(scene, address))
    page.goto(f"{address}/specimen")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("[data-theme-switch]").click()
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


def test_on_a_phone_the_pages_are_behind_the_menu_button(
    scene: Scene, served: Served, window: Opened
) -> None:
    address = served(scene.app)
    page = window(390, 800, "light", signed_in(scene, address))
    page.goto(f"{address}/account")
    assert not page.locator("#side").is_visible()
    page.locator("[data-open=navigation]").click()
    page.locator("#navigation a", has_text="Specimen").click()
    page.wait_for_url("**/specimen")
