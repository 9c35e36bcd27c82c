"""What runs beside the pages: one thing that fails does not keep the rest from being done."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from desk.bus import OutboxSender
from desk.database import DeskDatabase
from desk.reviews import Conclusion, give, open_review, start_run
from desk.reviews.upkeep import LoadReport, ReviewLateness
from desk.reviews.upkeep.consumer import ReviewConsumer
from desk.reviews.upkeep.worker import PATIENCE, ReviewWorker
from streams.errors import Fenced, Misconfigured, Outage
from tests.desk.review_cases import ANA, MINUTE, Queue, decision, queue_on
from tests.desk.test_bus import FakeWriter, Topic
from tests.desk.test_review_consumer import DecisionsInMemory


@dataclass
class Scene:
    """A worker on a log in memory; `failure` is what Kafka answers the sender by."""

    queue: Queue
    log: DecisionsInMemory = field(default_factory=DecisionsInMemory)
    failure: Exception | None = None
    told: list[LoadReport] = field(default_factory=list)
    tell_failure: Exception | None = None
    published: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        desk = self.queue.desk
        self.worker = ReviewWorker(
            desk, ReviewConsumer(desk, self.log), OutboxSender(desk.database, "live", self._writer),
            self._tell, self.queue.clock, self.published.append, lambda _: self.queue.clock.after(MINUTE),
        )  # fmt: skip

    def _writer(self) -> FakeWriter:
        if self.failure is not None:
            raise self.failure
        return FakeWriter(Topic())

    def _tell(self, report: LoadReport, _: Any) -> None:
        if self.tell_failure is not None:
            raise self.tell_failure
        self.told.append(report)


@dataclass
class Watched:
    """What the meters were told."""

    seen: list[ReviewLateness] = field(default_factory=list)
    worked_turns: int = 0

    def looked(self, late: ReviewLateness) -> None:
        self.seen.append(late)

    def worked(self) -> None:
        self.worked_turns += 1


@pytest.fixture
def scene(desk_database: DeskDatabase) -> Scene:
    return Scene(queue_on(desk_database))


def test_decisions_come_in_and_deadlines_pass_while_nothing_can_be_sent(scene: Scene) -> None:
    scene.failure = Outage("Kafka is away")
    scene.queue.arrives("old")
    scene.log.add(decision("new"))
    assert scene.worker.turn() is scene.failure
    assert scene.queue.all("SELECT payment_id FROM reviews ORDER BY review_id") == ["old", "new"]
    scene.queue.clock.after(timedelta(days=6))
    scene.worker.turn()
    assert scene.queue.one("SELECT state FROM reviews WHERE payment_id = 'old'") == "lapsed"


def test_it_ends_when_nothing_has_worked_for_too_long(scene: Scene) -> None:
    scene.failure = Outage("Kafka is away")
    began = scene.queue.clock.now
    with pytest.raises(Outage, match="nothing worked"):
        scene.worker.run(lambda: False)
    assert scene.queue.clock.now - began > PATIENCE


def test_it_ends_at_once_when_another_has_taken_over(scene: Scene) -> None:
    scene.failure = Fenced("another one has taken over")
    with pytest.raises(Fenced):
        scene.worker.run(lambda: False)


def test_the_load_is_told_and_noted(scene: Scene) -> None:
    scene.queue.arrives("a")
    start_run(scene.queue.desk, ANA, scene.queue.clock.now)
    scene.worker.turn()
    scene.queue.clock.after(MINUTE)
    scene.worker.turn()
    assert scene.told == [LoadReport(1, 20)]


def test_what_a_console_that_died_left_is_published_at_the_start_and_then_now_and_again(
    scene: Scene,
) -> None:
    began = scene.queue.clock.now
    scene.worker.turn()
    scene.worker.turn()
    later = scene.queue.clock.after(MINUTE)
    scene.worker.turn()
    assert scene.published == [began, later]


def test_a_host_that_may_not_sign_says_so_once_and_goes_on(scene: Scene) -> None:
    scene.tell_failure = Misconfigured("no key")
    start_run(scene.queue.desk, ANA, scene.queue.clock.now)
    assert scene.worker.turn() is None
    assert scene.worker.tell_load is None


def test_what_is_late_is_seen_while_nothing_can_be_sent(scene: Scene) -> None:
    watcher = scene.worker.watcher = Watched()
    review = scene.queue.arrives("old")
    open_review(scene.queue.desk, ANA, review, scene.queue.clock.now)
    give(scene.queue.desk, ANA, review, Conclusion.DECLINE, scene.queue.clock.now)
    scene.queue.arrives("waits")
    scene.worker.turn()
    assert (watcher.seen, watcher.worked_turns) == ([ReviewLateness(0, 0.0, 1, 0.0)], 1)
    scene.failure = Outage("Kafka is away")
    scene.worker.sender = OutboxSender(scene.queue.desk.database, "live", scene._writer)
    scene.queue.clock.after(scene.queue.desk.rules.undo + MINUTE)
    scene.worker.turn()
    assert (watcher.seen[-1], watcher.worked_turns) == (ReviewLateness(2, 60.0, 1, 0.0), 1)
