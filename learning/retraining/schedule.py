"""A job once a day, until asked to stop.

Invariants: no two runs overlap; a run that was missed while another one was under way, or while the machine
slept, is made up for once; a run that fails leaves the schedule alone.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

log = logging.getLogger(__name__)

LATE_S: Final = 12 * 3600
"""A run missed by less is made up for."""
POLL_S: Final = 0.5


def daily(time_of_day: str) -> BaseTrigger:
    """Every day at `HH:MM`, UTC."""
    hour, minute = time_of_day.split(":")
    return CronTrigger(hour=int(hour), minute=int(minute), timezone=UTC)


def keep_running(job: Callable[[], object], trigger: BaseTrigger, is_stopping: Callable[[], bool]) -> None:
    """Runs `job` whenever `trigger` says, in one thread, until asked to stop; waits for a run under way."""

    def guarded() -> None:
        try:
            job()
        except Exception:
            log.exception("the run failed; the next one is tried at its time")

    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(guarded, trigger, max_instances=1, coalesce=True, misfire_grace_time=LATE_S)
    scheduler.start()
    waiting = threading.Event()
    try:
        for planned in scheduler.get_jobs():
            log.info("next run at %s", planned.next_run_time)
        while not is_stopping():
            waiting.wait(POLL_S)
    finally:
        scheduler.shutdown(wait=True)
