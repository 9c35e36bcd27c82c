"""A real broker: what was written survives kill -9 and restarts on the same address; leftovers are healed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams.errors import Misconfigured, Outage
from streams.platform.broker.local_kafka import QUICK, LocalKafka, environment, java

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    said: list[str] = []
    broker = LocalKafka(
        tmp_path_factory.mktemp("own kafka"),  # a path with a space
        said.append,
        java_options=QUICK,
    )
    broker.start()
    yield broker
    broker.stop()


def write(bootstrap: str, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    producer.produce(topic, value)
    assert producer.flush(20) == 0


def read(bootstrap: str, topic: str) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, 0, 0)])
    values = []
    while (message := consumer.poll(20)) is not None and message.error() is None:
        values.append(message.value())
    consumer.close()
    return values


def test_messages_survive_kill_9_and_a_clean_restart_at_the_same_address(broker: LocalKafka) -> None:
    address = broker.bootstrap
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic("kept", 1, 1)])["kept"].result(20)
    write(address, "kept", b"first")
    broker.kill9()
    assert broker.process is None
    broker.start()
    write(address, "kept", b"second")
    broker.restart()
    assert broker.bootstrap == address
    assert read(address, "kept") == [b"first", b"second"]


def test_second_broker_of_a_home_is_refused(broker: LocalKafka) -> None:
    with pytest.raises(Misconfigured, match="running already"):
        LocalKafka(broker.home, print).start()


def test_broker_runs_on_its_own_java(broker: LocalKafka) -> None:
    process = broker.process
    assert process is not None
    assert Path(process.exe()) == java().resolve()


def test_topics_are_never_made_in_passing(broker: LocalKafka) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    admin.list_topics("passing", timeout=10)
    assert "passing" not in admin.list_topics(timeout=10).topics


def test_broker_that_ends_while_starting_shows_the_end_of_its_log(tmp_path: Path) -> None:
    broker = LocalKafka(tmp_path, lambda _: None, overrides={"process.roles": "no-such-role"})
    with pytest.raises(Outage, match="no-such-role"):
        broker.start()
    assert broker.process is None


def test_java_settings_of_the_machine_do_not_reach_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JAVA_HOME", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH"):
        monkeypatch.setenv(name, "-Xnothing")
    assert "-Xnothing" not in environment().values()
