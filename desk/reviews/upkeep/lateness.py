"""What is late at the desk: for its figures, and whoever is woken by them."""

from dataclasses import dataclass
from datetime import datetime

from desk.reviews.desk import ReviewDesk
from desk.reviews.upkeep.sql_text import sql


@dataclass(frozen=True)
class ReviewLateness:
    """How the desk stands.

    due_messages  are to be on Kafka, and are not
    outbox_lag_s  for how long the oldest of them; 0 where there is none
    waiting       payments that wait for a person
    overdue_s     how long ago the first deadline among them passed; 0 where none has
    """

    due_messages: int
    outbox_lag_s: float
    waiting: int
    overdue_s: float


def lateness(desk: ReviewDesk, now: datetime) -> ReviewLateness:
    """Raises `Outage` where the database does not answer."""
    with desk.database.transaction() as connection:
        row = connection.execute(sql("lateness"), {"engine": desk.engine, "now": now}).fetchone()
    assert row is not None
    return ReviewLateness(**row)
