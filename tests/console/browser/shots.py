"""`make shots`: pictures of every page of the console in both themes and widths, for docs/console-tour.md.

`python -m tests.console.browser.shots [--to FOLDER] [--only WORD]`
"""

import argparse
import io
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from desk.database import DeskDatabase, migrate
from streams.platform.postgres import LocalPostgres
from streams.warehouse.credentials import WarehouseUser, url_as
from streams.warehouse.database import Database
from streams.warehouse.http.server import WarehouseServer
from streams.warehouse.schema import migrate as migrate_warehouse
from tests.console.browser.conftest import ARGUMENTS, CHROMIUM
from tests.console.served_app import served
from tests.console.whole_console import WholeConsole

FOLDER: Final = Path("docs/console/shots")
WIDTHS: Final = ((1280, 860), (390, 844))
SCHEMES: Final = ("light", "dark")
BEFORE: Final = {"sign-in": "/sign-in", "link": "/link/token"}
HEIGHT_MAX: Final = 1_600
"""Pages that go on are cut here: a picture is to be looked at, not to be scrolled."""
COLOURS: Final = 200
BYTES_MAX: Final = 6_000_000


@contextmanager
def seeded(home: Path) -> Iterator[WholeConsole]:
    """The whole console with servers of its own, which end with it."""
    with ExitStack() as stack:
        warehouse = stack.enter_context(closing(Database(home / "warehouse")))
        client = stack.enter_context(closing(warehouse.client()))
        migrate_warehouse(client)
        server = WarehouseServer(warehouse, home / "warehouse.json")
        server.start()
        stack.callback(server.stop)
        postgres = LocalPostgres(home / "postgres", overrides={"fsync": "off"})
        postgres.start()
        stack.callback(postgres.stop)
        database = stack.enter_context(closing(DeskDatabase(postgres.url)))
        migrate(database)
        url = url_as(server.url, server.home, WarehouseUser.ANALYST)
        yield stack.enter_context(closing(WholeConsole(client, url, database)))


def take(browser: Browser, address: str, paths: dict[str, str], cookie: str, folder: Path) -> None:
    """Pages in each theme and width."""
    for width, height in WIDTHS:
        for scheme in SCHEMES:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            if cookie:
                context.add_cookies([{"name": "session", "value": cookie, "url": address}])
            page = context.new_page()
            for name, path in paths.items():
                page.goto(address + path)
                settled(page)
                whole = int(page.evaluate("document.documentElement.scrollHeight"))
                page.set_viewport_size({"width": width, "height": min(max(height, whole), HEIGHT_MAX)})
                keep(page.screenshot(), folder / f"{name}-{width}-{scheme}.png")
                page.set_viewport_size({"width": width, "height": height})
            context.close()


def settled(page: Page) -> None:
    """Waits until the parts of a page have come, and runs what Explore would be asked to."""
    expect(page.locator(".skeleton")).to_have_count(0, timeout=60_000)
    if "/explore?" in page.url:
        page.get_by_role("button", name="Run").click()
        answer = page.locator("[data-result], #result .notice, #result [role=alert]").first
        answer.wait_for(timeout=60_000)
        assert page.locator("[data-result]").count(), answer.inner_text()
        page.select_option("select[name=chart]", "line")
        page.select_option("select[name=by]", "verdict")
        page.locator(".explore-chart canvas").wait_for(timeout=60_000)
    page.evaluate("document.fonts.ready")


def keep(picture: bytes, to: Path) -> None:
    """Writes a picture small: its commonest colours stay as they are, others become the nearest of them."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    found: list[tuple[int, tuple[int, int, int]]] = image.getcolors(1 << 24) or []  # type: ignore[assignment]
    counted = sorted(found, reverse=True)[:COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in counted for part in colour])
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(to, optimize=True)


def main() -> None:
    """Serves the console and takes its pictures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--to", type=Path, default=FOLDER)
    asked.add_argument("--only", default="")
    given = asked.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as home,
        seeded(Path(home)) as console,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        with served(console.scene.app) as address:
            cookie = console.scene.client.cookies["session"]
            for paths, who in ((console.paths(), cookie), (BEFORE, "")):
                chosen = {name: path for name, path in paths.items() if given.only in name}
                take(browser, address, chosen, who, given.to)
            browser.close()
    size = sum(file.stat().st_size for file in given.to.glob("*.png"))
    print(f"{given.to}: {size / 1e6:.1f} MB")
    assert size <= BYTES_MAX, "the pictures are too large: fewer colours, or cut them sooner"


if __name__ == "__main__":
    main()
