"""Live, Payments and Payment in a real browser, on a warehouse that holds a busy engine's payments."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from clickhouse_connect.driver.client import Client
from fastapi import FastAPI

from dashboards.console.pages.payment import payment_address
from models.messages import Verdict
from streams.warehouse.database import Database
from tests.console.busy_warehouse import BusyWarehouse
from tests.console.scene import Scene
from tests.console.test_page_queries import EmbeddedWarehouse

if TYPE_CHECKING:
    from playwright.sync_api import Page

ENGINE: Final = "live"
PAGES: Final = ("/live", "/payments", payment_address("acme", "story-1"))
AXE: Final = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
Opened = Callable[..., "Page"]


class Console:
    """A console on a warehouse, and the payments in it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.busy = BusyWarehouse(ENGINE, int(time.time() * 1000))
        self.busy.sink(client)
        self.scene = Scene()
        self.scene.app.state.parts = replace(
            self.scene.parts, warehouse=EmbeddedWarehouse(client), now=lambda: datetime.now(UTC)
        )


@pytest.fixture(scope="module")
def console(database: Database) -> Iterator[Console]:
    client = database.client()
    yield Console(client)
    client.close()


@pytest.fixture
def opened(console: Console, served: Callable[[FastAPI], str], window: Any) -> Opened:
    """Opens a page as somebody who may do everything."""
    address = served(console.scene.app)

    def open_page(path: str, **options: Any) -> "Page":
        cookie = {"name": "session", "value": console.scene.client.cookies["session"], "url": address}
        page = window(cookies=[cookie], **options)
        page.goto(address + path)
        return page

    return open_page


def whole(page: "Page") -> None:
    """Waits until each part of the page has come."""
    from playwright.sync_api import expect

    expect(page.locator(".skeleton")).to_have_count(0, timeout=30_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_without_an_error_and_axe_finds_nothing_serious(
    opened: Opened, path: str, scheme: str
) -> None:
    page = opened(path, scheme=scheme)
    whole(page)
    found = page.evaluate(f"async () => {{ {AXE}; return await axe.run('main'); }}")
    assert [
        f"{each['id']}: {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_telephone(opened: Opened, path: str) -> None:
    page = opened(path, width=390, height=844)
    whole(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_column_of_the_list_is_seen_on_a_small_laptop(opened: Opened) -> None:
    page = opened("/payments?within=30d", width=1280, height=800)
    page.wait_for_selector("tr[data-href]")
    hidden = """(frame) => {
      const cells = frame.querySelector('tbody tr').cells;
      cells[1].querySelector('code').textContent = 'order-of-the-shop-0123456789';
      cells[3].textContent = '15,798.00 EUR';
      cells[4].textContent = 'mer_bbqc';
      cells[5].innerHTML = '<code class="token cut">many_cards_on_one_device</code>';
      cells[7].textContent = '420603 US → US';
      cells[8].textContent = 'acme-apac';
      return frame.scrollWidth - frame.clientWidth;
    }"""
    assert page.locator(".payment-list .table-frame").evaluate(hidden) <= 0


def test_the_end_of_a_payment_s_id_is_seen_in_the_list(opened: Opened) -> None:
    page = opened("/payments?within=30d", width=1280, height=800)
    page.wait_for_selector("tr[data-href]")
    ends = "(id) => id.parentElement.getBoundingClientRect().right - id.getBoundingClientRect().right"
    assert page.locator(".cut-start bdi").first.evaluate(ends) >= -1


def test_a_chart_leaves_room_for_its_widest_label(opened: Opened) -> None:
    page = opened("/live")
    page.wait_for_selector("[data-chart] .u-over")
    draw = """(element, unit) => {
      const series = [{name: 'stopped', values: [0, 1000, 3000]}];
      element.dataset.chart = JSON.stringify({x: [1, 2, 3], series, unit, time: false});
      console_chart.draw(element);
      const over = element.querySelector('.u-over');
      return new Promise((done) => requestAnimationFrame(() => done(over.offsetLeft)));
    }"""
    plot = page.locator("[data-chart]").first
    short, long = (plot.evaluate(draw, unit) for unit in ("", "EUR at the rates of the day"))
    assert long > short + 100


def test_a_value_without_a_neighbour_is_seen(opened: Opened) -> None:
    page = opened("/live")
    page.wait_for_selector("#live-latency canvas")
    drawn = """(element, [values, span]) => {
      const x = values.map((_, i) => i);
      const told = {x, series: [{name: 'p99', values}], time: false, span};
      element.dataset.chart = JSON.stringify(told);
      console_chart.draw(element);
      const [stroke, canvas] = [getComputedStyle(document.documentElement), element.querySelector('canvas')];
      const text = stroke.getPropertyValue('--accent').trim().slice(1);
      const wanted = [0, 2, 4].map((i) => parseInt(text.slice(i, i + 2), 16));
      return new Promise((done) => requestAnimationFrame(() => {
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let found = 0;
        for (let i = 0; i < data.length; i += 4) found += wanted.every((part, c) => data[i + c] === part);
        done(found);
      }));
    }"""
    plot = page.locator("#live-latency")

    def pixels(*values: float | None, span: bool = False) -> int:
        return int(plot.evaluate(drawn, [values, span]))

    assert pixels(None, None, None, None) == 0
    assert pixels(None, 20, None, None) >= 4
    assert pixels(20, None, None, None, span=True) >= 4
    assert pixels(20, None, 20, 20) > pixels(None, None, 20, 20)


def test_the_time_axis_of_one_day_is_three_days(opened: Opened) -> None:
    page = opened("/live")
    page.wait_for_selector("#live-latency canvas")
    drawn = """(element, x) => {
      const [Plot, made] = [window.uPlot, []];
      window.uPlot = new Proxy(Plot, {construct: (kind, given) => made[made.push(new kind(...given)) - 1]});
      element.dataset.chart = JSON.stringify({x, series: [{name: 'declined', values: x.map(() => 3)}]});
      console_chart.draw(element);
      window.uPlot = Plot;
      const {x: axis} = made[0].scales;
      return new Promise((done) => requestAnimationFrame(() => done([axis.min, axis.max])));
    }"""
    plot, noon, day = page.locator("#live-latency"), 1_790_000_000, 86_400
    assert plot.evaluate(drawn, [noon]) == [noon - 1.5 * day, noon + 1.5 * day]
    assert plot.evaluate(drawn, [noon, noon + day]) == [noon, noon + day]


def test_the_live_counter_moves_when_payments_flow(opened: Opened, console: Console) -> None:
    from playwright.sync_api import expect

    page = opened("/live")
    page.wait_for_selector("#live-state[data-state=on]")
    counter = page.locator("[data-text=since-then]")
    before = counter.inner_text()
    for number in range(7):
        console.busy.decide(int(time.time() * 1000), Verdict.APPROVE, number)
    console.busy.sink(console.client)
    expect(counter).not_to_have_text(before)


def test_keys_lead_from_the_list_to_a_payment(opened: Opened) -> None:
    page = opened("/payments?rule=card_testing")
    page.wait_for_selector("tr[data-href]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(".story")
    assert "test-28" in page.title()


def test_a_script_in_the_texts_of_others_does_not_run(opened: Opened) -> None:
    page = opened(payment_address("acme", "story-1"))
    whole(page)
    assert "<script>" in page.text_content("main")  # type: ignore[operator]
    assert page.title().startswith("Payment")


def test_tabs_of_the_timeline_show_the_card_testing_of_the_device(opened: Opened) -> None:
    page = opened(payment_address("acme", "story-1"))
    page.click("#part-timeline .tabs a:has-text('Device')")
    page.wait_for_selector("#part-timeline a:has-text('test-29')")


def test_without_a_log_what_would_change_it_says_so(opened: Opened) -> None:
    page = opened(payment_address("acme", "story-1"))
    page.click("button:has-text('Find')")
    page.wait_for_selector("#why-not .notice")


def test_a_chart_tells_its_newest_figures_to_who_points_at_nothing(opened: Opened) -> None:
    page = opened("/live")
    chart = page.locator("#live-verdicts")
    told = ".u-legend .u-series:not(:first-child) .u-value"

    def figures() -> list[str]:
        return [text.strip() for text in chart.locator(told).all_inner_texts()]

    newest = figures()
    assert newest
    assert all(text.endswith("%") for text in newest), newest
    chart.locator(".u-over").hover(position={"x": 20, "y": 20})
    page.mouse.move(2, 2)
    page.wait_for_function("document.querySelector('#live-verdicts .u-legend').innerText.includes('%')")
    assert figures() == newest
