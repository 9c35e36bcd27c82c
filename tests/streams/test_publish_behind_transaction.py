"""A publisher follows what lies on the log, also behind a transaction that a dead engine left open."""

from collections.abc import Callable
from threading import Timer

import pytest
from confluent_kafka import Producer

from models.messages.codec import encode
from models.messages.control import Control, ListChange
from streams.control_plane import log_trust
from streams.control_plane.controls import publish_values
from streams.control_plane.log_trust import LogTrust
from streams.errors import Outage
from streams.kafka.records import records
from streams.kafka.topics import Topics
from tests.support.new_engine import new_engine

pytestmark = pytest.mark.kafka


@pytest.fixture
def engine(kafka: str) -> str:
    return new_engine(kafka, "behind")


def control(id: str) -> bytes:
    return encode(Control(id, 0, "ana", ListChange("blocked_bins", "400001")))


def transaction(kafka: str, engine: str, id: str) -> Producer:
    """One record on the topic of controls, in a transaction that is open."""
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": f"{engine}-{id}"})
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(Topics(engine)["controls"], control(id), id)
    producer.flush(10)
    return producer


@pytest.fixture
def unfinished(kafka: str, engine: str) -> Producer:
    """Of an engine that died; behind it lies a control that somebody published."""
    producer = transaction(kafka, engine, "died")
    transaction(kafka, engine, "before").commit_transaction()
    return producer


def seen(kafka: str, engine: str, keys: list[bytes]) -> Callable[[], list[bytes]]:
    """What a publisher puts there, after it has read what it is to follow."""

    def values() -> list[bytes]:
        LogTrust(kafka, engine).at_end()
        keys.extend(record.key() for record in records(kafka, Topics(engine)["controls"]))
        return [control("next")]

    return values


def test_what_lies_behind_an_open_transaction_is_followed(
    kafka: str, engine: str, unfinished: Producer
) -> None:
    keys: list[bytes] = []
    end = Timer(1.5, unfinished.abort_transaction)
    end.start()
    publish_values(kafka, engine, ["next"], seen(kafka, engine, keys))
    end.join()
    assert keys == [b"before"]


def test_a_transaction_that_does_not_end_is_said_and_nothing_is_published(
    kafka: str, engine: str, unfinished: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_trust, "UNFINISHED_S", 1.0)
    keys: list[bytes] = []
    with pytest.raises(Outage, match=r"a transaction from offset 0 of .*controls on is not finished"):
        publish_values(kafka, engine, ["next"], seen(kafka, engine, keys))
    unfinished.abort_transaction()
    assert keys == []
    assert [record.key() for record in records(kafka, Topics(engine)["controls"])] == [b"before"]
