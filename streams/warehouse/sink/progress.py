"""How far the sink of an engine has come, seen from outside."""

import time
from typing import TYPE_CHECKING, Final

from confluent_kafka import TopicPartition
from confluent_kafka.admin import OffsetSpec

from streams.errors import Outage
from streams.kafka import GroupOffsets, Topics, admin_client, listed_offsets
from streams.warehouse.sink.block_insert import known_identity
from streams.warehouse.sink.log_range import Partition, SinkProgress, progress
from streams.warehouse.stages import STAGES, SinkStage, sink_group

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

TIMEOUT_S: Final = 30.0
POLL_S: Final = 0.1


def messages_behind(bootstrap: str, client: "Client", engine: str) -> int:
    """Offsets between what is in the tables of `client`'s warehouse and the end of the log, 0 when all is
    sunk.
    """
    return sum(_behind(bootstrap, client, engine, stage) for stage in STAGES)


def _behind(bootstrap: str, client: "Client", engine: str, stage: SinkStage) -> int:
    ends = _ends(bootstrap, _places(bootstrap, engine, stage))
    known = recorded_progress(bootstrap, client, engine, stage)
    return sum(max(0, end - _position(known[partition])) for partition, end in ends.items())


def recorded_progress(
    bootstrap: str, client: "Client", engine: str, stage: SinkStage
) -> dict[Partition, SinkProgress | None]:
    """What the sink of an engine has recorded of each partition of a stage for `client`'s warehouse."""
    warehouse = known_identity(client)
    offsets = GroupOffsets(bootstrap, sink_group(engine, stage))
    try:
        return {
            Partition(place.topic, place.partition): progress(
                warehouse, Partition(place.topic, place.partition), place.offset, place.metadata
            )
            for place in offsets.committed(_places(bootstrap, engine, stage))
        }
    finally:
        offsets.close()


def _position(known: SinkProgress | None) -> int:
    return known.position if known else 0


def wait_until_sunk(bootstrap: str, client: "Client", engine: str, timeout_s: float = 60.0) -> None:
    """Returns when the tables hold all that is in the log, with what arrives while it waits. Raises Outage
    after `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while behind := messages_behind(bootstrap, client, engine):
        if time.monotonic() > deadline:
            raise Outage(
                f"the warehouse is still {behind} offsets behind engine {engine} after {timeout_s:.0f} s:"
                " see `tollgate status` and the warehouse's log"
            )
        time.sleep(POLL_S)


def _places(bootstrap: str, engine: str, stage: SinkStage) -> list[TopicPartition]:
    admin = admin_client(bootstrap)
    known = admin.list_topics(timeout=TIMEOUT_S).topics
    topics = [Topics(engine)[role] for role in stage.sources]
    return [
        TopicPartition(topic, number)
        for topic in topics
        if topic in known
        for number in known[topic].partitions
    ]


def _ends(bootstrap: str, places: list[TopicPartition]) -> dict[Partition, int]:
    """The offset after the last committed message or marker of each partition."""
    asked = {place: OffsetSpec.latest() for place in places}
    offsets = listed_offsets(admin_client(bootstrap), asked)
    return {Partition(topic, number): offset for (topic, number), offset in offsets.items()}
