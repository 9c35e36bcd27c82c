"""Messages that are to be sent: put down, and taken back while they wait."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from desk.bus.inbox import sql
from desk.database import DeskConnection


class TakenAlready(Exception):  # noqa: N818 - named by what happened
    """The message is on its way, or there already: it can no longer be taken back."""


@dataclass(frozen=True)
class OutboxMessage:
    """One message.

    topic       by role, e.g. `disputes`
    kind        what the message is, as its CloudEvents type says: `analyst_verdict`
    key         Kafka's
    subject     what it says something of. There is one message of a subject that was not taken back
    not_before  it is not sent earlier
    action_id   of what a person did, where it can be taken back
    outbox_id   the message's CloudEvents id
    """

    engine: str
    topic: str
    kind: str
    key: str
    value: bytes
    subject: str
    not_before: datetime
    action_id: UUID | None = None
    outbox_id: UUID = field(default_factory=uuid4)


def put(connection: DeskConnection, message: OutboxMessage) -> None:
    """Puts a message down, in the transaction of what it follows from. Raises
    `psycopg.errors.UniqueViolation` where its subject has one already.
    """
    connection.execute(sql("put"), vars(message))


def take_back(connection: DeskConnection, action_id: UUID) -> int:
    """Takes back what an action put down; how many messages that were. Raises `TakenAlready`."""
    rows = connection.execute(sql("messages_of_action"), {"action_id": action_id}).fetchall()
    if any(row["state"] in ("sending", "sent") for row in rows):
        raise TakenAlready
    return connection.execute(sql("take_back"), {"action_id": action_id}).rowcount
