"""How far each engine and its sinks are behind, in records of Kafka's log.

Read from the offsets that groups commit: the engine's `ENGINE-engine`, the sinks' `ENGINE-clickhouse...` (one
for each stage) and `ENGINE-parquet`. They are for monitoring only; the engine's are up to a second old.
Offsets count transaction markers as well, which no reader is given: where little is left, it is looked
whether there is a record among it.
"""

import time
from collections.abc import Mapping

from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec

from streams.kafka import (
    HISTORY,
    INPUTS,
    SILENT,
    AdminClient,
    Topics,
    admin_client,
    consumer,
    consumer_settings,
    engines_of,
    listed_offsets,
)
from streams.warehouse import STAGES

TIMEOUT_S = 10.0
LOOK_S = 2.0
MARKERS_MAX = 100
"""Where more is left there are records among it."""
GROUPS: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "engine": (("-engine", (*INPUTS, HISTORY)),),
    "clickhouse": tuple((f"-clickhouse{stage.group_suffix}", tuple(stage.sources)) for stage in STAGES),
    "parquet": (("-parquet", ("features",)),),
}
"""Reader -> the ends of its consumer groups' names, each with the topics that it reads. Of a topic that
several groups of a reader read, the one that is furthest behind counts.
"""


Lag = dict[str, dict[str, dict[str, int]]]


def lag(bootstrap: str) -> Lag:
    """By engine, reader and topic: records still to be read. Raises KafkaException when Kafka is away."""
    admin = admin_client(bootstrap, SILENT)
    names = set(admin.list_topics(timeout=TIMEOUT_S).topics)
    ends = _ends(admin, [name for name in names if not name.startswith("__")])
    found = {engine: _behind(admin, engine, ends) for engine in engines_of(names)}
    readers = [topics for of_engine in found.values() for topics in of_engine.values()]
    little = {
        topic: ends[topic] - left
        for topics in readers
        for topic, left in topics.items()
        if 0 < left <= MARKERS_MAX
    }
    for topic in _without_records(bootstrap, little) if little else ():
        for topics in readers:
            if topic in topics:
                topics[topic] = 0
    return found


def engine_names(bootstrap: str) -> list[str]:
    """The engines of a cluster. Raises KafkaException when Kafka is away."""
    return engines_of(admin_client(bootstrap, SILENT).list_topics(timeout=TIMEOUT_S).topics)


def _behind(admin: AdminClient, engine: str, ends: Mapping[str, int]) -> dict[str, dict[str, int]]:
    topics = Topics(engine)
    found: dict[str, dict[str, int]] = {}
    for reader, groups in GROUPS.items():
        behind = found[reader] = {}
        for suffix, roles in groups:
            names = [topics[role] for role in roles if topics[role] in ends]
            read = _committed(admin, f"{engine}{suffix}", names) if names else {}
            for name in names:
                behind[name] = max(behind.get(name, 0), ends[name] - read.get(name, 0))
    return found


def _ends(admin: AdminClient, topics: list[str]) -> dict[str, int]:
    wanted = {TopicPartition(topic, 0): OffsetSpec.latest() for topic in topics}
    return {topic: end for (topic, _), end in listed_offsets(admin, wanted, timeout_s=TIMEOUT_S).items()}


def _committed(admin: AdminClient, group: str, topics: list[str]) -> dict[str, int]:
    """Nothing for a group that has committed nothing yet."""
    partitions = [TopicPartition(topic, 0) for topic in topics]
    futures = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group, partitions)])
    try:
        found = futures[group].result(TIMEOUT_S)
    except KafkaException:
        return {}
    return {place.topic: max(0, place.offset) for place in found.topic_partitions if place.error is None}


def _without_records(bootstrap: str, offsets: Mapping[str, int]) -> set[str]:
    """Topics that hold no committed record from their offset on. What does not answer in time counts as if
    it had one.
    """
    looking = consumer(consumer_settings(bootstrap, "tollgate-status") | {"log_level": SILENT})
    found: set[str] = set()
    pending = set(offsets)
    until = time.monotonic() + LOOK_S
    try:
        looking.assign([TopicPartition(topic, 0, offset) for topic, offset in offsets.items()])
        while pending and time.monotonic() < until:
            message = looking.poll(0.2)
            if message is None or message.topic() not in pending:
                continue
            pending.discard(message.topic())
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                found.add(message.topic())
    finally:
        looking.close()
    return found
