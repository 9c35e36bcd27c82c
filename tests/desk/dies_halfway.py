"""A process that publishes or sends for real, and then waits for the end that its parent gives it.

    python -m tests.desk.dies_halfway publish ENGINE PROPOSAL    approved, on the log, not noted
    python -m tests.desk.dies_halfway send ENGINE DUE            on the bus, not noted

Kafka and PostgreSQL by KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL. It says "sent" on its output, and waits.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any
from uuid import UUID

from desk.audit import AuditTrail
from desk.bus import DirectWriter, OutboxSender
from desk.bus.sender import Row
from desk.changes import Changes, ControlPlanePublisher, publish_approved
from desk.database import DeskDatabase
from streams.settings import Settings

WAIT_S = 300


def halt() -> None:
    """Says how far it is, and comes no further."""
    print("sent", flush=True)
    Event().wait(WAIT_S)
    sys.exit("nobody ended this process")


class NeverNotes(Changes):
    """What is on the log is never noted."""

    def is_on_the_log(self, *_: Any) -> None:
        halt()


class NeverReturns(DirectWriter):
    """A commit that succeeds, after which nothing comes."""

    def commit(self, rows: Sequence[Row]) -> list[int]:
        super().commit(rows)
        halt()
        return []


def main(what: str, engine: str, argument: str) -> None:
    settings = Settings()
    database, trail = DeskDatabase(settings.database(), 2), AuditTrail(lambda: datetime.now(UTC))
    if what == "publish":
        changes = NeverNotes(database, trail, lambda: datetime.now(UTC))
        publish_approved(changes, ControlPlanePublisher(settings), changes.proposal(UUID(argument)), None)
    else:
        sender = OutboxSender(database, engine, lambda: NeverReturns(settings.kafka(), engine))
        sender.turn(datetime.fromisoformat(argument))


if __name__ == "__main__":
    main(*sys.argv[1:])
