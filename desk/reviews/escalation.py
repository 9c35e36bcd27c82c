"""A reviewer hands a payment to those who may review large ones."""

from datetime import datetime

from desk.people import Person
from desk.reviews.actions import begin
from desk.reviews.claims import standing_verdicts
from desk.reviews.desk import ReviewDesk
from desk.reviews.errors import NotYours, TooLate
from desk.reviews.notes import NOTE_CHARACTERS_MAX, checked_text
from desk.reviews.review import QueueName, ReviewState
from desk.reviews.scope import sql


def escalate(desk: ReviewDesk, person: Person, review_id: int, why: str, now: datetime) -> None:
    """Moves the payment that the person holds to the escalation queue, with a note where they say why. Raises
    `ReviewRefused`.
    """
    text = checked_text(why, NOTE_CHARACTERS_MAX)
    with desk.database.transaction() as connection:
        review = desk.locked(connection, person, review_id, now)
        if not review.is_open or review.deadline_at <= now:
            raise TooLate("this payment is no longer open; nothing was changed")
        if review.claimed_by != person.user_id:
            raise NotYours("you do not hold this payment any more: open it again; nothing was changed")
        if review.queue is QueueName.ESCALATION:
            raise TooLate("this payment is in the escalation queue already; nothing was changed")
        action = begin(desk, connection, person, "escalation", now)
        begun = bool(standing_verdicts(connection, review_id))
        state = ReviewState.SECOND if begun else ReviewState.WAITING
        action.leave(connection, review, state, QueueName.ESCALATION)
        if text:
            own = {"review": review_id, "name": person.name, "note": text}
            connection.execute(sql("add_note"), desk.bounds(person, now) | own)
        desk.note(connection, person, "review_escalated", review)
