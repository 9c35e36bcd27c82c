"""The end of an input is known without a fetch that finds nothing: payments do not wait for one.

Fetches wait ten seconds here where nothing comes; each test gives up long before.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaError, Message, Producer

from streams.engine.input import end_look, inputs
from streams.engine.input.inputs import InputReader
from streams.kafka import Topics, records
from tests.support.new_engine import new_engine

pytestmark = pytest.mark.kafka

LIMIT_S = 5.0


@pytest.fixture
def topics(kafka: str) -> Topics:
    return Topics(new_engine(kafka, "ends"))


@pytest.fixture
def reader(kafka: str, topics: Topics, monkeypatch: pytest.MonkeyPatch) -> Iterator[InputReader]:
    monkeypatch.setattr(inputs, "RESTING_MS", 10_000)
    made = InputReader(kafka, topics.engine, {})
    yield made
    made.close({})


@pytest.fixture
def transaction(kafka: str, topics: Topics) -> Producer:
    made = Producer({"bootstrap.servers": kafka, "transactional.id": f"{topics.engine}-test", "linger.ms": 0})
    made.init_transactions(30)
    made.begin_transaction()
    return made


def send(kafka: str, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 0})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(30) == 0


def commit(kafka: str, transaction: Producer, *topics: str) -> None:
    """Commits what was produced to `topics`, and begins anew. Kafka answers before it can be read."""
    before = {topic: len(list(records(kafka, topic))) for topic in topics}
    transaction.commit_transaction(30)
    until = time.monotonic() + LIMIT_S
    for topic in topics:
        while len(list(records(kafka, topic))) == before[topic]:
            assert time.monotonic() < until, topic
    transaction.begin_transaction()


def taken(reader: InputReader, count: int) -> list[bytes]:
    """The next records, which come within the limit."""
    found: list[bytes] = []
    until = time.monotonic() + LIMIT_S
    while len(found) < count and time.monotonic() < until:
        found += reader.take(wait_s=0.05).values
    return found


def test_the_last_record_of_a_topic_says_that_its_end_is_reached(
    kafka: str, topics: Topics, reader: InputReader
) -> None:
    send(kafka, topics["labels"], b"l1", b"l2")
    assert taken(reader, 2) == [b"l1", b"l2"]
    assert reader.heads[topics["labels"]].at_end
    send(kafka, topics["payments"], b"p1")
    assert taken(reader, 1) == [b"p1"]


def test_payments_do_not_wait_for_what_lies_behind_a_transaction(
    kafka: str, topics: Topics, reader: InputReader, transaction: Producer
) -> None:
    transaction.produce(topics["labels"], b"l1")
    commit(kafka, transaction, topics["labels"])
    send(kafka, topics["payments"], b"p1")
    assert taken(reader, 2) == [b"l1", b"p1"]
    assert not reader.heads[topics["payments"]].holds_up
    transaction.produce(topics["controls"], b"c1")
    transaction.produce(topics["labels"], b"l2")
    commit(kafka, transaction, topics["controls"], topics["labels"])
    send(kafka, topics["payments"], b"p2")
    assert sorted(taken(reader, 3)) == [b"c1", b"l2", b"p2"]


def test_payments_do_not_wait_for_a_transaction_that_is_open(
    kafka: str, topics: Topics, reader: InputReader, transaction: Producer
) -> None:
    send(kafka, topics["labels"], b"l1")
    transaction.produce(topics["labels"], b"open")
    assert transaction.flush(30) == 0
    send(kafka, topics["labels"], b"behind")
    send(kafka, topics["payments"], b"p1")
    assert taken(reader, 2) == [b"l1", b"p1"]
    transaction.abort_transaction(30)
    assert taken(reader, 1) == [b"behind"]


def test_labels_that_are_on_the_log_are_not_overtaken(
    kafka: str, topics: Topics, transaction: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that starts behind what came while it was away."""
    for number in range(3):
        transaction.produce(topics["labels"], b"l%d" % number)
        commit(kafka, transaction, topics["labels"])
        send(kafka, topics["payments"], b"p%d" % number)
    monkeypatch.setattr(inputs, "RESTING_MS", 10_000)
    reader = InputReader(kafka, topics.engine, {})
    assert taken(reader, 6) == [b"l0", b"p0", b"l1", b"p1", b"l2", b"p2"]
    reader.close({})


class HeldUp:
    """A client of an engine that was held up: what it has is taken at once, up to the end of each topic."""

    def __init__(self, consumer: Any, topics: int) -> None:
        self._consumer, self._topics = consumer, topics

    def consume(self, *_: object) -> list[Message]:
        found: list[Message] = []
        until = time.monotonic() + LIMIT_S
        while self._topics and time.monotonic() < until:
            message = self._consumer.poll(0.1)
            if message is not None:
                found.append(message)
                error = message.error()
                self._topics -= error is not None and error.code() == KafkaError._PARTITION_EOF
        return found

    def poll(self, _: float) -> None:
        return None

    def __getattr__(self, name: str) -> object:
        return getattr(self._consumer, name)


class Together:
    """A client that gives nothing until it has so many records, and then gives all of them at once."""

    def __init__(self, consumer: Any, records: int) -> None:
        self._consumer, self._records = consumer, records

    def consume(self, *_: object) -> list[Message]:
        found: list[Message] = []
        until = time.monotonic() + LIMIT_S
        while len(found) < self._records and time.monotonic() < until:
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                found.append(message)
        self._records = 0
        return found

    def poll(self, _: float) -> None:
        return None

    def __getattr__(self, name: str) -> object:
        return getattr(self._consumer, name)


def test_payments_behind_the_last_record_of_a_transaction_are_in_its_batch(
    kafka: str, topics: Topics, reader: InputReader, transaction: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends a transaction is no record, and costs no batch of its own."""
    monkeypatch.setattr(end_look, "LOOK_S", LIMIT_S)
    send(kafka, topics["payments"], b"p1")
    transaction.produce(topics["controls"], b"c1")
    commit(kafka, transaction, topics["controls"])
    transaction.produce(topics["labels"], b"l1")
    commit(kafka, transaction, topics["labels"])
    send(kafka, topics["payments"], b"p2")
    consumer: Any = Together(reader.consumer, 4)
    reader.consumer = consumer
    assert reader.take().values == [b"p1", b"c1", b"l1", b"p2"]


def test_an_end_that_is_said_along_with_the_last_record_is_not_forgotten(
    kafka: str, topics: Topics, transaction: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the record lies more than markers: what was aborted is never given, and the end said once."""
    transaction.produce(topics["labels"], b"l1")
    commit(kafka, transaction, topics["labels"])
    for _ in range(inputs.MARKERS_MAX + 1):
        transaction.produce(topics["labels"], b"aborted")
    assert transaction.flush(30) == 0
    transaction.abort_transaction(30)
    send(kafka, topics["payments"], b"p1")
    monkeypatch.setattr(inputs, "RESTING_MS", 5)
    reader = InputReader(kafka, topics.engine, {})
    consumer: Any = HeldUp(reader.consumer, len(reader.heads))
    reader.consumer = consumer
    assert taken(reader, 2) == [b"l1", b"p1"]
    reader.close({})
