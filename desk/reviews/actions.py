"""One thing that a person does at once, with what is needed to take it back."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from desk.database import DeskConnection
from desk.people import Person
from desk.reviews.desk import ReviewDesk
from desk.reviews.review import Conclusion, QueueName, Review, ReviewState
from desk.reviews.scope import sql


@dataclass(frozen=True)
class ReviewAction:
    """An action that has begun. Until `undo_until` only its person can change what it left."""

    action_id: UUID
    done_at: datetime
    undo_until: datetime

    def leave(
        self,
        connection: DeskConnection,
        review: Review,
        state: ReviewState,
        queue: QueueName,
        conclusion: Conclusion | None = None,
    ) -> None:
        """Leaves a locked payment in this state, free of claims."""
        change = {
            "review": review.review_id,
            "action": self.action_id,
            "state": state,
            "queue": queue,
            "conclusion": conclusion,
            "closed_at": self.done_at if state is ReviewState.JUDGED else None,
            "ready_at": self.undo_until,
            "state_before": review.state,
            "queue_before": review.queue,
            "state_after": state,
        }
        connection.execute(sql("add_step"), change)
        connection.execute(sql("move"), change)


def begin(
    desk: ReviewDesk, connection: DeskConnection, person: Person, kind: str, now: datetime
) -> ReviewAction:
    """Begins an action: `verdict`, `linked` or `escalation`."""
    action = ReviewAction(uuid4(), now, now + desk.rules.undo)
    own = {"action": action.action_id, "name": person.name, "kind": kind, "undo_until": action.undo_until}
    connection.execute(sql("add_action"), desk.bounds(person, now) | own)
    connection.execute(sql("active"), desk.bounds(person, now))
    return action
