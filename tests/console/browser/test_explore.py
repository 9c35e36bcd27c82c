"""Explore, Meters and the bar of views in a browser, on a warehouse that holds a busy engine's payments."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from dashboards.console.design.rendering import environment, frame
from dashboards.console.pages import Page, explore, meters
from dashboards.console.pages.explore.statements import StatementRunner
from dashboards.console.parts import Parts
from dashboards.console.security import allowed, redirect
from dashboards.console.views import view_bar
from dashboards.console.warehouse import WarehouseReader
from desk.database import DeskDatabase
from desk.people import Action, Person
from desk.views import NamedViews
from streams.warehouse.database import Database
from tests.console.browser.test_shell import AXE, SERIOUS, signed_in
from tests.console.busy_warehouse import BusyWarehouse
from tests.console.scene import NOW, Scene
from tests.console.test_meters_page import FakeDesk, exemption, month_read, reading
from tests.console.warehouse_server import analyst_url, warehouse_server
from tests.desk.view_people import known_as
from tests.support.shared_postgres import desk_database, desk_url

if TYPE_CHECKING:
    from playwright.sync_api import Page as Window

__all__ = ["analyst_url", "desk_database", "desk_url", "warehouse_server"]

Opened = Callable[..., "Window"]
Served = Callable[[FastAPI], str]
SHOTS = Path(__file__).parents[3] / ".tmp" / "shots"
ROUTER = APIRouter()
LIST = Page("/list", "List", Action.SEE_LIVE, "z", ROUTER)
LIST_PAGE = """
{% extends "base.html.j2" %}{% import "views/bar.html.j2" as views with context %}
{% block title %}List{% endblock %}
{% block styles %}{{ views.styles() }}{% endblock %}
{% block content %}{{ views.bar(bar) }}<p id="chosen">{{ bar.query }}</p>{% endblock %}
"""


@ROUTER.get("/list")
def list_page(
    request: Request, parts: Parts, person: Annotated[Person, Depends(allowed(Action.SEE_LIVE))]
) -> Response:
    """A list that shows its selection."""
    bar = view_bar(request, parts, person, "list")
    if bar.leads_to:
        return redirect(bar.leads_to)
    return HTMLResponse(environment().from_string(LIST_PAGE).render({**frame(request), "bar": bar}))


@pytest.fixture(scope="session")
def busy(database: Database) -> BusyWarehouse:
    made = BusyWarehouse("console-explore", int(datetime.now(UTC).timestamp() * 1000))
    client = database.client()
    made.sink(client)
    client.close()
    return made


@pytest.fixture
def scene(desk_database: DeskDatabase, analyst_url: str, busy: BusyWarehouse) -> Iterator[Scene]:
    made = Scene(shown=(explore.PAGE, meters.PAGE, LIST), database=desk_database)
    assert busy.payments
    known_as(desk_database, made.person)
    reader = WarehouseReader(lambda: analyst_url)
    made.warehouse.answers["explore/schema"] = reader.rows("explore/schema", {}, None, 5_000)
    made.app.state.statements = StatementRunner(analyst_url)
    made.app.state.meters = FakeDesk(
        month_read(
            reading("games", rate=190, then=260), reading("grocer", rate=120, then=160),
            reading("jeweller", rate=30, then=55), reading("one bank", "acquirer", rate=90, then=140),
            exemption=(exemption(entity="Acme Payments"),),
            notes=("3 settled card payments have no BIN of a known scheme: no meter counts them.",),
        )
    )  # fmt: skip
    yield made
    reader.close()
    made.client.close()


@pytest.fixture
def opened(scene: Scene, served: Served, window: Opened) -> Callable[..., "Window"]:
    address = served(scene.app)

    def open_page(path: str, width: int = 1280, scheme: str = "light") -> "Window":
        page = window(width, 860, scheme, signed_in(scene, address))
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        return page

    return open_page


def violations(page: "Window") -> list[str]:
    """What axe finds serious in the page itself; the frame around it has a test of its own."""
    axe = AXE.read_text(encoding="utf-8")
    found: dict[str, Any] = page.evaluate(f"async () => {{ {axe}; return await axe.run('main'); }}")
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


def typed(page: "Window", sql: str) -> None:
    """Puts a statement into the editor as a person types it."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(sql)


def test_a_statement_is_typed_run_and_drawn(opened: Callable[..., Any]) -> None:
    page = opened("/explore")
    typed(page, "SELECT verdict, count() AS decisions FROM v_decisions GROUP BY verdict ORDER BY verdict")
    page.keyboard.press("Control+Enter")
    page.locator("[data-result]").wait_for()
    assert page.locator("[data-result] tbody tr").count() >= 2
    page.select_option("select[name=chart]", "bar")
    assert page.locator(".explore-bars dt").count() >= 2
    typed(page, "SELECT toStartOfMinute(engine_time) AS minute, verdict, count() AS decisions\n"
                "FROM v_decisions GROUP BY minute, verdict ORDER BY minute")  # fmt: skip
    page.keyboard.press("Control+Enter")
    page.locator("th[data-name=minute]").wait_for()
    page.select_option("select[name=chart]", "line")
    page.locator(".explore-chart canvas").wait_for()
    assert "decline" in page.locator(".explore-chart .u-legend").inner_text()


def test_names_are_suggested_with_what_they_hold(opened: Callable[..., Any]) -> None:
    page = opened("/explore")
    page.locator("[data-table=v_decisions]").wait_for()
    typed(page, "SELECT  FROM v_decisions")
    for _ in range(len(" FROM v_decisions")):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("verd")
    page.locator(".cm-tooltip-autocomplete").wait_for()
    assert "verdict" in page.locator(".cm-tooltip-autocomplete").inner_text()


def test_letters_that_are_keys_of_the_page_can_be_typed(opened: Callable[..., Any]) -> None:
    page = opened("/explore")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("select gjk / 2 ?")
    page.keyboard.press("Escape")
    assert page.locator("#sql").input_value() == "select gjk / 2 ?"
    assert not page.locator("#help[open]").count()


def test_a_mistake_is_marked_in_its_line(opened: Callable[..., Any]) -> None:
    page = opened("/explore")
    typed(page, "SELECT verdict,\n  amuont\nFROM v_decisions")
    page.keyboard.press("Control+Enter")
    page.locator("[data-problem]").wait_for()
    assert "line 2" in page.locator("[data-problem]").inner_text()
    page.locator(".cm-lintRange-error").wait_for()


def test_a_statement_is_cancelled(opened: Callable[..., Any]) -> None:
    page = opened("/explore")
    typed(page, "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 7")
    page.keyboard.press("Control+Enter")
    page.locator(".explore-cancel").click()
    page.locator("[data-problem]").wait_for()
    assert "You cancelled this statement" in page.locator("[data-problem]").inner_text()


def test_a_result_is_downloaded(opened: Callable[..., Any]) -> None:
    page = opened("/explore")
    typed(page, "SELECT number FROM numbers(3)")
    with page.expect_download() as file:
        page.locator(".explore-csv").click()
    assert Path(file.value.path()).read_text(encoding="utf-8-sig").split() == ["number", "0", "1", "2"]


def test_the_schema_is_filtered_and_looked_at(opened: Callable[..., Any]) -> None:
    page = opened("/explore")
    page.locator("[data-table=v_decisions]").wait_for()
    page.fill("[data-schema-filter]", "v_decisions")
    assert page.locator("[data-table]:visible").count() == 1
    page.locator("[data-table=v_decisions] summary").click()
    page.locator("[data-look=v_decisions]").click()
    page.locator("[data-result]").wait_for()


def test_a_query_is_saved_and_opened_again(opened: Callable[..., Any]) -> None:
    page = opened("/explore")
    typed(page, "SELECT 41 + 1 AS answer")
    page.locator("[data-open=save-query]").click()
    page.fill("#query-name", "The answer")
    page.locator("#save-query form >> text=Save").last.click()
    page.wait_for_load_state("networkidle")
    assert "The answer" in page.locator(".explore-saved").inner_text()
    assert "41 + 1" in page.locator(".cm-content").inner_text()


def test_a_view_is_saved_changed_shared_and_made_the_default(
    opened: Callable[..., Any], scene: Scene, desk_database: DeskDatabase
) -> None:
    page = opened("/list?verdict=decline&within=7d")
    page.get_by_text("Save as a view").click()
    page.fill("#view-name", "Declines <b>of</b> the week")
    page.locator(".views-save button").click()
    page.wait_for_load_state("networkidle")
    assert "Declines <b>of</b> the week" in page.locator(".views-bar summary").first.inner_text()
    page.locator("summary[aria-label^='More for']").click()
    page.get_by_text("Open the page with it").click()
    page.wait_for_load_state("networkidle")
    origin = page.evaluate("location.origin")
    page.goto(f"{origin}/list")
    assert page.locator("#chosen").inner_text() == "verdict=decline&within=7d"
    page.goto(f"{origin}/list?view=none")
    assert page.locator("#chosen").inner_text() == ""
    found = NamedViews(desk_database, lambda: NOW).of(scene.person, "list")
    assert [(view.name, view.is_default) for view in found] == [("Declines <b>of</b> the week", True)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_on_explore_and_meters(
    opened: Callable[..., Any], scheme: str, width: int
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page = opened("/explore", width, scheme)
    page.locator("[data-table=v_decisions]").wait_for(state="attached")
    assert not violations(page)
    page.screenshot(path=SHOTS / f"explore-empty-{width}-{scheme}.png")
    typed(page, "SELECT toStartOfMinute(engine_time) AS minute, verdict, count() AS decisions\n"
                "FROM v_decisions\nGROUP BY minute, verdict\nORDER BY minute")  # fmt: skip
    page.keyboard.press("Control+Enter")
    page.locator("[data-result]").wait_for()
    page.select_option("select[name=chart]", "line")
    page.locator(".explore-chart canvas").wait_for()
    assert not violations(page)
    page.screenshot(path=SHOTS / f"explore-{width}-{scheme}.png", full_page=width == 390)
    page = opened("/meters", width, scheme)
    assert not violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=SHOTS / f"meters-{width}-{scheme}.png", full_page=True)
    page = opened("/list?verdict=decline", width, scheme)
    page.get_by_text("Save as a view").click()
    assert not violations(page)
    page.screenshot(path=SHOTS / f"views-{width}-{scheme}.png")
