"""The engine's topics on the cluster: making them, and checking that they keep what a recovery needs."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from models.units import DAY_MS
from streams.errors import Misconfigured
from streams.kafka.client import admin_client
from streams.kafka.reach import asked_again, denial, reach
from streams.kafka.topic_options import DAYS_MIN, TopicOptions
from streams.kafka.topics import (
    AGENT_RETENTION_DAYS,
    CARRIES,
    COMPACTED,
    HISTORY,
    RETENTION_DAYS,
    Topics,
)

TIMEOUT_S = 30.0
KNOWN_S = 5.0


def ensure_topics(bootstrap: str, engine: str, historical: bool = False) -> None:
    """Makes the topics of `engine` that are not there yet; refuses ones of other settings. Only a historical
    engine has a history.
    """
    _make_topics(bootstrap, engine, _roles(historical))
    check_topics(bootstrap, engine, historical)


def ensure_agent_topics(bootstrap: str, engine: str) -> None:
    """Makes the topics of the agents of `engine` that are not there yet."""
    _make_topics(bootstrap, engine, AGENT_RETENTION_DAYS)


def check_agent_topics(bootstrap: str, engine: str) -> None:
    """Raises `Misconfigured` where a topic would forget what the label agent needs."""
    topics = Topics(engine)
    wanted = {topics[role]: role for role in ("disputes", *COMPACTED)}
    for topic, found in _configs(bootstrap, list(wanted)).items():
        policy, kept = found["cleanup.policy"].value, int(found["retention.ms"].value)
        if wanted[topic] in COMPACTED and policy != "compact":
            raise Misconfigured(
                f"{topic} must have cleanup.policy=compact, it is {policy}: it holds the evidence of labels"
            )
        if wanted[topic] == "disputes" and 0 <= kept < DAYS_MIN["disputes"] * DAY_MS:
            raise Misconfigured(
                f"{topic} keeps {kept / DAY_MS:.1f} days of evidence, {DAYS_MIN['disputes']} are needed at "
                f"least: set retention.ms to {AGENT_RETENTION_DAYS['disputes'] * DAY_MS}, or to -1"
            )


def _make_topics(bootstrap: str, engine: str, roles: Iterable[str]) -> None:
    """Those that are missing: a process that finds all of them needs no right to make any."""
    topics, options = Topics(engine), topic_options()
    there = reach(bootstrap, TIMEOUT_S).topics
    wanted = [_new_topic(topics, role, options) for role in roles if topics[role] not in there]
    if not wanted:
        return
    client = admin_client(bootstrap)
    for topic, future in client.create_topics(wanted, operation_timeout=TIMEOUT_S).items():
        try:
            future.result(TIMEOUT_S)
        except KafkaException as failure:
            error = failure.args[0]
            if error.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                hint = ". `tollgate seed` makes them, run by a principal that may" if denial(failure) else ""
                raise Misconfigured(f"topic {topic} could not be made: {error.str()}{hint}") from failure


def _new_topic(topics: Topics, role: str, options: TopicOptions) -> NewTopic:
    placement: dict[str, Any] = {"replication_factor": options.replication_factor or -1}
    if options.replica_brokers:
        placement = {"replica_assignment": [list(options.replica_brokers)]}
    return NewTopic(topics[role], num_partitions=1, config=options.config(role), **placement)


def topic_options() -> TopicOptions:
    """By the settings of this process."""
    from streams.settings import Settings

    return Settings().topic_options()


def _check_durability(topic: str, config: dict[str, ConfigEntry], role: str, options: TopicOptions) -> None:
    """Refuses a topic that keeps less than the settings ask for: they act on topics that are made only."""
    kept, days = int(config["retention.ms"].value), options.days(role)
    if role in options.retention_days and kept >= 0 and not 0 <= days * DAY_MS <= kept:
        raise Misconfigured(
            f"{topic} keeps {kept / DAY_MS:.1f} days, TOLLGATE_KAFKA_RETENTION_DAYS asks for {days}: set its "
            f"retention.ms to {-1 if days < 0 else days * DAY_MS}"
        )
    in_sync = int(config["min.insync.replicas"].value)
    if in_sync < options.min_insync_replicas:
        raise Misconfigured(
            f"{topic} has min.insync.replicas={in_sync}, TOLLGATE_KAFKA_MIN_INSYNC_REPLICAS asks for "
            f"{options.min_insync_replicas}: set it on the topic (kafka-configs.sh)"
        )


def _check_replicas(bootstrap: str, topics: Iterable[str], options: TopicOptions) -> None:
    known = reach(bootstrap, TIMEOUT_S).topics
    for topic in topics:
        there = len(known[topic].partitions[0].replicas)
        if there < options.replicas:
            raise Misconfigured(
                f"{topic} has {there} replicas, the settings ask for {options.replicas}: raise it "
                "(kafka-reassign-partitions.sh)"
            )


def _roles(historical: bool) -> list[str]:
    return [role for role in RETENTION_DAYS if historical or role != HISTORY]


def check_topics(bootstrap: str, engine: str, historical: bool = False) -> None:
    """Raises `Misconfigured` where a topic has producer timestamps, an input forgets too early, or a topic
    has fewer replicas than the settings ask for.
    """
    reach(bootstrap, TIMEOUT_S)
    topics, options = Topics(engine), topic_options()
    wanted = {topics[role]: role for role in _roles(historical)}
    try:
        configs = _configs(bootstrap, list(wanted))
    except KafkaException as failure:
        if failure.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise
        raise Misconfigured(
            f"not all topics of engine {engine} are there ({', '.join(wanted)}): `tollgate seed --engine "
            f"{engine}` makes those that are missing"
        ) from failure
    for topic, found in configs.items():
        role = wanted[topic]
        kept = int(found["retention.ms"].value)
        if found["message.timestamp.type"].value != "LogAppendTime":
            raise Misconfigured(f"{topic} must have message.timestamp.type=LogAppendTime")
        if RETENTION_DAYS[role] < 0 <= kept:
            raise Misconfigured(f"{topic} must never expire: set retention.ms=-1, it is {kept}")
        if role in CARRIES and 0 <= kept < DAYS_MIN[role] * DAY_MS:
            raise Misconfigured(f"{topic} keeps {kept} ms; recovery needs two days at least")
        _check_durability(topic, found, role, options)
    if options.replicas:
        _check_replicas(bootstrap, wanted, options)


def _configs(bootstrap: str, topics: list[str]) -> dict[str, dict[str, ConfigEntry]]:
    """The settings of topics. Asks again, at most `KNOWN_S`: one just made may not be known everywhere."""
    client = admin_client(bootstrap)

    def ask() -> dict[str, dict[str, ConfigEntry]]:
        asked = client.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in topics])
        return {resource.name: future.result(TIMEOUT_S) for resource, future in asked.items()}

    return asked_again(ask, KNOWN_S)


def check_retention(bootstrap: str, engine: str, snapshots: Path, historical: bool = False) -> None:
    """Raises `Misconfigured` where inputs are kept for less than a day beyond the oldest kept snapshot."""
    ages = [time.time() - path.stat().st_mtime for path in snapshots.glob("*.snapshot")]
    needed_ms = int(max(ages, default=0.0) * 1000) + DAY_MS
    for topic, found in _configs(bootstrap, list(Topics(engine).read_by(historical))).items():
        kept = int(found["retention.ms"].value)
        if 0 <= kept < needed_ms:
            raise Misconfigured(
                f"{topic} keeps {kept / DAY_MS:.1f} days, the oldest snapshot in {snapshots} needs "
                f"{needed_ms / DAY_MS:.1f}: raise retention.ms, or start the follower so that newer "
                "snapshots are made"
            )


@dataclass(frozen=True)
class ClusterIdentity:
    """Which cluster this is and which incarnation of each topic: a snapshot of others must not be used."""

    id: str
    topics: dict[str, str]


def identify_topic(bootstrap: str, name: str) -> str:
    """Which incarnation of a topic this is, on which cluster."""
    found = _identity(admin_client(bootstrap), [name])
    return f"{found.id}/{found.topics[name]}"


def identify(bootstrap: str, engine: str) -> ClusterIdentity:
    """ClusterIdentity id and topic ids of an engine's topics, its history among them where it has one."""
    client = admin_client(bootstrap)
    topics = Topics(engine)
    present = client.list_topics(timeout=TIMEOUT_S).topics
    return _identity(client, [*topics.read_by(topics[HISTORY] in present), topics["journal"]])


def _identity(client: AdminClient, names: list[str]) -> ClusterIdentity:
    def ask() -> ClusterIdentity:
        cluster = client.describe_cluster(request_timeout=TIMEOUT_S).result(TIMEOUT_S)
        found = client.describe_topics(TopicCollection(names), request_timeout=TIMEOUT_S)
        ids = {name: str(future.result(TIMEOUT_S).topic_id) for name, future in found.items()}
        return ClusterIdentity(cluster.cluster_id, ids)

    return asked_again(ask, TIMEOUT_S)


def end_offsets(bootstrap: str, names: list[str]) -> dict[str, int]:
    """The read_committed end of each topic's one partition."""
    return _offsets(bootstrap, names, OffsetSpec.latest())


def high_watermark(bootstrap: str, name: str) -> int:
    """The end of a topic's one partition, records of open transactions included."""
    place = TopicPartition(name, 0)
    everything = IsolationLevel.READ_UNCOMMITTED
    (offset,) = listed_offsets(admin_client(bootstrap), {place: OffsetSpec.latest()}, everything).values()
    return offset


def committed_end(bootstrap: str, name: str, wanted: int, patience_s: float) -> int:
    """The read_committed end of a topic's one partition, asked again for `patience_s` while it is before
    `wanted`. The markers of a commit come a little late, and an unfinished transaction keeps back all that
    lies behind its first record.
    """
    from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

    is_before = retry_if_result(lambda end: end < wanted)
    asked = Retrying(retry=is_before, stop=stop_after_delay(patience_s), wait=wait_fixed(0.05))
    try:
        return asked(lambda: end_offsets(bootstrap, [name])[name])
    except RetryError as late:
        return int(late.last_attempt.result())


def start_offsets(bootstrap: str, names: list[str]) -> dict[str, int]:
    """The oldest offset still held of each topic's one partition."""
    return _offsets(bootstrap, names, OffsetSpec.earliest())


def _offsets(bootstrap: str, names: list[str], place: OffsetSpec) -> dict[str, int]:
    wanted = {TopicPartition(name, 0): place for name in names}
    return {topic: at for (topic, _), at in listed_offsets(admin_client(bootstrap), wanted).items()}


def listed_offsets(
    client: AdminClient,
    wanted: Mapping[TopicPartition, OffsetSpec],
    isolation: IsolationLevel = IsolationLevel.READ_COMMITTED,
    timeout_s: float = TIMEOUT_S,
) -> dict[tuple[str, int], int]:
    """The offset of each place, by topic and partition. Asks again, at most `timeout_s`, while a topic just
    made or a broker just started has no leader. Raises KafkaException.
    """
    if not wanted:
        return {}

    def ask() -> dict[tuple[str, int], int]:
        found = client.list_offsets(dict(wanted), isolation_level=isolation, request_timeout=timeout_s)
        answers = {place: future.result(timeout_s) for place, future in found.items()}
        return {(place.topic, place.partition): at.offset for place, at in answers.items()}

    return asked_again(ask, timeout_s)
