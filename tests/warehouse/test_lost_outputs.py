"""Outputs that are gone before a sink had them: said, passed over when asked to, and nothing else is."""

from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition

from streams.kafka import GroupOffsets, Topics
from streams.warehouse.database import Database
from streams.warehouse.parquet import gone_before_archived, pass_over_archive
from streams.warehouse.sink import Partition, gone_before_sunk, pass_over_sunk
from streams.warehouse.sink.block_insert import known_identity, warehouse_identity
from streams.warehouse.sink.ledger import ProgressLedger
from streams.warehouse.stages import STAGES, sink_group
from tests.support.log_damage import delete_records
from tests.support.new_engine import new_engine

pytestmark = pytest.mark.kafka


@pytest.fixture
def engine(kafka: str) -> str:
    """An engine with ten records on each output that sinks read."""
    name = new_engine(kafka, "lost")
    producer = Producer({"bootstrap.servers": kafka})
    for role in ("decisions", "dead-letters", "features"):
        for _ in range(10):
            producer.produce(Topics(name)[role], b"x")
    assert producer.flush(30) == 0
    return name


def test_the_warehouse_goes_on_behind_what_is_gone(kafka: str, engine: str, database: Database) -> None:
    client, topic = database.client(), Topics(engine)["decisions"]
    ledger = ProgressLedger(kafka, sink_group(engine, STAGES[1]), warehouse_identity(client))
    ledger.complete({Partition(topic, 0): 2})
    ledger.close()
    assert gone_before_sunk(kafka, client, engine) == {}
    delete_records(kafka, topic, 7)
    gone = gone_before_sunk(kafka, client, engine)
    assert gone == {topic: (2, 7)}
    pass_over_sunk(kafka, client, engine, gone)
    assert gone_before_sunk(kafka, client, engine) == {}
    client.close()


def test_looking_for_what_is_gone_writes_nothing(kafka: str, engine: str, database: Database) -> None:
    client = database.client()
    client.command("TRUNCATE TABLE warehouse_identity SYNC")
    assert gone_before_sunk(kafka, client, engine) == {}
    assert known_identity(client) == ""
    client.close()


def test_the_archive_goes_on_behind_what_is_gone(kafka: str, engine: str, tmp_path: Path) -> None:
    topic = Topics(engine)["features"]
    offsets = GroupOffsets(kafka, f"{engine}-parquet")
    offsets.consumer.commit(offsets=[TopicPartition(topic, 0, 3)], asynchronous=False)
    offsets.close()
    assert gone_before_archived(kafka, engine, tmp_path) == {}
    delete_records(kafka, topic, 5)
    gone = gone_before_archived(kafka, engine, tmp_path)
    assert gone == {topic: (3, 5)}
    pass_over_archive(kafka, engine, gone)
    assert gone_before_archived(kafka, engine, tmp_path) == {}
