"""What the first view of a page weighs on the wire, and what many viewers of Live cost the server."""

import asyncio
import gzip
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from dashboards.console.pages.live.figures import MEASURES
from dashboards.console.pages.live.poller import LivePoller
from dashboards.console.pages.live.routes import made_poller
from dashboards.console.warehouse import Rows
from desk.database import DeskDatabase
from streams.warehouse.database import Database
from tests.console.scene import Scene
from tests.console.warehouse_server import analyst_url, warehouse_server
from tests.console.whole_console import WholeConsole
from tests.support.shared_postgres import desk_database, desk_url

__all__ = ["analyst_url", "desk_database", "desk_url", "warehouse_server"]

FIRST_VIEW_MAX: Final = 200_000
"""Bytes, gzipped: the page, what it loads, and the parts that it asks for at once."""
FILE: Final = re.compile(r'(?:src|href)="(/static/[^"]+)"')
PART: Final = re.compile(r'hx-get="([^"]+)"[^>]*hx-trigger="(?:load|revealed)')
WITH_EDITOR: Final = {"explore", "rules-edit"}
AFTERWARDS: Final = {"/explore/schema": 60_000}
"""Parts that a page can be used without, which come when it is there, each with its own limit: all columns of
the warehouse, for the editor to suggest.
"""
VIEWERS: Final = 50


@pytest.fixture
def console(database: Database, analyst_url: str, desk_database: DeskDatabase) -> Iterator[WholeConsole]:
    client = database.client()
    made = WholeConsole(client, analyst_url, desk_database, "first-view")
    yield made
    made.close()
    client.close()


def zipped(console: WholeConsole, address: str) -> tuple[int, str]:
    """Bytes on the wire of one answer, and its text."""
    answer = console.scene.client.get(address.replace("&amp;", "&"))
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return len(gzip.compress(answer.content, 6)), answer.text


def first_view(console: WholeConsole, path: str) -> tuple[int, set[str]]:
    """Bytes of a page with all that it loads at once, and its files."""
    size, page = zipped(console, path)
    files = set(FILE.findall(page))
    sizes = [zipped(console, each)[0] for each in files | (set(PART.findall(page)) - set(AFTERWARDS))]
    return size + sum(sizes), files


def test_the_first_view_of_each_page_is_light(
    console: WholeConsole, capsys: pytest.CaptureFixture[str]
) -> None:
    views = {name: first_view(console, path) for name, path in console.paths().items()}
    with capsys.disabled():
        print()
        for name, (size, _) in sorted(views.items(), key=lambda view: -view[1][0]):
            print(f"  {name:16} {size / 1000:6.1f} kB")
        for part, limit in AFTERWARDS.items():
            size = zipped(console, part)[0]
            print(f"  {part:16} {size / 1000:6.1f} kB, afterwards")
            assert size <= limit
    assert {name: size for name, (size, _) in views.items() if size > FIRST_VIEW_MAX} == {}
    assert {
        name for name, (_, files) in views.items() if any("editor" in file for file in files)
    } <= WITH_EDITOR


def test_fifty_viewers_of_live_cost_one_poll() -> None:
    scene = Scene()
    row = ("open", -1, *[5] * len(MEASURES))
    scene.warehouse.answers["live/all_accounts"] = Rows(("period", "minute", *MEASURES), [row])
    poller = LivePoller(made_poller(scene.parts)._ask, made_poller(scene.parts)._failed, starts_thread=False)
    loop = asyncio.new_event_loop()
    with ExitStack() as stack:
        for _ in range(VIEWERS):
            stack.enter_context(poller.listening(None, loop))
        poller.poll()
    loop.close()
    assert [name for name, _, _ in scene.warehouse.asked_for] == ["live/all_accounts"]
