"""How far readers are behind: records, not the markers of transactions."""

from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from streams.platform.lag import lag
from tests.support.new_engine import new_engine

pytestmark = pytest.mark.kafka


@pytest.fixture
def engine(kafka: str) -> str:
    return new_engine(kafka, "lag")


@pytest.fixture
def write(kafka: str, engine: str) -> Callable[[str], None]:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": f"{engine}-test"})
    producer.init_transactions()

    def one(role: str) -> None:
        producer.begin_transaction()
        producer.produce(f"{engine}.{role}", b"x")
        producer.commit_transaction()

    return one


def read_to(kafka: str, group: str, topic: str, offset: int) -> None:
    reader = Consumer({"bootstrap.servers": kafka, "group.id": group})
    reader.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
    reader.close()


def test_who_has_read_every_record_is_not_behind(
    kafka: str, engine: str, write: Callable[[str], None]
) -> None:
    write("features")
    write("controls")
    assert lag(kafka)[engine]["parquet"] == {f"{engine}.features": 2}
    read_to(kafka, f"{engine}-parquet", f"{engine}.features", 1)
    assert lag(kafka)[engine]["parquet"] == {f"{engine}.features": 0}
    assert lag(kafka)[engine]["engine"][f"{engine}.controls"] == 2
    write("features")
    assert lag(kafka)[engine]["parquet"] == {f"{engine}.features": 3}


def test_each_stage_of_the_warehouse_counts(kafka: str, engine: str, write: Callable[[str], None]) -> None:
    for role in ("payments", "decisions", "outcomes"):
        write(role)
    read_to(kafka, f"{engine}-clickhouse", f"{engine}.decisions", 1)
    behind = lag(kafka)[engine]["clickhouse"]
    assert behind[f"{engine}.decisions"] == 0
    assert behind[f"{engine}.payments"] == behind[f"{engine}.outcomes"] == 2
    read_to(kafka, f"{engine}-clickhouse-inputs", f"{engine}.payments", 1)
    read_to(kafka, f"{engine}-clickhouse-reports", f"{engine}.outcomes", 1)
    behind = lag(kafka)[engine]["clickhouse"]
    assert behind[f"{engine}.payments"] == behind[f"{engine}.outcomes"] == 0
