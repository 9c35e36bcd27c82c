"""A real browser, and consoles that it can reach."""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest
from fastapi import FastAPI

from tests.console import served_app

if TYPE_CHECKING:
    from playwright._impl._api_structures import SetCookieParam
    from playwright.sync_api import Browser, Page

HERE: Final = Path(__file__).parent
CHROMIUM: Final = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-default-apps", "--disable-sync", "--no-first-run",
    "--metrics-recording-only",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here need the browser: `-m browser` finds them, and they are left out where there is none."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not Path(CHROMIUM).exists():
                item.add_marker(
                    pytest.mark.skip(reason=f"{CHROMIUM} is not there: install chromium, or set CHROMIUM")
                )


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """One browser for the tests of a file; each test has windows of its own. It is closed after the file: as
    long as it is open the thread has an event loop, and no other may run there.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def served() -> Iterator[Callable[[FastAPI], str]]:
    """Serves an application on a free port of this machine; gives its address."""
    with ExitStack() as running:
        yield lambda app: running.enter_context(served_app.served(app))


@pytest.fixture
def window(chromium: "Browser") -> "Iterator[Callable[..., Page]]":
    """Opens windows. A test fails by an error on a window's console: a script's, or what was not there."""
    faults: list[str] = []
    contexts: list[Any] = []

    def opened(
        width: int = 1280,
        height: int = 800,
        scheme: Literal["light", "dark"] = "light",
        cookies: "Sequence[SetCookieParam]" = (),
    ) -> "Page":
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, timezone_id="Europe/Berlin"
        )
        context.set_default_timeout(20_000)
        context.add_cookies(cookies)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        return page

    opened.faults = faults  # type: ignore[attr-defined]
    yield opened
    for context in contexts:
        context.close()
    assert not faults, faults
