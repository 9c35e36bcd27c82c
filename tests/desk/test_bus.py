"""The outbox and its sender: once, whatever ends between. A topic in memory stands for Kafka."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from desk.bus import OutboxMessage, OutboxSender, TakenAlready, next_offset, note_offset, put, take_back
from desk.bus.sender import BATCH_MAX, Row
from desk.database import DeskDatabase
from streams.errors import Fenced, Outage
from tests.desk.review_cases import NOW

SECOND = timedelta(seconds=1)


@dataclass
class Topic:
    """A log in memory, with the writer that may write to it."""

    ids: list[str] = field(default_factory=list)
    writers: int = 0


@dataclass
class FakeWriter:
    """Writes to a topic, and fails once: before the commit, or after it."""

    topic: Topic
    fails: str = ""
    number: int = 0

    def __post_init__(self) -> None:
        self.topic.writers += 1
        self.number = self.topic.writers

    def ends(self, roles: Iterable[str]) -> dict[str, int]:
        return dict.fromkeys(roles, len(self.topic.ids))

    def commit(self, rows: Sequence[Row]) -> list[int]:
        if self.number < self.topic.writers:
            raise Fenced("another one has taken over")
        fails, self.fails = self.fails, ""
        if fails == "before":
            raise Outage("Kafka is away")
        start = len(self.topic.ids)
        self.topic.ids += [str(row["outbox_id"]) for row in rows]
        if fails == "after":
            raise Outage("the answer is lost")
        return list(range(start, len(self.topic.ids)))

    def found(self, role: str, start: int) -> dict[str, int]:
        assert role in {"disputes", "reviews"}
        return {id: offset for offset, id in enumerate(self.topic.ids) if offset >= start}


def message(subject: str, at: datetime = NOW, action_id: UUID | None = None) -> OutboxMessage:
    return OutboxMessage(
        "live", "disputes", "analyst_verdict", subject, b"{}", f"review/{subject}", at, action_id
    )


def puts(database: DeskDatabase, *messages: OutboxMessage) -> list[str]:
    with database.transaction() as connection:
        for each in messages:
            put(connection, each)
    return [str(each.outbox_id) for each in messages]


def sender_to(database: DeskDatabase, topic: Topic, *fails: str) -> OutboxSender:
    """A sender whose first writers fail like this."""
    left = list(fails)
    return OutboxSender(
        database, "live", lambda: FakeWriter(topic, left.pop(0) if left else ""), ["disputes"]
    )


def states(database: DeskDatabase) -> list[str]:
    with database.transaction() as connection:
        rows = connection.execute("SELECT state FROM outbox ORDER BY place").fetchall()
    return [row["state"] for row in rows]


def test_what_is_due_is_sent_in_order_and_nothing_else(desk_database: DeskDatabase) -> None:
    topic = Topic()
    first, later, second = puts(desk_database, message("a"), message("b", NOW + SECOND), message("c"))
    sender = sender_to(desk_database, topic)
    assert sender.turn(NOW) == 2
    assert topic.ids == [first, second]
    assert sender.turn(NOW) == 0
    assert sender.turn(NOW + SECOND) == 1
    assert topic.ids == [first, second, later]
    assert states(desk_database) == ["sent"] * 3
    assert topic.writers == 1


@pytest.mark.parametrize("fails", ["before", "after"])
def test_a_send_that_ended_halfway_is_found_out(desk_database: DeskDatabase, fails: str) -> None:
    topic = Topic(["of somebody else"])
    sent = puts(desk_database, message("a"), message("b"))
    sender = sender_to(desk_database, topic, fails)
    with pytest.raises(Outage):
        sender.turn(NOW)
    assert states(desk_database) == ["sending"] * 2
    sender.turn(NOW + SECOND)
    assert topic.ids[1:] == sent
    assert states(desk_database) == ["sent"] * 2


def test_a_database_that_dies_after_the_commit_leads_to_no_second_message(
    desk_database: DeskDatabase,
) -> None:
    topic = Topic()
    sent = puts(desk_database, message("a"))

    class DiesAfterCommit(FakeWriter):
        def commit(self, rows: Sequence[Row]) -> list[int]:
            offsets = super().commit(rows)
            with desk_database.transaction() as connection:
                connection.execute("ALTER TABLE outbox RENAME TO gone")
            return offsets

    sender = OutboxSender(desk_database, "live", lambda: DiesAfterCommit(topic), ["disputes"])
    with pytest.raises(psycopg.errors.UndefinedTable):
        sender.turn(NOW)
    with desk_database.transaction() as connection:
        connection.execute("ALTER TABLE gone RENAME TO outbox")
    sender_to(desk_database, topic).turn(NOW)
    assert topic.ids == sent
    assert states(desk_database) == ["sent"]


def test_a_sender_that_was_replaced_writes_nothing(desk_database: DeskDatabase) -> None:
    topic = Topic()
    old, new = sender_to(desk_database, topic), sender_to(desk_database, topic)
    old.turn(NOW)
    sent = puts(desk_database, message("a"))
    new.turn(NOW)
    later = puts(desk_database, message("b"))
    with pytest.raises(Fenced):
        old.turn(NOW)
    assert states(desk_database) == ["sent", "sending"]
    new.turn(NOW)
    assert topic.ids == sent + later


def test_more_than_a_batch_is_sent_over_several_turns(desk_database: DeskDatabase) -> None:
    topic = Topic()
    sent = puts(desk_database, *(message(str(number)) for number in range(BATCH_MAX + 1)))
    sender = sender_to(desk_database, topic)
    assert [sender.turn(NOW), sender.turn(NOW)] == [BATCH_MAX, 1]
    assert topic.ids == sent


def test_of_one_subject_there_is_one_message_that_was_not_taken_back(desk_database: DeskDatabase) -> None:
    action = uuid4()
    puts(desk_database, message("a", action_id=action))
    with pytest.raises(psycopg.errors.UniqueViolation):
        puts(desk_database, message("a"))
    with desk_database.transaction() as connection:
        assert take_back(connection, action) == 1
    puts(desk_database, message("a"))


def test_what_is_taken_back_is_not_sent_and_what_is_sent_is_not_taken_back(
    desk_database: DeskDatabase,
) -> None:
    topic, action = Topic(), uuid4()
    puts(desk_database, message("a", action_id=action))
    with desk_database.transaction() as connection:
        take_back(connection, action)
    sender = sender_to(desk_database, topic)
    assert sender.turn(NOW) == 0
    puts(desk_database, message("b", action_id=uuid4()), message("c", action_id=action))
    sender.turn(NOW)
    with pytest.raises(TakenAlready), desk_database.transaction() as connection:
        take_back(connection, action)


def test_a_place_on_a_topic_holds_with_what_was_written_and_never_goes_back(
    desk_database: DeskDatabase,
) -> None:
    with pytest.raises(RuntimeError), desk_database.transaction() as connection:  # noqa: PT012 - on purpose
        note_offset(connection, "reviews", "live.decisions", 5)
        raise RuntimeError
    with desk_database.transaction() as connection:
        assert next_offset(connection, "reviews", "live.decisions") is None
        note_offset(connection, "reviews", "live.decisions", 9)
        note_offset(connection, "reviews", "live.decisions", 7)
        assert next_offset(connection, "reviews", "live.decisions") == 9
