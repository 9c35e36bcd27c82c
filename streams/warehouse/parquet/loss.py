"""The archive of vectors goes on behind messages that are gone before it had archived them."""

from pathlib import Path

from confluent_kafka import TopicPartition

from streams.kafka import GroupOffsets, Topics, start_offsets
from streams.warehouse.parquet.vector_files import file_ranges


def gone_before_archived(bootstrap: str, engine: str, folder: Path) -> dict[str, tuple[int, int]]:
    """By topic: the first offset that is not archived, and the first that is still there. Changes nothing."""
    topic = Topics(engine)["features"]
    (there,) = start_offsets(bootstrap, [topic]).values()
    offsets = GroupOffsets(bootstrap, f"{engine}-parquet")
    try:
        (place,) = offsets.committed([TopicPartition(topic, 0)])
    finally:
        offsets.close()
    position = max([place.offset, *(held.end for held in file_ranges(folder))])
    return {topic: (position, there)} if 0 <= position < there else {}


def pass_over_archive(bootstrap: str, engine: str, gone: dict[str, tuple[int, int]]) -> None:
    """The archive goes on with the first message that is still there."""
    offsets = GroupOffsets(bootstrap, f"{engine}-parquet")
    try:
        places = [TopicPartition(topic, 0, there) for topic, (_, there) in gone.items()]
        offsets.consumer.commit(offsets=places, asynchronous=False)
    finally:
        offsets.close()
