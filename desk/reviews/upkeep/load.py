"""How full the queue is, as the engine is told: the policy's price of a review follows it.

The capacity is of the people who are at work, by what one finishes in an hour. It is not what was finished
lately: an empty queue finishes nothing, and would say of itself that it takes nothing. Before anybody has
begun a run nothing is told: the engine then counts a review at its plain price.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from desk.reviews.desk import ReviewDesk
from desk.reviews.review import ms_of
from desk.reviews.upkeep.sql_text import sql
from models.messages import ReviewLoad
from streams.control_plane import publish
from streams.keys import Keyring

EVERY_MIN: Final = timedelta(minutes=1)
"""No two reports follow each other faster: each stays on the log for good."""
EVERY_MAX: Final = timedelta(minutes=20)
"""Also an unchanged load is told again by then: a report counts for an hour."""
CHANGE: Final = 10
"""Percent by which the load must have changed to be told."""


@dataclass(frozen=True)
class LoadReport:
    """What is to be told now."""

    waiting: int
    capacity_per_hour: int

    def message(self, now: datetime) -> ReviewLoad:
        """As the engine takes it."""
        return ReviewLoad(self.waiting, self.capacity_per_hour, ms_of(now))


@dataclass(frozen=True)
class EngineLoad:
    """Tells the engine, by a control that is signed where the engine asks for it. Raises `Outage`, or
    `Misconfigured` where this host may not sign.
    """

    bootstrap: str
    engine: str
    keyring: Keyring | None

    def __call__(self, report: LoadReport, now: datetime) -> None:
        keys = replace(self.keyring, sign_only=False) if self.keyring else None
        changes = [report.message(now)]
        publish(self.bootstrap, self.engine, changes, "tollgate desk", "load of the review queue", keys)


def due_report(desk: ReviewDesk, now: datetime) -> LoadReport | None:
    """What the engine should be told now; None where it knows well enough."""
    since = now - desk.rules.present
    with desk.database.transaction() as connection:
        asked = {"engine": desk.engine, "present_since": since}
        row = connection.execute(sql("load"), asked).fetchone()
    assert row is not None
    if not row["people_ever"]:
        return None
    report = LoadReport(row["waiting"], row["people"] * desk.rules.reviews_per_hour)
    if row["told_at"] is None:
        return report
    told = LoadReport(row["told_waiting"], row["told_capacity"])
    return report if is_due(report, told, now - row["told_at"]) else None


def is_due(report: LoadReport, previous: LoadReport, age: timedelta) -> bool:
    """Whether a report should follow another that is so old.

    >>> before = LoadReport(100, 40)
    >>> is_due(LoadReport(109, 40), before, EVERY_MIN), is_due(LoadReport(110, 40), before, EVERY_MIN)
    (False, True)
    """
    if age < EVERY_MIN:
        return False
    changed = _differs(report.waiting, previous.waiting) or _differs(
        report.capacity_per_hour, previous.capacity_per_hour
    )
    return changed or age >= EVERY_MAX


def note_told(desk: ReviewDesk, report: LoadReport, now: datetime) -> None:
    """Notes that the engine was told."""
    with desk.database.transaction() as connection:
        connection.execute(sql("note_told"), {**vars(report), "engine": desk.engine, "now": now})


def _differs(now: int, before: int) -> bool:
    return abs(now - before) * 100 >= CHANGE * max(before, 1)
