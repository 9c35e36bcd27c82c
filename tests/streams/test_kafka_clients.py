"""Kafka's clients: one place, no setting that a client forgot, and the engine's settings as measured."""

from confluent_kafka import Consumer, Producer

from streams.kafka import client

BROKER = "localhost:9092"
READERS = (
    client.consumer_settings(BROKER, "g"),
    client.bulk_consumer_settings(BROKER, "g", fetch_wait_ms=10, queue_kib=1_024),
)
WRITERS = (
    client.sender_settings(BROKER),
    client.transaction_settings(BROKER, "t", 10_000),
    client.engine_output_settings(BROKER, "live"),
)


def test_every_client_reaches_the_cluster_the_same_way() -> None:
    for settings in (*READERS, *WRITERS, client.group_settings(BROKER, "g")):
        assert client.connection(BROKER).items() <= settings.items()


def test_readers_see_whole_transactions_commit_nothing_by_themselves_and_do_not_stall() -> None:
    for settings in READERS:
        assert settings["isolation.level"] == "read_committed"
        assert settings["enable.auto.commit"] is False
        assert settings["enable.partition.eof"] is True
        assert settings["fetch.queue.backoff.ms"] == 2


def test_the_engine_writes_with_the_settings_that_were_measured() -> None:
    assert client.engine_output_settings(BROKER, "live") == {
        "bootstrap.servers": BROKER,
        "metadata.recovery.strategy": "none",
        "transactional.id": "live-engine",
        "transaction.timeout.ms": 60_000,
        "linger.ms": 5,
        "retry.backoff.ms": 1,
        "retry.backoff.max.ms": 5,
        "reconnect.backoff.max.ms": 500,
        "queue.buffering.max.messages": 200_000,
        "batch.size": 900_000,
        "compression.type": "lz4",
        "message.max.bytes": 1_000_000,
        "topic.metadata.refresh.interval.ms": 60_000,
        "log_level": 6,
    }


def test_the_engine_reads_with_the_settings_that_were_measured() -> None:
    assert client.consumer_settings(BROKER, "live-engine") == {
        "bootstrap.servers": BROKER,
        "metadata.recovery.strategy": "none",
        "group.id": "live-engine",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
        "fetch.queue.backoff.ms": 2,
        "fetch.wait.max.ms": 5,
        "fetch.error.backoff.ms": 20,
        "queued.min.messages": 20_000,
        "receive.message.max.bytes": 16_000_000,
        "fetch.max.bytes": 8_000_000,
        "check.crcs": True,
        "reconnect.backoff.max.ms": 500,
        "topic.metadata.refresh.interval.ms": 60_000,
    }


def test_librdkafka_takes_every_setting() -> None:
    quiet = {"log_level": 0}
    for settings in READERS:
        Consumer(settings | quiet).close()
    for settings in WRITERS:
        Producer(settings | quiet)
