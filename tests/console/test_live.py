"""Live: three hours side by side, one poll for everybody, nothing drawn of the minute that runs."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import StreamingResponse

from dashboards.console.pages.live import PAGE
from dashboards.console.pages.live import events as live_events
from dashboards.console.pages.live.figures import (
    MEASURES,
    LiveFigures,
    Scope,
    figures_of,
    finished_minute,
    no_figures,
)
from dashboards.console.pages.live.poller import OF_A_PERSON_MAX, LivePoller, TooManyListenersError
from dashboards.console.pages.live.routes import live_events as live_events_route
from dashboards.console.pages.live.shown import shown
from dashboards.console.warehouse import Rows, WarehouseDown
from tests.console.scene import NOW, Scene

UNTIL = datetime(2026, 6, 15, 11, 59, tzinfo=UTC)
COLUMNS = ("period", "minute", *MEASURES)


def row(period: str, minute: int, *measures: Any) -> tuple[Any, ...]:
    given = (*measures, *(0,) * (len(MEASURES) - 2 - len(measures)))
    return (period, minute, *given[: len(MEASURES) - 2], 7, 20)


ROWS = Rows(
    COLUMNS,
    [
        row("now", -1, 120, 90, 6, 0, 24, 123_456, 0), row("now", 59, 120, 90, 6, 0, 24, 123_456, 0),
        row("hour", -1, 100, 90, 10, 0, 0, 0, 0), row("hour", 0, 100, 90, 10, 0, 0, 0, 0),
        row("week", -1, 240, 240, 0, 0, 0, 0, 0), row("week", 59, 240, 240, 0, 0, 0, 0, 0),
        row("open", -1, 3, 3, 0, 0, 0, 0, 0),
    ],
)  # fmt: skip


def scene(**options: Any) -> Scene:
    made = Scene(shown=[PAGE], **options)
    made.warehouse.answers["live/all_accounts"] = ROWS
    made.warehouse.answers["live/some_accounts"] = ROWS
    return made


def test_an_hour_is_put_beside_the_hour_before_and_the_week_before() -> None:
    texts = shown(figures_of(ROWS, UNTIL))["texts"]
    assert (texts["decisions"], texts["decisions-hour"], texts["decisions-week"]) == ("120", "+20 %", "−50 %")
    assert (texts["approve"], texts["approve-hour"]) == ("75.0 %", "−15.0 pp")
    assert (texts["stopped"], texts["stopped-week"], texts["p99"]) == ("1,234.56", "new", "20 ms")
    assert texts["since-then"] == "3"


def test_an_hour_without_payments_is_nothing_to_compare_with() -> None:
    rows = [each for each in ROWS if each["period"] != "hour"]
    texts = shown(figures_of(rows, UNTIL))["texts"]
    assert {texts[f"{name}-hour"] for name in ("decisions", "stopped", "p99")} == {"no payments then"}
    assert {texts[f"{name}-hour"] for name in ("approve", "decline")} == {"–"}
    assert texts["decisions-week"] == "−50 %"


def test_a_minute_without_payments_is_a_zero_and_has_no_latency_and_no_shares() -> None:
    charts = shown(figures_of(ROWS, UNTIL))["charts"]
    assert charts["payments"]["series"][0]["values"] == [0] * 59 + [120]
    assert charts["latency"]["series"][0]["values"][:2] == [None, None]
    assert charts["verdicts"]["series"][0]["values"][58:] == [None, 0.75]
    assert all(
        len(line["values"]) == len(charts["payments"]["x"]) == 60 for line in charts["payments"]["series"]
    )


def test_the_minute_that_runs_is_not_drawn() -> None:
    until = finished_minute(datetime(2026, 6, 15, 12, 0, 59, tzinfo=UTC))
    x = shown(figures_of(ROWS, until))["charts"]["payments"]["x"]
    assert datetime.fromtimestamp(x[-1], UTC) == datetime(2026, 6, 15, 11, 59, tzinfo=UTC)


def test_a_minute_is_over_only_when_its_decisions_have_reached_the_warehouse() -> None:
    assert finished_minute(datetime(2026, 6, 15, 12, 0, 3, tzinfo=UTC)).minute == 59


def test_the_page_shows_figures_and_where_they_come_from() -> None:
    page = scene().client.get("/live")
    assert page.status_code == 200
    for text in ("1,234.56", "75.0 %", "+20 %", "/explore?sql=", "live.js"):
        assert text in page.text


def test_a_person_of_some_accounts_gets_figures_of_these_and_is_told() -> None:
    of_some = scene(accounts=["acme", "bakery"])
    page = of_some.client.get("/live")
    assert [(name, scope) for name, _, scope in of_some.warehouse.asked_for] == [
        ("live/some_accounts", frozenset({"acme", "bakery"}))
    ]
    assert "of your merchant accounts: acme, bakery" in page.text


def test_a_person_of_no_account_sees_nothing() -> None:
    of_none = scene(accounts=[])
    assert of_none.client.get("/live").status_code == 403
    assert of_none.warehouse.asked_for == []


def test_where_the_hour_is_empty_the_page_says_when_the_newest_payment_was() -> None:
    empty = scene()
    empty.warehouse.answers["live/all_accounts"] = Rows((), [])
    empty.warehouse.answers["live/newest"] = Rows(("at",), [(datetime(2026, 6, 15, 9),)])
    page = empty.client.get("/live").text
    assert "No payment in the last hour" in page
    assert "3 h ago" in page


def test_the_page_opens_while_the_warehouse_is_down_and_says_so() -> None:
    down = scene()
    down.warehouse.answers["live/all_accounts"] = WarehouseDown("The warehouse does not answer <now>")
    page = down.client.get("/live")
    assert page.status_code == 200
    assert "does not answer &lt;now&gt;" in page.text


class Polls:
    """Counts polls by scope."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.asked: list[Scope] = []
        self.failure = failure

    def __call__(self, scope: Scope) -> LiveFigures:
        self.asked.append(scope)
        if self.failure:
            raise self.failure
        return figures_of(ROWS, UNTIL)


def poller(polls: Polls, **options: Any) -> LivePoller:
    return LivePoller(polls, lambda words: no_figures(UNTIL, words), starts_thread=False, **options)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def test_fifty_viewers_cost_one_poll(loop: asyncio.AbstractEventLoop) -> None:
    polls = Polls()
    shared = poller(polls)
    with ExitStack() as stack:
        listeners = [stack.enter_context(shared.listening(None, loop)) for _ in range(50)]
        shared.poll()
        got = [loop.run_until_complete(listener.newest(5)) for listener in listeners]
    assert polls.asked == [None]
    assert all(figures is got[0] and figures is not None for figures in got)


def test_each_scope_is_asked_for_once_and_sees_its_own(loop: asyncio.AbstractEventLoop) -> None:
    polls = Polls()
    shared = poller(polls)
    one, other = frozenset({"acme"}), frozenset({"bakery"})
    with shared.listening(one, loop), shared.listening(one, loop), shared.listening(other, loop):
        shared.poll()
    assert sorted(polls.asked, key=str) == sorted([one, other], key=str)


def test_nobody_listening_nothing_is_asked(loop: asyncio.AbstractEventLoop) -> None:
    polls = Polls()
    shared = poller(polls)
    with shared.listening(None, loop):
        pass
    shared.poll()
    assert polls.asked == []


def test_places_are_bounded_and_are_given_back(loop: asyncio.AbstractEventLoop) -> None:
    shared = poller(Polls(), listeners_max=2)
    with shared.listening(None, loop):
        with shared.listening(None, loop):
            assert shared.is_full()
            with pytest.raises(TooManyListenersError), shared.listening(None, loop):
                pass
        assert not shared.is_full()


def test_a_listener_that_is_slow_gets_the_newest_only(loop: asyncio.AbstractEventLoop) -> None:
    polls = Polls()
    shared = poller(polls)
    with shared.listening(None, loop) as listener:
        for _ in range(3):
            shared.poll()
        assert loop.run_until_complete(listener.newest(5)) is not None
        assert loop.run_until_complete(listener.newest(0.001)) is None


def test_who_comes_later_has_the_last_figures_at_once(loop: asyncio.AbstractEventLoop) -> None:
    shared = poller(Polls())
    with shared.listening(None, loop):
        shared.poll()
        with shared.listening(None, loop) as late:
            assert loop.run_until_complete(late.newest(5)) is not None


def test_a_failure_is_said_and_polling_goes_on(loop: asyncio.AbstractEventLoop) -> None:
    polls = Polls(WarehouseDown("not there"))
    shared = poller(polls)
    with shared.listening(None, loop) as listener:
        shared.poll()
        failed = loop.run_until_complete(listener.newest(5))
        polls.failure = None
        shared.poll()
        mended = loop.run_until_complete(listener.newest(5))
    assert (failed and failed.failure, mended and mended.failure) == ("not there", "")


def test_the_thread_polls_while_somebody_listens_and_ends_after(loop: asyncio.AbstractEventLoop) -> None:
    shared = LivePoller(Polls(), lambda words: no_figures(UNTIL, words), interval_s=0.01)
    with shared.listening(None, loop) as listener:
        assert loop.run_until_complete(listener.newest(30)) is not None
        thread = shared._thread
        assert thread is not None
    thread.join(30)
    assert not thread.is_alive()


def test_one_person_does_not_take_the_places_of_the_others(loop: asyncio.AbstractEventLoop) -> None:
    shared = poller(Polls())
    with ExitStack() as stack:
        for _ in range(OF_A_PERSON_MAX):
            stack.enter_context(shared.listening(None, loop, "somebody"))
        assert shared.is_full("somebody")
        with pytest.raises(TooManyListenersError), shared.listening(None, loop, "somebody"):
            pass
        assert not shared.is_full("another")
        with shared.listening(None, loop, "another"):
            pass
    assert not shared.is_full("somebody")


def test_events_are_figures_as_json_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = poller(Polls())

    async def first_events() -> list[str]:
        stream = live_events.events(shared, None)
        taken = [await anext(stream)]
        shared.poll()
        taken.append(await anext(stream))
        monkeypatch.setattr(live_events, "QUIET_S", 0.001)
        taken.append(await anext(stream))
        await stream.aclose()
        return taken

    retry, event, quiet = asyncio.run(first_events())
    assert retry.startswith("retry: ")
    kind, data, *rest = event.split("\n")
    assert (kind, rest) == ("event: figures", ["", ""])
    assert json.loads(data.removeprefix("data: "))["texts"]["decisions"] == "120"
    assert quiet.startswith(":")
    assert not shared.is_full()


def test_a_stream_ends_so_that_who_listens_must_be_signed_in_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_events, "STREAM_MAX_S", 0.01)

    async def whole() -> list[str]:
        return [text async for text in live_events.events(poller(Polls()), None)]

    assert asyncio.run(whole())[0].startswith("retry: ")


@pytest.mark.parametrize("became", ["disabled", "narrower"])
def test_who_is_kept_out_or_sees_less_gets_no_more_figures(
    monkeypatch: pytest.MonkeyPatch, became: str
) -> None:
    monkeypatch.setattr(live_events, "ASKED_EVERY_S", 0.0)
    shown_to = scene(accounts=["acme"])
    polled = shown_to.app.state.live_poller = poller(Polls())
    (session,) = shown_to.people.sessions.values()

    async def after_a_figure() -> list[str]:
        request = Request({"type": "http", "app": shown_to.app, "state": {"session": session}})
        answer = live_events_route(request, shown_to.app.state.parts, session.person)
        assert isinstance(answer, StreamingResponse)
        stream = aiter(answer.body_iterator)
        taken = [str(await anext(stream))]
        polled.poll()
        taken.append(str(await anext(stream)))
        shown_to.people.sessions.clear()
        if became == "narrower":
            less = replace(session.person, accounts=frozenset({"bakery"}))
            shown_to.people.sessions["other token"] = replace(session, person=less)
        polled.poll()
        return [*taken, *[str(text) async for text in stream]]

    retry, event, *rest = asyncio.run(after_a_figure())
    assert (retry.startswith("retry: "), event.startswith("event: figures")) == (True, True)
    assert rest == []


def test_events_need_a_session() -> None:
    assert Scene(roles=None, shown=[PAGE]).client.get("/live/events").status_code in (303, 401, 403)


def test_the_hours_shown_are_those_before_now() -> None:
    shown_at = scene()
    shown_at.client.get("/live")
    (_, parameters, _), *_ = shown_at.warehouse.asked_for
    assert parameters == {"engine": "live", "until": int((NOW - timedelta(minutes=1)).timestamp())}
