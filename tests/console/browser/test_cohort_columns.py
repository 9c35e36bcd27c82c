"""Cohorts in a browser: no column of its tables is cut off."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from dashboards.console.pages.cohorts import PAGE
from desk.accounts import Role
from tests.console.scene import Scene
from tests.console.test_cohorts_page import W19, moved, weeks


@pytest.mark.parametrize("width", [1280, 390])
def test_every_column_is_seen_on_a_small_laptop_and_on_a_telephone(
    served: Callable[[FastAPI], str], window: Any, width: int
) -> None:
    scene = Scene([Role.ANALYST], None, [PAGE])
    scene.warehouse.answers["cohorts/weeks"] = weeks()
    scene.warehouse.answers["cohorts/merchants"] = lambda asked: moved(asked["week"])
    address = served(scene.app)
    cookie = {"name": "session", "value": scene.client.cookies["session"], "url": address}
    page = window(cookies=[cookie], width=width, height=800)
    page.goto(f"{address}/cohorts?week={W19}")
    beyond = "(frames) => frames.map((frame) => frame.scrollWidth - frame.clientWidth)"
    assert page.locator(".table-frame").evaluate_all(beyond) == [0, 0]
