"""The daily schedule: at its time of day, one run at a time, whatever became of the one before."""

import threading
import time
from datetime import UTC, datetime

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from learning.retraining.schedule import daily, keep_running


class Job:
    """A job that is slower than its interval; what it does may fail. Asked to stop after `last` runs."""

    def __init__(self, last: int, fails: bool = False) -> None:
        self.last, self.fails = last, fails
        self.runs, self.at_once, self.most = 0, 0, 0
        self.done = threading.Event()

    def __call__(self) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        time.sleep(0.05)
        self.at_once -= 1
        self.runs += 1
        if self.runs == self.last:
            self.done.set()
        if self.fails:
            raise OSError("disk full")


def keep(job: Job) -> None:
    keep_running(job, IntervalTrigger(seconds=0.01, timezone=UTC), job.done.is_set)


def test_every_day_at_its_time_in_utc() -> None:
    trigger = daily("04:30")
    early, late = (datetime(2026, 3, 29, hour, tzinfo=UTC) for hour in (1, 5))
    assert trigger.get_next_fire_time(None, early) == datetime(2026, 3, 29, 4, 30, tzinfo=UTC)
    assert trigger.get_next_fire_time(None, late) == datetime(2026, 3, 30, 4, 30, tzinfo=UTC)


def test_runs_do_not_overlap_and_the_last_one_is_waited_for() -> None:
    job = Job(last=3)
    keep(job)
    assert job.most == 1
    assert job.at_once == 0
    assert job.runs >= 3


def test_a_run_that_fails_leaves_the_schedule_alone(caplog: pytest.LogCaptureFixture) -> None:
    job = Job(last=2, fails=True)
    keep(job)
    assert job.runs >= 2
    assert "the run failed; the next one is tried at its time" in caplog.text
    assert "disk full" in caplog.text
