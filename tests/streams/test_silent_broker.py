"""A request of a transaction that gets no answer in time, and reaches the broker later, changes nothing."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.engine.process import Engine
from streams.errors import Fenced, Outage
from streams.kafka import OutgoingMessage, TransactionalProducer, records, transaction_settings
from tests.crash.scene import Scene, drain, simulated
from tests.crash.test_zombie import assert_decided_once
from tests.support.slow_network import (
    ADD_PARTITIONS,
    END_TRANSACTION,
    PRODUCE,
    SlowNetwork,
    broker_behind_slow_network,
)

pytestmark = pytest.mark.kafka

LIMIT_S = 1.5
LOOK_S = 1.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, SlowNetwork]]:
    with broker_behind_slow_network(tmp_path_factory.mktemp("kafka")) as (kafka, slow, network):
        yield kafka.bootstrap, slow, network


@pytest.fixture
def topic(broker: tuple[str, str, SlowNetwork]) -> str:
    name = f"out-{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": broker[0]})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)
    return name


def visible(bootstrap: str, topic: str) -> list[bytes]:
    return [record.value() or b"" for record in records(bootstrap, topic)]


def test_with_one_epoch_a_late_commit_hits_the_next_transaction(
    broker: tuple[str, str, SlowNetwork], topic: str
) -> None:
    """What this guards against, with librdkafka as it is: when this fails, the guard may go."""
    direct, slow, network = broker
    impatient = transaction_settings(slow, topic, 60_000) | {"socket.timeout.ms": 1_000}
    producer = Producer(impatient)
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, b"first")
    network.hold(END_TRANSACTION)
    producer.commit_transaction(30)  # the request times out and is sent again
    producer.begin_transaction()
    producer.produce(topic, b"never committed")
    assert producer.flush(30) == 0
    assert visible(direct, topic) == [b"first"]
    network.release()
    for _ in range(20):
        producer.poll(LOOK_S / 10)
        if len(visible(direct, topic)) > 1:
            break
    assert visible(direct, topic) == [b"first", b"never committed"]


@pytest.mark.parametrize("kind", [PRODUCE, ADD_PARTITIONS, END_TRANSACTION])
def test_what_comes_late_bounces_and_everything_is_written_once(
    broker: tuple[str, str, SlowNetwork], topic: str, kind: int
) -> None:
    direct, slow, network = broker
    transactions = TransactionalProducer(transaction_settings(slow, topic, 60_000), "test", timeout_s=LIMIT_S)

    def commit(value: bytes) -> None:
        def settled() -> list[int] | None:
            found = visible(direct, topic)
            return [0] if value in found else None

        transactions.commit([OutgoingMessage(topic, value, None, [])], settled=settled)

    commit(b"first")
    network.hold(kind)
    commit(b"second")
    assert network.reached.is_set()
    assert transactions.renewals == 1
    producer = transactions._producer
    producer.begin_transaction()
    producer.produce(topic, b"open")
    assert producer.flush(30) == 0
    network.release()
    producer.poll(LOOK_S)
    assert visible(direct, topic) == [b"first", b"second"]
    producer.abort_transaction(30)
    commit(b"third")
    assert visible(direct, topic) == [b"first", b"second", b"third"]


def test_an_owner_that_cannot_look_it_up_ends(broker: tuple[str, str, SlowNetwork], topic: str) -> None:
    _, slow, network = broker
    transactions = TransactionalProducer(transaction_settings(slow, topic, 60_000), "sink", timeout_s=LIMIT_S)
    network.hold(END_TRANSACTION)
    with pytest.raises(Outage, match=r"sink: Kafka gave no answer in time \(committing a transaction"):
        transactions.commit([OutgoingMessage(topic, b"first", None, [])])
    network.release()


@pytest.mark.parametrize("is_answer_lost", [False, True])
def test_an_engine_decides_every_payment_once_whatever_became_of_its_commit(
    broker: tuple[str, str, SlowNetwork], tmp_path: Path, is_answer_lost: bool
) -> None:
    direct, slow, network = broker
    scene = Scene(direct, f"slow-{uuid.uuid4().hex[:8]}", tmp_path).prepare()
    scene.send(simulated(120))
    engine = Scene(slow, scene.engine, tmp_path).started()
    engine.output.transactions._timeout_s = LIMIT_S
    engine.step(5.0)
    network.hold(END_TRANSACTION, answer=is_answer_lost)
    drain(engine)
    assert engine.output.transactions.renewals >= 1
    network.release()
    scene.send(simulated(40, first=120))
    drain(engine)
    assert_decided_once(scene, 160)


def test_an_engine_that_was_taken_over_meanwhile_ends_and_fences_nobody(
    broker: tuple[str, str, SlowNetwork], tmp_path: Path
) -> None:
    direct, slow, network = broker
    scene = Scene(direct, f"slow-{uuid.uuid4().hex[:8]}", tmp_path).prepare()
    scene.send(simulated(100))
    older = Scene(slow, scene.engine, tmp_path).started()
    older.output.transactions._timeout_s = LIMIT_S
    older.step(5.0)
    newer: list[Engine] = []

    def takes_over(silence: str, settled: Any) -> Any:
        newer.append(scene.started())
        drain(newer[0])
        return renewed(silence, settled)

    transactions: Any = older.output.transactions
    renewed, transactions._renewed = transactions._renewed, takes_over
    network.hold(END_TRANSACTION)
    with pytest.raises(Fenced, match="has decided since"):
        drain(older)
    network.release()
    scene.send(simulated(20, first=100))
    drain(newer[0])
    assert_decided_once(scene, 120)
