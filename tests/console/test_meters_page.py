"""Meters: bars against levels, what to do, and nobody sees payments that are not theirs to see."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboards.console.pages.meters import words
from dashboards.console.pages.meters.meter_desk import FAILED_S, KEPT_S, MeterDesk, MonthRead, day_number
from dashboards.console.warehouse import Rows
from dashboards.report_rows import ReportSource
from desk.people import Role
from models.meters import MeterCondition, MeterReading, MeterWindow, TraReading, parsed_month
from models.meters.programmes import MeterSubject
from models.meters.projection import MonthProjection
from streams.errors import Outage
from tests.console.scene import NOW, Scene
from tests.dashboards.report_scene import source

MONTH = parsed_month("2026-06")
SCRIPT = "<script>alert(1)</script>"


def reading(subject: str = "shop", kind: str = "merchant", rate: int = 140, then: int = 160) -> MeterReading:
    def conditions(events: int) -> tuple[MeterCondition, ...]:
        return (
            MeterCondition("events", events * 10, 1_500),
            MeterCondition("rate", events, 150, over=10_000),
        )

    return MeterReading(
        programme="visa_vamp_merchant", title="Visa VAMP, merchant", level="excessive",
        subject_kind=MeterSubject(kind), subject=subject, country="FR", region="europe", month="2026-06",
        estimate=False, events=MonthProjection(rate, then, then - 5, then + 5, 28),
        settled=MonthProjection(10_000, 20_000, 20_000, 20_000, 28), conditions=conditions(rate),
        projected=conditions(then), projected_high=conditions(then + 5), events_left=max(0, 150 - rate),
        unconverted=0,
    )  # fmt: skip


def exemption(**changes: Any) -> TraReading:
    paid = MonthProjection(1_000_000, 2_000_000, 2_000_000, 2_000_000, 28)
    fraud = MonthProjection(500, 900, 900, 900, 28)
    made = TraReading(
        entity=f"Acme {SCRIPT}", region="eea", quarter="2026-Q2", currency="EUR", paid=paid, fraud=fraud,
        fraud_when_known=None, threshold=25_000, projected_threshold=25_000, must_cease=(), unconverted=0,
    )  # fmt: skip
    return TraReading(**({name: getattr(made, name) for name in made.__struct_fields__} | changes))


class FakeDesk:
    def __init__(self, read: MonthRead | None) -> None:
        self.read = read
        self.asked: list[int] = []

    def of(self, month: int) -> MonthRead | None:
        self.asked.append(month)
        return self.read


def scene(read: MonthRead | None, **parts: Any) -> Scene:
    made = Scene(**parts)
    made.app.state.meters = FakeDesk(read)
    return made


def month_read(*readings: MeterReading, **changes: Any) -> MonthRead:
    return replace(MonthRead(MONTH, NOW, readings, (exemption(),)), **changes)


def test_a_meter_shows_its_bars_its_days_and_what_to_do() -> None:
    page = scene(month_read(reading())).client.get("/meters").text
    assert "Will be reached" in page
    assert "rate 1.40 % (from 1.50 %)" in page
    assert "16 days of 2026-06 are left" in page  # of the thirty, fourteen are over
    assert "events left" in page.lower()
    assert "answer inquiries first" in page
    assert "93 % of the level now, 107 % at the end" in page


def test_the_nearest_level_comes_first() -> None:
    page = scene(month_read(reading("far", rate=10, then=20), reading("near"))).client.get("/meters").text
    assert page.index("near") < page.index("<strong>far")


def test_script_in_subjects_and_notes_is_text() -> None:
    read = month_read(reading(SCRIPT), notes=(SCRIPT,), sources=((SCRIPT, SCRIPT),))
    page = scene(read).client.get("/meters").text
    assert SCRIPT not in page
    assert page.count("&lt;script&gt;") >= 5


def test_the_exemption_says_what_the_rate_allows() -> None:
    page = scene(month_read()).client.get("/meters").text
    assert "Exemption for transaction risk, 2026-Q2" in page
    assert "0.0500 %" in page
    assert "16 days of the quarter" in page


def test_a_month_without_events_says_so() -> None:
    assert "No meter moved in 2026-06" in scene(month_read(exemption=())).client.get("/meters").text


def test_while_it_is_read_the_page_says_so_and_asks_again() -> None:
    page = scene(None).client.get("/meters?month=2026-05").text
    assert "are being counted" in page
    assert 'hx-get="/meters/readings?month=2026-05"' in page


def test_a_failure_says_what_to_do() -> None:
    page = scene(month_read(failure="Kafka does not answer: start it")).client.get("/meters").text
    assert "Kafka does not answer: start it" in page


def test_a_month_to_come_is_this_one_and_no_month_is_refused() -> None:
    made = scene(month_read())
    assert made.client.get("/meters?month=2031-01").status_code == 200
    assert made.app.state.meters.asked == [MONTH]
    assert made.client.get("/meters?month=2026-13").status_code == 400


def test_who_sees_some_accounts_sees_merchants_that_are_wholly_theirs() -> None:
    read = month_read(reading("theirs"), reading("other"), reading("theirs", kind="acquirer"))
    some = scene(read, accounts=["shop-1"])
    some.warehouse.answers["meters/own_merchants"] = Rows(("merchant_id",), [("theirs",)])
    page = some.client.get("/meters").text
    assert page.count("<strong>theirs</strong>") == 1
    assert "<strong>other" not in page
    assert "2026-Q2" not in page
    assert some.warehouse.asked_for[-1][2] == frozenset({"shop-1"})
    some.warehouse.answers["meters/own_merchants"] = Rows((), [])
    assert "theirs" not in some.client.get("/meters.csv").text


def test_who_sees_no_account_is_told() -> None:
    assert scene(month_read(reading()), accounts=[]).client.get("/meters").status_code == 403


def test_the_file_has_all_readings_and_is_for_those_who_may_export() -> None:
    made = scene(month_read(*(reading(f"=shop{number}") for number in range(70))))
    lines = made.client.get("/meters.csv").text.splitlines()
    assert len(lines) == 71
    assert "'=shop0" in lines[1]
    assert scene(month_read(reading()), roles=[Role.VIEWER]).client.get("/meters.csv").status_code == 403


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"must_cease": (50_000,)}, "may no longer be used up to 500.00 EUR"),
        ({"threshold": 0}, "allows no threshold"),
        ({"projected_threshold": 10_000}, "will allow 100.00 EUR only"),
        ({}, "up to 250.00 EUR"),
    ],
)
def test_what_to_do_about_the_exemption(changes: dict[str, Any], told: str) -> None:
    assert told in words.exemption_advice(exemption(**changes))


def test_what_to_do_follows_the_status() -> None:
    assert words.advice(reading(rate=200, then=300), 5).startswith("The level is reached")
    assert "in the 5 days" in words.advice(reading(), 5)
    assert words.advice(reading(rate=1, then=2), 5) == ""


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        return self.now


def desk(made: Callable[[], ReportSource], clock: Clock) -> MeterDesk:
    return MeterDesk(made, clock, start=lambda work: work())


def test_a_month_is_read_once_for_everybody_and_again_when_it_is_old() -> None:
    clock, asked = Clock(), []

    def made() -> ReportSource:
        asked.append(1)
        return source()

    meters = desk(made, clock)
    month = parsed_month("2026-05")
    first = meters.of(month)
    assert first is not None
    assert first.readings == tuple(source().meters(MeterWindow(month, day_number(NOW.date())))[0])
    assert meters.of(month) is first
    assert len(asked) == 1
    clock.now += timedelta(seconds=KEPT_S + 1)
    meters.of(month)
    assert len(asked) == 2


def test_a_failure_is_told_and_tried_again() -> None:
    clock, failures = Clock(), [Outage("Kafka is down"), ValueError("a bug")]

    def made() -> ReportSource:
        raise failures.pop(0)

    meters = desk(made, clock)
    first = meters.of(MONTH)
    assert first is not None
    assert first.failure == "Kafka is down"
    clock.now += timedelta(seconds=FAILED_S + 1)
    second = meters.of(MONTH)
    assert second is not None
    assert "fault of ours" in second.failure


def test_who_asks_while_it_is_read_is_told_so_and_one_month_is_read_at_a_time() -> None:
    go, begun, clock = threading.Event(), threading.Event(), Clock()
    threads: list[threading.Thread] = []

    def made() -> ReportSource:
        begun.set()
        assert go.wait(30)
        return source()

    def start(work: Callable[[], None]) -> None:
        threads.append(threading.Thread(target=work))
        threads[-1].start()

    meters = MeterDesk(made, clock, start)
    assert meters.of(MONTH) is None
    assert begun.wait(30)
    assert meters.of(MONTH) is None
    assert meters.of(MONTH - 1) is None
    assert len(threads) == 1
    go.set()
    threads[0].join(60)
    assert meters.of(MONTH) is not None
