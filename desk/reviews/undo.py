"""Taking back what one did, within a minute and as a whole."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from desk.bus import TakenAlready, take_back
from desk.people import Person
from desk.reviews.claims import keep_claim
from desk.reviews.desk import ReviewDesk
from desk.reviews.errors import TooLate
from desk.reviews.review import Conclusion
from desk.reviews.scope import sql


@dataclass(frozen=True)
class Undoable:
    """What a person can still take back."""

    action_id: UUID
    kind: str
    done_at: datetime
    undo_until: datetime
    payment_ids: tuple[str, ...]
    conclusion: Conclusion | None


def undoable(desk: ReviewDesk, person: Person, now: datetime) -> Undoable | None:
    """The newest thing that a person can still take back."""
    with desk.database.transaction() as connection:
        row = connection.execute(sql("undoable"), desk.bounds(person, now)).fetchone()
    if row is None:
        return None
    said = None if row["conclusion"] is None else Conclusion(row["conclusion"])
    return Undoable(**{**row, "payment_ids": tuple(row["payment_ids"]), "conclusion": said})


@dataclass(frozen=True)
class Undone:
    """What a person took back last. `open_again`: those of its payments that people can conclude on."""

    kind: str
    undone_at: datetime
    payment_ids: tuple[str, ...]
    open_again: tuple[str, ...]
    conclusion: Conclusion | None


def undone(desk: ReviewDesk, person: Person, now: datetime) -> Undone | None:
    """What the person took back within the last minutes; None once they have done something else since."""
    asked = desk.bounds(person, now) | {"since": now - 2 * desk.rules.undo}
    with desk.database.transaction() as connection:
        row = connection.execute(sql("undone"), asked).fetchone()
    if row is None:
        return None
    said = None if row["conclusion"] is None else Conclusion(row["conclusion"])
    return Undone(row["kind"], row["undone_at"], tuple(row["payment_ids"]), tuple(row["open_again"]), said)


def undo(desk: ReviewDesk, person: Person, now: datetime, shown: UUID | None = None) -> tuple[int, ...]:
    """Takes back the newest thing that the person did within the minute; ids of the payments that are open
    again, the first of them in the person's hands. `shown` is what their screen offered to take back: where
    that is not the newest any more, nothing is. Raises `TooLate`.
    """
    bounds = desk.bounds(person, now)
    with desk.database.transaction() as connection:
        connection.execute(sql("lock_person"), bounds)
        row = connection.execute(sql("last_action"), bounds).fetchone()
        if row is None:
            minutes = desk.rules.undo.total_seconds() / 60
            raise TooLate(f"there is nothing to take back: it can be done within {minutes:g} min")
        if shown not in (None, row["action_id"]):
            raise TooLate("you have done something else since this page was opened; nothing was taken back")
        action = {"action": row["action_id"], "now": now}
        try:
            take_back(connection, row["action_id"])
        except TakenAlready:
            raise TooLate("it has been sent already and can no longer be taken back") from None
        connection.execute(sql("undo_action"), action)
        connection.execute(sql("undo_verdicts"), action)
        steps = connection.execute(sql("steps"), action).fetchall()
        again = [step for step in steps if step["state"] == step["state_after"]]
        for step in again:
            connection.execute(sql("move"), _back(step, now))
        _take_up(desk, connection, person, [step["review_id"] for step in again], row["kind"], now)
    return tuple(step["review_id"] for step in again)


def _back(step: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "review": step["review_id"],
        "state": step["state_before"],
        "queue": step["queue_before"],
        "conclusion": None,
        "closed_at": None,
        "ready_at": now,
    }


def _take_up(
    desk: ReviewDesk, connection: Any, person: Person, review_ids: list[int], kind: str, now: datetime
) -> None:
    """The first goes back into the person's hands, if its deadline has not passed."""
    for place, review_id in enumerate(review_ids):
        review = desk.locked(connection, person, review_id, now)
        desk.note(connection, person, "review_undone", review, kind=kind)
        if place == 0 and review.deadline_at > now:
            keep_claim(desk, connection, person, review, now)
