"""Committed records of a topic of ours, for commands and agents that look something up.

What Kafka's client cannot read is left out and said in the log: on an engine's inputs it has become a dead
letter.
"""

import logging
from collections.abc import Iterator

from confluent_kafka import IsolationLevel, Message, TopicPartition
from confluent_kafka.admin import OffsetSpec

from streams.errors import Misconfigured, Outage
from streams.kafka.admin import TIMEOUT_S, end_offsets, listed_offsets, start_offsets
from streams.kafka.client import admin_client
from streams.kafka.reach import reach
from streams.kafka.reader import WAIT_S, PartitionReader, UnreadableRanges, UnreadableRecords
from streams.kafka.topics import engines_of

log = logging.getLogger(__name__)


def check_there(bootstrap: str, topic: str) -> None:
    """Raises `Misconfigured` where the cluster does not let us in or shows us no such topic, `Outage`
    where it does not answer.
    """
    topics = reach(bootstrap, TIMEOUT_S).topics
    if topic not in topics:
        raise Misconfigured(
            f"there is no topic {topic}: is the engine's name right? Engines here: "
            f"{', '.join(engines_of(topics)) or 'none'} (of those that this principal may see)"
        )


def records(bootstrap: str, topic: str, start: int = 0, end: int | None = None) -> Iterator[Message]:
    """Records from an offset on, up to `end` or the committed end as it is now.

    Raises `Misconfigured` where there is no such topic, and `Outage`.
    """
    check_there(bootstrap, topic)
    (first,) = start_offsets(bootstrap, [topic]).values()
    (last,) = end_offsets(bootstrap, [topic]).values()
    last = last if end is None else min(end, last)
    if max(first, start) >= last:
        return
    reader = PartitionReader(bootstrap, topic, max(first, start))
    unreadable, waited, ended = UnreadableRanges(bootstrap), 0.0, False
    try:
        while not ended:
            found, ended = _read(reader, unreadable)
            yield from (record for record in found if record.offset() < last)
            ended = ended or (bool(found) and found[-1].offset() >= last - 1)
            waited = 0.0 if found else waited + 0.2
            if waited > WAIT_S:
                raise Outage(f"no answer from Kafka for {WAIT_S:.0f} s while reading {topic}")
    finally:
        reader.close()
        unreadable.close()


def _read(reader: PartitionReader, unreadable: UnreadableRanges) -> tuple[list[Message], bool]:
    """The next records; none where the reader had to go on behind what cannot be read."""
    try:
        return reader.read(2_000, 0.2)
    except UnreadableRecords as failure:
        end = unreadable.end(failure.topic, failure.offset)
        if end is not None:
            log.warning(
                "%s: offsets %d to %d are left out, they cannot be read (%s)",
                failure.topic, failure.offset, end, failure.detail,
            )  # fmt: skip
        reader.seek(failure.offset if end is None else end)
        return [], False


def backwards(bootstrap: str, topic: str, most: int, window: int = 20_000) -> Iterator[Message]:
    """The newest `most` offsets' records, the newest first."""
    check_there(bootstrap, topic)
    (end,) = end_offsets(bootstrap, [topic]).values()
    oldest = max(0, end - most)
    while end > oldest:
        start = max(oldest, end - window)
        yield from reversed(list(records(bootstrap, topic, start, end)))
        end = start


def offset_at(bootstrap: str, topic: str, time_ms: int) -> int | None:
    """The first offset appended at or after `time_ms`; None where there is none yet."""
    place = {TopicPartition(topic, 0): OffsetSpec.for_timestamp(time_ms)}
    everything = IsolationLevel.READ_UNCOMMITTED
    (offset,) = listed_offsets(admin_client(bootstrap), place, everything).values()
    return offset if offset >= 0 else None
