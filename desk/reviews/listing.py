"""The queue as a person sees it; nothing is changed by looking."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from desk.people import Person
from desk.reviews.desk import ReviewDesk
from desk.reviews.review import Counts, QueueName, Review, review_of
from desk.reviews.scope import sql

ROWS_MAX: Final = 100


def waiting(
    desk: ReviewDesk,
    person: Person,
    now: datetime,
    queue: QueueName = QueueName.MAIN,
    search: str = "",
    only_overdue: bool = False,
) -> list[Review]:
    """The first `ROWS_MAX` open payments in the queue's order. `search`: a payment's id, merchant or token in
    full.
    """
    asked = {
        **desk.bounds(person, now),
        "queue": queue,
        "search": search.replace("\0", ""),
        "only_overdue": only_overdue,
        "most": ROWS_MAX,
    }
    with desk.database.transaction() as connection:
        return [review_of(row) for row in connection.execute(sql("waiting"), asked)]


def counts(desk: ReviewDesk, person: Person, now: datetime) -> Counts:
    """The queue in figures, of the person's merchant accounts."""
    with desk.database.transaction() as connection:
        row = connection.execute(sql("counts"), desk.bounds(person, now)).fetchone()
    assert row is not None
    return Counts(**row)


def lapsed(desk: ReviewDesk, person: Person, now: datetime) -> list[Review]:
    """Payments to which the default was applied within a day, the newest first."""
    with desk.database.transaction() as connection:
        return [review_of(row) for row in connection.execute(sql("lapsed"), desk.bounds(person, now))]


def linked(desk: ReviewDesk, person: Person, review: Review, now: datetime) -> list[Review]:
    """Other open payments of the same card or device, `linked_max` at most."""
    asked = {
        **desk.bounds(person, now),
        "review": review.review_id,
        "card": review.card,
        "device": review.device,
        "most": desk.rules.linked_max,
    }
    with desk.database.transaction() as connection:
        return [review_of(row) for row in connection.execute(sql("linked"), asked)]


def several(desk: ReviewDesk, person: Person, review_ids: Sequence[int], now: datetime) -> list[Review]:
    """Those of these payments that the person may see."""
    asked = desk.bounds(person, now) | {"reviews": list(review_ids)}
    with desk.database.transaction() as connection:
        return [review_of(row) for row in connection.execute(sql("several"), asked)]


def run_items(desk: ReviewDesk, person: Person, now: datetime, most: int = 12) -> list[Review]:
    """What is left of the person's run, in its order."""
    asked = desk.bounds(person, now) | {"most": most}
    with desk.database.transaction() as connection:
        return [review_of(row) for row in connection.execute(sql("run_items"), asked)]
