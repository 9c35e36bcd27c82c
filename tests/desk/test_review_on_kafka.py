"""Decisions in and verdicts out on a real Kafka."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Producer

from desk.bus import DirectWriter, OutboxMessage, OutboxSender, put
from desk.bus import sender as outbox_sender
from desk.bus.sender import Row
from desk.database import DeskDatabase
from desk.dead_letters import REPLAYED
from desk.people import Role
from desk.reviews import Conclusion, give, open_review
from desk.reviews.upkeep.consumer import KafkaDecisions, ReviewConsumer
from models.messages import Decision, Merchant, Payment, encode, tokens_of
from models.messages.payment import Method, MethodKind
from streams.errors import Fenced, Outage
from streams.kafka import Topics, ensure_agent_topics, records, send_one, transaction_settings
from tests.desk.review_cases import Queue, decision, person, queue_on
from tests.support.new_engine import new_engine

pytestmark = pytest.mark.kafka
ANA = person(1, Role.REVIEWER)


@pytest.fixture
def engine(kafka: str) -> str:
    name = new_engine(kafka, "reviewed")
    ensure_agent_topics(kafka, name)
    return name


@pytest.fixture
def queue(desk_database: DeskDatabase, engine: str) -> Queue:
    queue = queue_on(desk_database, engine=engine)
    queue.clock.now = datetime.now(UTC)
    return queue


def payment(payment_id: str) -> Payment:
    method = Method(MethodKind.CARD, f"card-of-{payment_id}")
    return Payment("acme", payment_id, 1_700_000_000_000, 10_000, "EUR", method, Merchant("shop-1"))


def sent(kafka: str, engine: str, topic: str, payment_id: str, message: Payment | Decision) -> int:
    """Puts a message on its topic; when Kafka took it (ms)."""
    name = Topics(engine)[topic]
    offset = send_one(kafka, name, payment_id, encode(message), [])
    (record,) = records(kafka, name, offset, offset + 1)
    return record.timestamp()[1]


def decided(kafka: str, engine: str, *payment_ids: str) -> None:
    """Payments, then their decisions, on the log."""
    for payment_id in payment_ids:
        at = sent(kafka, engine, "payments", payment_id, payment(payment_id))
        sent(kafka, engine, "decisions", payment_id, decision(payment_id, engine=engine, received_at=at))


def verdicts(kafka: str, engine: str) -> list[tuple[str, str]]:
    """Payment and CloudEvents id of each message on ENGINE.disputes."""
    found = list(records(kafka, Topics(engine)["disputes"]))
    ids = [dict(record.headers() or ())["ce_id"].decode() for record in found]
    return [(json.loads(record.value())["payment_id"], id) for record, id in zip(found, ids, strict=True)]


def told(kafka: str, engine: str) -> list[tuple[str, str, str]]:
    """Payment, conclusion and what ended it, of each message on ENGINE.reviews."""
    found = [json.loads(record.value()) for record in records(kafka, Topics(engine)["reviews"])]
    return sorted((one["payment_id"], one["conclusion"], one["by"]) for one in found)


def judged(queue: Queue, *payment_ids: str) -> datetime:
    """Judges payments; when their verdicts are due."""
    for payment_id in payment_ids:
        one = queue.arrives(payment_id, engine=queue.desk.engine)
        open_review(queue.desk, ANA, one, queue.clock.now)
        give(queue.desk, ANA, one, Conclusion.DECLINE, queue.clock.now)
    return queue.clock.after(timedelta(minutes=1))


def outbox_ids(queue: Queue) -> list[str]:
    query = "SELECT outbox_id FROM outbox WHERE topic = 'disputes' ORDER BY place"
    return [str(id) for id in queue.all(query)]


def sender_of(queue: Queue, kafka: str) -> OutboxSender:
    engine = queue.desk.engine
    return OutboxSender(queue.desk.database, engine, lambda: DirectWriter(kafka, engine))


def test_a_decision_comes_in_with_its_payments_tokens(kafka: str, engine: str, queue: Queue) -> None:
    decided(kafka, engine, "a", "b")
    log = KafkaDecisions(kafka, engine)
    consumer = ReviewConsumer(queue.desk, log)
    while len(queue.all("SELECT 1 FROM reviews")) < 2:
        consumer.turn(queue.clock.now, wait_s=1)
    log.close()
    found = queue.all("SELECT payment_id, card, tokens FROM reviews ORDER BY review_id")
    assert [(id, card) for id, card, _ in found] == [("a", "card-of-a"), ("b", "card-of-b")]
    assert found[0][2]["merchant_id"] == tokens_of(payment("a")).merchant_id
    again = KafkaDecisions(kafka, engine)
    ReviewConsumer(queue.desk, again).turn(queue.clock.now, wait_s=0.1)
    again.close()
    assert len(queue.all("SELECT 1 FROM reviews")) == 2


def test_verdicts_are_on_the_bus_once_with_the_outbox_id(kafka: str, engine: str, queue: Queue) -> None:
    due = judged(queue, "a", "b")
    sender = sender_of(queue, kafka)
    assert sender.turn(due - timedelta(seconds=1)) == 0
    assert sender.turn(due) == 4
    assert verdicts(kafka, engine) == list(zip(("a", "b"), outbox_ids(queue), strict=True))
    assert queue.all("SELECT topic, log_offset FROM outbox ORDER BY place") == [
        ("disputes", 0), ("reviews", 0), ("disputes", 1), ("reviews", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_sender_that_dies_around_its_commit_leaves_each_verdict_once(
    kafka: str, engine: str, queue: Queue, when: str
) -> None:
    class Dying(DirectWriter):
        def commit(self, rows: Sequence[Row]) -> list[int]:
            if when == "after":
                super().commit(rows)
            raise Outage("killed")

    due = judged(queue, "a", "b")
    dying = OutboxSender(queue.desk.database, engine, lambda: Dying(kafka, engine))
    with pytest.raises(Outage, match="killed"):
        dying.turn(due)
    sender_of(queue, kafka).turn(due)
    assert sorted(verdicts(kafka, engine)) == sorted(zip(("a", "b"), outbox_ids(queue), strict=True))
    assert queue.all("SELECT state FROM outbox") == 4 * ["sent"]
    assert told(kafka, engine) == [("a", "decline", "verdict"), ("b", "decline", "verdict")]


@pytest.mark.parametrize("role", REPLAYED)
def test_a_dead_letter_put_back_is_on_its_topic_once(
    kafka: str, engine: str, queue: Queue, role: str
) -> None:
    """Also where its sender died around the commit: it is looked for on the topic it came from."""

    class Dying(DirectWriter):
        def commit(self, rows: Sequence[Row]) -> list[int]:
            super().commit(rows)
            raise Outage("killed")

    letter = OutboxMessage(engine, role, REPLAYED[role], "k", b"{}", f"dead_letter:{role}", queue.clock.now)
    with queue.desk.database.transaction() as connection:
        put(connection, letter)
    with pytest.raises(Outage, match="killed"):
        OutboxSender(queue.desk.database, engine, lambda: Dying(kafka, engine)).turn(queue.clock.now)
    sender_of(queue, kafka).turn(queue.clock.now)
    (record,) = records(kafka, Topics(engine)[role])
    assert dict(record.headers() or ())["ce_id"].decode() == str(letter.outbox_id)
    assert queue.all("SELECT state FROM outbox") == ["sent"]


def test_a_second_sender_takes_over_and_the_first_ends(kafka: str, engine: str, queue: Queue) -> None:
    first, second = sender_of(queue, kafka), sender_of(queue, kafka)
    first.turn(queue.clock.now)
    second.turn(judged(queue, "a"))
    due = judged(queue, "b")
    with pytest.raises(Fenced):
        first.turn(due)
    second.turn(due)
    assert [payment for payment, _ in verdicts(kafka, engine)] == ["a", "b"]


def test_what_an_unfinished_transaction_hides_is_waited_for_and_not_sent_again(
    kafka: str, engine: str, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_sender, "SETTLE_S", 0.2)
    other = Producer(transaction_settings(kafka, f"{engine}-intake", 60_000))
    other.init_transactions(30)
    other.begin_transaction()
    other.produce(
        Topics(engine)["disputes"], encode(payment("foreign")), "foreign", headers=[("ce_id", b"f")]
    )
    other.flush(30)

    class Dying(DirectWriter):
        def commit(self, rows: Sequence[Row]) -> list[int]:
            super().commit(rows)
            raise Outage("killed")

    due = judged(queue, "a")
    with pytest.raises(Outage, match="killed"):
        OutboxSender(queue.desk.database, engine, lambda: Dying(kafka, engine)).turn(due)
    with pytest.raises(Outage, match="unfinished transaction"):
        sender_of(queue, kafka).turn(due)
    other.commit_transaction(30)
    monkeypatch.setattr(outbox_sender, "SETTLE_S", 15.0)
    sender_of(queue, kafka).turn(due)
    assert [payment for payment, _ in verdicts(kafka, engine)] == ["foreign", "a"]
