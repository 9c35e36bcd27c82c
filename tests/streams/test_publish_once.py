"""A control of one id is on the log once, however often and by however many it is published."""

from threading import Thread

import pytest
from confluent_kafka import Producer

from models.messages.codec import encode
from models.messages.control import Control, ListChange
from streams.control_plane import publish_once
from streams.errors import Outage
from streams.kafka.records import records
from streams.kafka.topics import Topics
from tests.support.new_engine import new_engine

pytestmark = pytest.mark.kafka

CONTROL = Control("proposal-1", 0, "ana", ListChange("blocked_bins", "400001"))


@pytest.fixture
def engine(kafka: str) -> str:
    return new_engine(kafka, "once")


def ids(kafka: str, engine: str) -> list[bytes | None]:
    return [record.key() for record in records(kafka, Topics(engine)["controls"])]


def test_a_second_call_finds_what_the_first_put_there(kafka: str, engine: str) -> None:
    first = publish_once(kafka, engine, CONTROL)
    assert publish_once(kafka, engine, CONTROL) == first
    assert ids(kafka, engine) == [b"proposal-1"]


def test_of_two_at_once_one_publishes(kafka: str, engine: str) -> None:
    offsets: list[int | str] = []

    def publish() -> None:
        try:
            offsets.append(publish_once(kafka, engine, CONTROL))
        except Outage:
            offsets.append("try again")

    threads = [Thread(target=publish) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = publish_once(kafka, engine, CONTROL)
    assert {offset for offset in offsets if offset != "try again"} <= {last}
    assert ids(kafka, engine) == [b"proposal-1"]


def test_what_a_publisher_that_died_halfway_had_begun_counts_as_not_published(
    kafka: str, engine: str
) -> None:
    died = Producer({"bootstrap.servers": kafka, "transactional.id": f"{engine}-controls"})
    died.init_transactions()
    died.begin_transaction()
    died.produce(Topics(engine)["controls"], encode(CONTROL), CONTROL.id)
    died.flush(10)
    publish_once(kafka, engine, CONTROL)
    assert ids(kafka, engine) == [b"proposal-1"]
