"""Who has which payment: runs, claims, who looks."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from desk.database import DeskConnection
from desk.people import Person
from desk.reviews.desk import NOBODY, ReviewDesk
from desk.reviews.errors import NotFound
from desk.reviews.review import (
    Conclusion,
    FirstVerdict,
    Note,
    OpenedReview,
    QueueName,
    Review,
    Run,
    Viewer,
    review_of,
)
from desk.reviews.scope import sql

LOOKING: Final = timedelta(seconds=45)
"""Whoever was seen within this time looks at it still."""


def start_run(
    desk: ReviewDesk, person: Person, now: datetime, queue: QueueName = QueueName.MAIN, with_one: int = NOBODY
) -> Run:
    """Begins a run: freezes the order of what the person may claim now. A run of theirs before is over.
    `with_one` is in it, whatever its place in the queue.
    """
    asked = desk.bounds(person, now) | {"queue": queue, "most": desk.rules.run_length}
    with desk.database.transaction() as connection:
        order = [row["review_id"] for row in connection.execute(sql("run_order"), asked)]
        if with_one not in (NOBODY, *order):
            order = [with_one, *order[: desk.rules.run_length - 1]]
        connection.execute(sql("start_run"), asked | {"run": uuid4(), "order": order})
        found = _run(desk, connection, person, now, with_one)
    assert found is not None
    return found


def run_of(desk: ReviewDesk, person: Person, now: datetime, review_id: int = NOBODY) -> Run | None:
    """The run that a person is in, and the place in it of the payment that they look at."""
    with desk.database.transaction() as connection:
        return _run(desk, connection, person, now, review_id)


def join_run(desk: ReviewDesk, person: Person, review: Review, now: datetime) -> None:
    """Whoever opens a payment of the list is in a run from then on, so that their verdict opens the next one.
    A run that has something left goes on.
    """
    run = run_of(desk, person, now)
    if run is None or run.left == 0:
        start_run(desk, person, now, review.queue, review.review_id)


def next_in_run(
    desk: ReviewDesk, person: Person, now: datetime, passed_over: int = NOBODY
) -> OpenedReview | None:
    """Claims the first payment of the person's run that is free; None where the run is over, or there is
    none. `passed_over` is left out: the person wants another one.
    """
    asked = desk.bounds(person, now) | {"passed_over": passed_over}
    with desk.database.transaction() as connection:
        connection.execute(sql("lock_person"), asked)
        row = connection.execute(sql("next_in_run"), asked).fetchone()
        if row is None:
            connection.execute(sql("release_others"), asked | {"review": NOBODY})
            return None
        return _opened(desk, connection, person, _claimed(desk, connection, person, review_of(row), now), now)


def open_review(desk: ReviewDesk, person: Person, review_id: int, now: datetime) -> OpenedReview:
    """A payment on the person's screen: claimed for them where it is free. Raises `NotFound`."""
    asked = desk.bounds(person, now) | {"review": review_id}
    with desk.database.transaction() as connection:
        connection.execute(sql("lock_person"), asked)
        row = connection.execute(sql("one_free"), asked).fetchone()
        if row is not None:
            held = _claimed(desk, connection, person, review_of(row), now)
            return _opened(desk, connection, person, held, now)
        return _seen(desk, connection, person, asked, now)


def look(desk: ReviewDesk, person: Person, review_id: int, now: datetime) -> OpenedReview:
    """A payment on the person's screen, without claiming it. Raises `NotFound`."""
    asked = desk.bounds(person, now) | {"review": review_id}
    with desk.database.transaction() as connection:
        return _seen(desk, connection, person, asked, now)


def see(desk: ReviewDesk, person: Person, review_id: int, now: datetime) -> tuple[Viewer, ...]:
    """Notes that the person still looks, and says who else does. It keeps no claim alive: an open window is
    no work. Raises `NotFound`.
    """
    asked = _looking(desk, person, review_id, now)
    with desk.database.transaction() as connection:
        if connection.execute(sql("one"), asked).fetchone() is None:
            raise NotFound("there is no such payment in the queue of your merchant accounts")
        return _noted_as_viewer(connection, asked)


def release(desk: ReviewDesk, person: Person, now: datetime) -> None:
    """Frees what the person holds."""
    with desk.database.transaction() as connection:
        connection.execute(sql("release_others"), desk.bounds(person, now) | {"review": NOBODY})


def keep_claim(
    desk: ReviewDesk, connection: DeskConnection, person: Person, review: Review, now: datetime
) -> Review:
    """Gives a locked payment to the person, and frees what else they hold."""
    asked = {
        **desk.bounds(person, now),
        "review": review.review_id,
        "name": person.name,
        "until": now + desk.rules.idle,
    }
    connection.execute(sql("release_others"), asked)
    connection.execute(sql("active"), asked)
    row = connection.execute(sql("claim"), asked).fetchone()
    assert row is not None
    return review_of(row)


def standing_verdicts(connection: DeskConnection, review_id: int) -> tuple[FirstVerdict, ...]:
    """What people have concluded on a payment and not taken back, in order."""
    rows = connection.execute(sql("verdicts"), {"review": review_id}).fetchall()
    return tuple(FirstVerdict(**{**row, "conclusion": Conclusion(row["conclusion"])}) for row in rows)


def _claimed(
    desk: ReviewDesk, connection: DeskConnection, person: Person, review: Review, now: datetime
) -> Review:
    held = keep_claim(desk, connection, person, review, now)
    if review.claimed_by != person.user_id:
        before = {} if review.claimed_name is None else {"idle_claim_of": review.claimed_name}
        desk.note(connection, person, "review_claimed", review, **before)
    return held


def _seen(
    desk: ReviewDesk, connection: DeskConnection, person: Person, asked: dict[str, Any], now: datetime
) -> OpenedReview:
    row = connection.execute(sql("one"), asked).fetchone()
    if row is None:
        raise NotFound("there is no such payment in the queue of your merchant accounts")
    review = review_of(row)
    desk.note(connection, person, "review_seen", review)
    return _opened(desk, connection, person, review, now)


def _opened(
    desk: ReviewDesk, connection: DeskConnection, person: Person, review: Review, now: datetime
) -> OpenedReview:
    asked = _looking(desk, person, review.review_id, now)
    viewers = _noted_as_viewer(connection, asked)
    return OpenedReview(
        review,
        review.is_open and review.claimed_by == person.user_id,
        standing_verdicts(connection, review.review_id),
        tuple(Note(**row) for row in connection.execute(sql("notes"), asked)),
        viewers,
    )


def _looking(desk: ReviewDesk, person: Person, review_id: int, now: datetime) -> dict[str, Any]:
    return {**desk.bounds(person, now), "review": review_id, "name": person.name, "since": now - LOOKING}


def _noted_as_viewer(connection: DeskConnection, asked: dict[str, Any]) -> tuple[Viewer, ...]:
    """Notes that the person looks; who else does."""
    connection.execute(sql("see"), asked)
    return tuple(Viewer(**row) for row in connection.execute(sql("viewers"), asked))


def _run(
    desk: ReviewDesk, connection: DeskConnection, person: Person, now: datetime, review_id: int
) -> Run | None:
    row = connection.execute(sql("run"), desk.bounds(person, now) | {"review": review_id}).fetchone()
    return None if row is None else Run(**{**row, "queue": QueueName(row["queue"])})
