"""Puts on Kafka what the outbox holds, exactly once.

A batch is marked as being sent, which is committed together with where its topics ended; then it is one Kafka
transaction; then it is marked as sent. Whatever ends in between leaves marked messages behind, and the next
turn of any sender reads the topics from there on: a message that lies there was sent, one that does not was
not. Nothing can come in late, since a sender reads only after its producer has fenced every older one and
settled what that had open.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, Protocol
from uuid import UUID

from psycopg.types.json import Jsonb

from desk.bus.inbox import sql
from desk.database import DeskDatabase
from streams.errors import Outage
from streams.kafka import (
    OutgoingMessage,
    Topics,
    TransactionalProducer,
    cloudevents,
    committed_end,
    end_offsets,
    high_watermark,
    records,
    transaction_settings,
)

log = logging.getLogger(__name__)

TOPICS: Final = ("disputes", "list-requests", "reviews", "payments", "outcomes", "labels")
"""By role: every topic that something of ours is put down for. The last three take dead letters put back."""
BATCH_MAX: Final = 200
ABANDONED_MS: Final = 10_000
"""After this long the broker gives up on a sender that died halfway: until then its topics' readers wait."""
SETTLE_S: Final = 15.0
ID: Final = "ce_id"

Row = Mapping[str, Any]


class Writer(Protocol):
    """What the sender needs of Kafka."""

    def ends(self, roles: Iterable[str]) -> dict[str, int]:
        """Where these topics end."""
        ...

    def commit(self, rows: Sequence[Row]) -> list[int]:
        """Writes these messages in one transaction; their offsets. Raises `Outage` or `Fenced`."""
        ...

    def found(self, role: str, start: int) -> dict[str, int]:
        """Ids of the messages of a topic from an offset on, with their offsets. Raises `Outage`."""
        ...


class DirectWriter:
    """The topics of one engine. Takes over from an older sender when made."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        self._bootstrap, self._engine, self._topics = bootstrap, engine, Topics(engine)
        settings = transaction_settings(bootstrap, f"{engine}-desk-outbox", ABANDONED_MS)
        self._producer = TransactionalProducer(settings, "sender of the outbox", attempts=1, patience_s=30)

    def ends(self, roles: Iterable[str]) -> dict[str, int]:
        names = {self._topics[role]: role for role in roles}
        return {names[topic]: end for topic, end in end_offsets(self._bootstrap, list(names)).items()}

    def commit(self, rows: Sequence[Row]) -> list[int]:
        messages = [
            OutgoingMessage(
                self._topics[row["topic"]],
                bytes(row["value"]),
                row["key"],
                cloudevents.headers(self._engine, row["kind"], str(row["outbox_id"])),
            )
            for row in rows
        ]
        return self._producer.commit(messages, reported=len(messages))

    def found(self, role: str, start: int) -> dict[str, int]:
        topic, there = self._topics[role], {}
        self._wait(topic)
        for record in records(self._bootstrap, topic, start):
            for name, value in record.headers() or ():
                if name == ID and value is not None:
                    there[value.decode(errors="replace")] = record.offset()
        return there

    def _wait(self, topic: str) -> None:
        """Until everything on the topic can be read: somebody else's unfinished transaction hides what lies
        behind it, and what is not seen would be sent again.
        """
        end = high_watermark(self._bootstrap, topic)
        if committed_end(self._bootstrap, topic, end, SETTLE_S) < end:
            raise Outage(
                f"an unfinished transaction on {topic} hides what was sent before: waiting for its end"
            )


class OutboxSender:
    """Sends for one engine.

    connect  makes a writer, which fences any older one; asked for again after each failure
    topics   roles of the topics that are written to
    """

    def __init__(
        self,
        database: DeskDatabase,
        engine: str,
        connect: Callable[[], Writer],
        topics: Sequence[str] = TOPICS,
    ) -> None:
        self._database, self._engine, self._connect, self._topics = database, engine, connect, topics
        self._writer: Writer | None = None

    def turn(self, now: datetime) -> int:
        """Sends what is due, `BATCH_MAX` messages at most; how many.

        Raises `Outage` where Kafka or the database does not answer: the next turn finds out what became of
        the messages. Raises `Fenced` where another sender has taken over.
        """
        writer = self._writer
        if writer is None:
            writer = self._connect()
        self._writer = None  # until the turn is over: after a failure its producer is not to be used again
        self._settle(writer, now)
        count = self._send_due(writer, now)
        self._writer = writer
        return count

    def _settle(self, writer: Writer, now: datetime) -> None:
        """Finds out what became of messages that a sender had marked and not noted as sent."""
        with self._database.transaction() as connection:
            rows = connection.execute(sql("open_messages"), {"engine": self._engine}).fetchall()
        if not rows:
            return
        there = self._on_the_log(writer, rows)
        lost = [row for row in rows if str(row["outbox_id"]) not in there]
        log.warning("a sender ended halfway: %d messages were sent, %d are sent now", len(there), len(lost))
        self._note_sent({UUID(id): offset for id, offset in there.items()}, now)
        for start in range(0, len(lost), BATCH_MAX):
            self._send(writer, lost[start : start + BATCH_MAX], now)

    def _on_the_log(self, writer: Writer, rows: Sequence[Row]) -> dict[str, int]:
        """Those of the messages that are on their topic, with their offsets."""
        wanted = {str(row["outbox_id"]) for row in rows}
        there: dict[str, int] = {}
        by_topic = itemgetter("topic")
        for topic, group in groupby(sorted(rows, key=by_topic), key=by_topic):
            start = min(row["read_from"] for row in group)
            there |= {id: offset for id, offset in writer.found(topic, start).items() if id in wanted}
        return there

    def _send_due(self, writer: Writer, now: datetime) -> int:
        engine = {"engine": self._engine, "now": now}
        with self._database.transaction() as connection:
            due = connection.execute(sql("is_due"), engine).fetchone()
        if not due or not due["is_due"]:
            return 0
        marks = engine | {"most": BATCH_MAX, "ends": Jsonb(writer.ends(self._topics))}
        with self._database.transaction() as connection:
            rows = connection.execute(sql("mark_due"), marks).fetchall()
        rows.sort(key=itemgetter("place"))
        if rows:
            self._send(writer, rows, now)
        return len(rows)

    def _send(self, writer: Writer, rows: Sequence[Row], now: datetime) -> None:
        offsets = writer.commit(rows)
        if min(offsets) < 0:
            raise Outage("Kafka did not say where the outbox's messages lie: they are looked for")
        self._note_sent({row["outbox_id"]: offset for row, offset in zip(rows, offsets, strict=True)}, now)

    def _note_sent(self, offsets: Mapping[UUID, int], now: datetime) -> None:
        ids, places = list(offsets), list(offsets.values())
        with self._database.transaction() as connection:
            connection.execute(sql("mark_sent"), {"ids": ids, "offsets": places, "now": now})
