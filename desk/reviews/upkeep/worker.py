"""What runs for the queue beside the pages: decisions in, verdicts out, deadlines, the load.

It is a process of its own (`tollgate desk`) and no part of the console. The console may be stopped, started
twice or left out, and each of its threads serves a page; here exactly one sender may write, a deadline passes
also while nobody looks, and Kafka being away must not slow a page down. Any number may be started: a second
one takes over the sending and the first ends; consuming and deadlines are transactions that exclude each
other.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from confluent_kafka import KafkaException

from desk.bus import OutboxSender
from desk.reviews.desk import ReviewDesk
from desk.reviews.upkeep.consumer import ReviewConsumer
from desk.reviews.upkeep.deadlines import apply_defaults
from desk.reviews.upkeep.lateness import ReviewLateness, lateness
from desk.reviews.upkeep.load import LoadReport, due_report, note_told
from streams.errors import Misconfigured, Outage

log = logging.getLogger(__name__)

DEADLINES_EVERY: Final = timedelta(seconds=5)
LOAD_EVERY: Final = timedelta(seconds=10)
PUBLISH_EVERY: Final = timedelta(seconds=30)
LOOK_EVERY: Final = timedelta(seconds=10)
WAIT_MAX_S: Final = 10.0
PATIENCE: Final = timedelta(minutes=10)
"""After so long without one turn that worked the process ends and says so; its supervisor starts another."""


class Watcher(Protocol):
    """Who counts: a `streams.metrics.by_process.DeskMeters`."""

    def looked(self, late: ReviewLateness) -> None:
        """The database says this."""
        ...

    def worked(self) -> None:
        """A turn has ended in which everything worked."""
        ...


TellLoad = Callable[[LoadReport, datetime], object]


@dataclass
class ReviewWorker:
    """The queue's work, a turn at a time.

    tell_load  publishes a report as a control; None where this host may not sign any
    clock      gives UTC
    publish    puts on the log what was approved and, since a process died, is not there
    watcher    counts
    wait       waits so many seconds after a failure
    """

    desk: ReviewDesk
    consumer: ReviewConsumer
    sender: OutboxSender
    tell_load: TellLoad | None
    clock: Callable[[], datetime]
    publish: Callable[[datetime], object] = lambda _: None
    wait: Callable[[float], object] = time.sleep
    watcher: Watcher | None = None
    _due: dict[str, datetime] = field(default_factory=dict)

    def run(self, stopping: Callable[[], bool]) -> None:
        """Turns until told to stop. Raises `Fenced` where another one has taken over, `Outage` where nothing
        worked for too long.
        """
        worked_at, failures = self.clock(), 0
        while not stopping():
            failed = self.turn()
            if failed is None:
                worked_at, failures = self.clock(), 0
                continue
            if self.clock() - worked_at > PATIENCE:
                raise Outage(f"nothing worked for {PATIENCE}: {failed}") from failed
            failures += 1
            self.wait(min(WAIT_MAX_S, 0.2 * 2 ** min(failures, 10)))

    def turn(self) -> Exception | None:
        """Does what is due. What fails does not keep the rest from being done; the last failure."""
        failed = None
        jobs: tuple[tuple[str, timedelta | None, Callable[[datetime], object]], ...] = (
            ("could not send verdicts", None, self.sender.turn),
            ("could not take decisions in", None, self.consumer.turn),
            ("could not apply defaults", DEADLINES_EVERY, lambda now: apply_defaults(self.desk, now)),
            ("could not tell the load", LOAD_EVERY, self._tell),
            ("could not publish what was approved", PUBLISH_EVERY, self.publish),
            ("could not see what is late", LOOK_EVERY, self._look),
        )
        for what, every, job in jobs:
            now = self.clock()
            if every is not None and now < self._due.get(what, now):
                continue
            try:
                job(now)
            except (Outage, KafkaException) as failure:
                log.warning("%s: %s", what, failure)
                failed = failure
            else:
                if every is not None:
                    self._due[what] = now + every
        if failed is None and self.watcher is not None:
            self.watcher.worked()
        return failed

    def _look(self, now: datetime) -> None:
        if self.watcher is not None:
            self.watcher.looked(lateness(self.desk, now))

    def _tell(self, now: datetime) -> None:
        report = due_report(self.desk, now) if self.tell_load else None
        if report is None or self.tell_load is None:
            return
        try:
            self.tell_load(report, now)
        except Misconfigured as refused:
            log.warning("the queue's load is not told until this process starts again: %s", refused)
            self.tell_load = None
            return
        note_told(self.desk, report, now)
