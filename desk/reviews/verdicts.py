"""A person's conclusion on a payment, and what follows from it; or none, and others are to look at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID, uuid4

from desk.bus import put
from desk.database import DeskConnection
from desk.people import Action, Person
from desk.reviews.actions import ReviewAction, begin
from desk.reviews.claims import standing_verdicts
from desk.reviews.desk import ReviewDesk
from desk.reviews.errors import NotAllowed, NotYours, TooLate
from desk.reviews.known_labels import Frauds, check_against, note_against
from desk.reviews.messages import ListEntry, list_message, outcome_message, verdict_message
from desk.reviews.notes import NOTE_CHARACTERS_MAX, REASON_CHARACTERS_MAX, checked_text
from desk.reviews.review import Conclusion, QueueName, Review, ReviewState, review_of
from desk.reviews.scope import sql
from models.messages import ReviewEnd

__all__ = ["GivenVerdict", "ListEntry", "give"]


@dataclass(frozen=True)
class GivenVerdict:
    """What became of a verdict.

    judged      ids of the payments that are judged by it
    second      of those that another person must agree to, or that went to the escalation queue
    left_out    how many linked payments were not free
    undo_until  until then it can be taken back
    """

    action_id: UUID
    judged: tuple[int, ...]
    second: tuple[int, ...]
    undo_until: datetime
    left_out: int = 0


def give(
    desk: ReviewDesk,
    person: Person,
    review_id: int,
    conclusion: Conclusion,
    now: datetime,
    *,
    reason: str = "",
    seen: int | None = None,
    entry: ListEntry | None = None,
    also: Sequence[int] = (),
    frauds: Frauds | None = MappingProxyType({}),
) -> GivenVerdict:
    """Concludes on the payment that the person holds, and alike on those of `also` that have its card or
    device and are free.

    seen   how many conclusions of others the person's screen showed; another number is refused
    entry  what is to be put on a list once it is certain
    also   other payments, `linked_max` at most; those that are not free are left out
    frauds which of all these are known as fraud already: approving one takes a reason, and is told apart in
           the audit trail; None where it could not be read, which is told as well

    Raises `ReviewRefused`; nothing was changed then.
    """
    reason = checked_text(reason, REASON_CHARACTERS_MAX)
    others = list(dict.fromkeys(each for each in also if each != review_id))
    if len(others) > desk.rules.linked_max:
        raise NotAllowed(f"one verdict can be given to {desk.rules.linked_max} linked payments at most")
    with desk.database.transaction() as connection:
        review = desk.locked(connection, person, review_id, now)
        _check_open(review, now)
        _check_holder(review, person, now)
        action = begin(desk, connection, person, "linked" if others else "verdict", now)
        chosen = [review, *_free(desk, connection, person, review, others, now)]
        states = {}
        for each in chosen:
            check_against(conclusion, each, frauds, reason)
            shown = seen if each is review else None
            states[each.review_id] = _conclude(
                desk, connection, person, each, action, conclusion, reason, shown
            )
        note_against(desk, connection, person, conclusion, chosen, frauds, reason)
        if entry is not None:
            put(connection, list_message(review, entry, person, reason, action))
            desk.note(connection, person, "review_list_asked", review, list=entry.list, entity=entry.entity)
    judged = tuple(one for one, state in states.items() if state is ReviewState.JUDGED)
    second = tuple(one for one in states if one not in judged)
    return GivenVerdict(action.action_id, judged, second, action.undo_until, len(others) + 1 - len(states))


def _free(
    desk: ReviewDesk,
    connection: DeskConnection,
    person: Person,
    review: Review,
    others: list[int],
    now: datetime,
) -> list[Review]:
    own = {"reviews": others, "card": review.card, "device": review.device}
    rows = connection.execute(sql("several_free"), desk.bounds(person, now) | own).fetchall()
    return [review_of(row) for row in rows]


def _check_open(review: Review, now: datetime) -> None:
    if review.state is ReviewState.JUDGED:
        raise TooLate("this payment is judged already; nothing was changed")
    if review.state is ReviewState.WITHDRAWN:
        raise TooLate("a later decision of this payment left nothing to review; nothing was changed")
    if review.state is ReviewState.LAPSED or review.deadline_at <= now:
        raise TooLate(
            f"the deadline of this payment was {review.deadline_at:%Y-%m-%d %H:%M} UTC: the default applies; "
            "nothing was changed"
        )


def _check_holder(review: Review, person: Person, now: datetime) -> None:
    if review.claimed_by != person.user_id:
        holder = review.holder(now)
        who = f"this payment is with {holder} now" if holder else "you do not hold this payment any more"
        raise NotYours(f"{who}: open it again; nothing was changed")


def _conclude(
    desk: ReviewDesk,
    connection: DeskConnection,
    person: Person,
    review: Review,
    action: ReviewAction,
    conclusion: Conclusion,
    reason: str,
    seen: int | None,
) -> ReviewState:
    """Adds the person's conclusion to a locked payment; the state it is in then."""
    before = standing_verdicts(connection, review.review_id)
    if seen is not None and seen != len(before):
        raise NotYours("somebody has concluded on this payment meanwhile: look again; nothing was changed")
    if any(each.person_id == person.user_id for each in before):
        raise NotAllowed(
            "you have concluded on this payment already: another person must; nothing was changed"
        )
    beyond = bool(before) or review.queue is QueueName.ESCALATION
    if beyond and not person.may(Action.REVIEW_LARGE):
        raise NotAllowed("this one takes somebody who may review large payments; nothing was changed")
    connection.execute(
        sql("add_verdict"),
        {
            "verdict": uuid4(), "review": review.review_id, "action": action.action_id,
            "person": person.user_id, "name": person.name, "conclusion": conclusion, "reason": reason,
            "now": action.done_at,
        },
    )  # fmt: skip
    agree = 1 + sum(each.conclusion is conclusion for each in before)
    state = ReviewState.JUDGED if agree >= review.eyes else ReviewState.SECOND
    if state is ReviewState.JUDGED:
        action.leave(connection, review, state, review.queue, conclusion)
        _tell(connection, review, conclusion, person, reason, action)
    else:
        action.leave(connection, review, state, QueueName.ESCALATION if before else review.queue)
    desk.note(connection, person, "review_decided", review, conclusion=conclusion, state=state, reason=reason)
    return state


def _tell(
    connection: DeskConnection,
    review: Review,
    conclusion: Conclusion,
    person: Person,
    reason: str,
    action: ReviewAction,
) -> None:
    """What people concluded, for labels and for whoever holds the payment: taken back together."""
    put(connection, verdict_message(review, conclusion, person, reason, action))
    ended = (conclusion, ReviewEnd.VERDICT, action.done_at, action.undo_until, action.action_id)
    put(connection, outcome_message(review.engine, vars(review), *ended))


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
