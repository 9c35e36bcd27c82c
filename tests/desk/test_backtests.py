"""Backtests that people ask for: one at a time, bounded, and kept with the version they were of."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from uuid import uuid4

import msgspec
import pytest

from desk.changes import BacktestBusy, Backtests, ProposalRefused
from desk.changes.backtest_process import BacktestAnswer, BacktestRequest
from desk.changes.backtests import OwnProcess
from desk.database import DeskDatabase
from models.versions import content_version
from streams.errors import Outage
from tests.desk.changes_scene import APPROVER, AUTHOR, DOCUMENT, NOW

FIGURES = {"rows": 3, "examples": []}
REQUEST = BacktestRequest("live", DOCUMENT, None, 7)


class Clock:
    """A clock that tests advance."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Waiting:
    """A process that answers when it is let."""

    def __init__(self, answer: bytes = msgspec.json.encode(BacktestAnswer(FIGURES))) -> None:
        self.answer, self.go, self.heard = answer, Event(), Event()
        self.asked = list[BacktestRequest]()

    def __call__(self, request: BacktestRequest, beat: Callable[[], None]) -> bytes:
        self.asked.append(request)
        beat()
        self.heard.set()
        assert self.go.wait(20)
        return self.answer


def finish(backtests: Backtests, process: Waiting) -> None:
    process.go.set()
    for thread in backtests.threads:
        thread.join(20)


def test_figures_are_kept_with_the_version_they_are_of(desk_database: DeskDatabase) -> None:
    process = Waiting()
    backtests = Backtests(desk_database, Clock(), process)
    started = backtests.start(AUTHOR, "live", DOCUMENT, {"name": "old"}, 7)
    running = backtests.backtest(started)
    assert running is not None
    assert running.state == "running"
    finish(backtests, process)
    found = backtests.newest("live", content_version(DOCUMENT))
    assert found is not None
    assert (found.backtest_id, found.state, found.result) == (started, "done", FIGURES)
    assert found.base_version == content_version({"name": "old"})
    assert process.asked == [BacktestRequest("live", DOCUMENT, {"name": "old"}, 7)]
    assert backtests.newest("other", content_version(DOCUMENT)) is None


def test_one_runs_at_a_time_and_says_whose_it_is(desk_database: DeskDatabase) -> None:
    process = Waiting()
    backtests = Backtests(desk_database, Clock(), process)
    backtests.start(AUTHOR, "live", DOCUMENT, None, 7)
    with pytest.raises(BacktestBusy, match="asked for by author"):
        Backtests(desk_database, Clock(), process).start(APPROVER, "live", DOCUMENT, None, 7)
    finish(backtests, process)
    backtests.start(APPROVER, "live", DOCUMENT, None, 7)
    finish(backtests, process)


def test_one_whose_console_died_makes_room(desk_database: DeskDatabase) -> None:
    clock, process = Clock(), Waiting()
    backtests = Backtests(desk_database, clock, process)
    dead = backtests.start(AUTHOR, "live", DOCUMENT, None, 7)
    assert process.heard.wait(20)
    clock.now = NOW + timedelta(minutes=2)
    second = backtests.start(APPROVER, "live", DOCUMENT, None, 7)
    found = backtests.backtest(dead)
    assert found is not None
    assert (found.state, found.trouble) == ("failed", "the console ended while it ran: start it again")
    finish(backtests, process)
    kept, after = backtests.backtest(dead), backtests.backtest(second)
    assert kept is not None
    assert after is not None
    assert (kept.state, after.state) == ("failed", "done")


@pytest.mark.parametrize("answer", [b"", b"{", msgspec.json.encode(BacktestAnswer(None, "no vectors"))])
def test_what_went_wrong_is_said(desk_database: DeskDatabase, answer: bytes) -> None:
    process = Waiting(answer)
    backtests = Backtests(desk_database, Clock(), process)
    started = backtests.start(AUTHOR, "live", DOCUMENT, None, 7)
    finish(backtests, process)
    found = backtests.backtest(started)
    assert found is not None
    assert found.state == "failed"
    assert found.trouble


def test_days_are_bounded(desk_database: DeskDatabase) -> None:
    backtests = Backtests(desk_database, Clock(), Waiting())
    for days in (0, 401):
        with pytest.raises(ProposalRefused, match="1 to 400 days"):
            backtests.start(AUTHOR, "live", DOCUMENT, None, days)
    assert backtests.backtest(uuid4()) is None


def python(code: str, limit_s: float = 20, beat_s: float = 10) -> OwnProcess:
    return OwnProcess([sys.executable, "-c", code], limit_s, beat_s)


def test_a_process_answers_what_it_was_asked() -> None:
    echo = python("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())")
    assert msgspec.json.decode(echo(REQUEST, lambda: None), type=BacktestRequest) == REQUEST


def test_a_process_that_takes_too_long_is_ended_and_meanwhile_gives_signs_of_life() -> None:
    beats: list[int] = []
    endless = python("import signal; signal.pause()", limit_s=0.2, beat_s=0.1)
    with pytest.raises(Outage, match="longer than 0 s and was ended"):
        endless(REQUEST, lambda: beats.append(1))
    assert len(beats) == 2


def test_a_process_that_dies_is_told_with_its_last_words() -> None:
    with pytest.raises(Outage, match="ended with 3: no room"):
        python("import sys; sys.stderr.write('a\\nno room\\n'); sys.exit(3)")(REQUEST, lambda: None)


def test_the_real_process_says_what_is_missing(tmp_path: object) -> None:
    environment = {"TOLLGATE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    answer = msgspec.json.decode(
        OwnProcess(environment=environment)(REQUEST, lambda: None), type=BacktestAnswer
    )
    assert answer.figures is None
    assert "tollgate up" in answer.trouble
