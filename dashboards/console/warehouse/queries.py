"""Queries of pages: one file each, with a header, found by the page's room and their name."""

import re
from functools import cache
from pathlib import Path
from typing import Final

CONSOLE: Final = Path(__file__).parent.parent
NAME: Final = re.compile(r"[a-z_]+/[a-z0-9_]+")


@cache
def query_text(name: str) -> str:
    """The text of `live/by_minute`: the file `pages/live/queries/by_minute.sql`, or one of a room beside
    `pages`.
    """
    assert NAME.fullmatch(name), f"{name!r}: a query is named room/query"
    room, _, query = name.partition("/")
    page = CONSOLE / "pages" / room
    folder = (page if page.is_dir() else CONSOLE / room) / "queries"
    return (folder / f"{query}.sql").read_text(encoding="utf-8").strip()
