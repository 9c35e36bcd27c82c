"""What a page is, and which pages there are."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request

from desk.accounts import Action

FOLDER: Final = Path(__file__).parent
ROOMS: Final = (
    "live", "review", "payments", "cohorts", "rules", "lists", "models", "explore", "meters", "pipeline",
    "audit", "people",
)  # fmt: skip
"""Rooms that hold a page, in the order of the navigation. One that is not there yet is left out."""


@dataclass(frozen=True)
class Page:
    """A page in the navigation.

    path    where it is, e.g. `/live`; its router's routes lie under it
    title   its name, one or two words
    action  what a person must be allowed to do to see it in the navigation
    key     the letter that leads there, after `g`
    router  its routes, each with a gate of its own
    """

    path: str
    title: str
    action: Action
    key: str
    router: APIRouter

    @property
    def room(self) -> str:
        """The folder of the page below `pages`, which also names its icon."""
        return self.path.strip("/").partition("/")[0]


@cache
def pages() -> tuple[Page, ...]:
    """All pages, in the order of the navigation. They are imported here: each of them imports this room."""
    there = [room for room in ROOMS if find_spec(f"dashboards.console.pages.{room}")]
    return tuple(_page(room) for room in there)


def pages_of(request: Request) -> tuple[Page, ...]:
    """The pages of the application that a request reached."""
    shown: tuple[Page, ...] = request.app.state.pages
    return shown


def _page(room: str) -> Page:
    page: Page = import_module(f"dashboards.console.pages.{room}").PAGE
    return page
