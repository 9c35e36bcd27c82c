"""Waiting for the processes that follow the engine: the label agent, and the sink of vectors."""

from typing import Final

from confluent_kafka import KafkaException, TopicPartition

from learning.story.stage import Stage, wait_for
from streams.kafka import GroupOffsets, Topics, end_offsets
from streams.warehouse.parquet import file_ranges

AGENT_PAUSE_S: Final = 0.01
"""Hundreds of half days wait for it."""


class LabelAgent:
    """How far the label agent is, by the offsets it gave back: it does so when labels are on the log."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        topics = Topics(stage.engine)
        self._topics = [topics["disputes"], topics["outcomes"]]
        self._offsets = GroupOffsets(stage.bootstrap, f"{stage.engine}-label-agent")

    def ends(self) -> dict[str, int]:
        """Where its inputs end now."""
        return end_offsets(self._stage.bootstrap, self._topics)

    def wait(self, ends: dict[str, int]) -> None:
        """Until it has read so far. Raises `Outage` where it does not."""
        self._ends = dict(ends)
        wait_for("the label agent", self._is_there, self._stage.alive, AGENT_PAUSE_S)

    def close(self) -> None:
        """Leave."""
        self._offsets.close()

    def _is_there(self) -> bool:
        partitions = [TopicPartition(topic, 0) for topic in self._ends]
        try:
            found = {each.topic: each.offset for each in self._offsets.committed(partitions)}
        except KafkaException:
            return False  # a crowded broker gives its groups up for a moment; the wait itself is bounded
        return all(found[topic] >= end for topic, end in self._ends.items() if end)


def wait_for_vectors(stage: Stage) -> None:
    """Until every vector that is on the log now is archived. Raises `Outage` where that does not happen."""
    topic = Topics(stage.engine)["features"]
    (end,) = end_offsets(stage.bootstrap, [topic]).values()
    folder = stage.settings.home / "vectors" / f"engine={stage.engine}"
    last = end - 1  # a transaction's marker follows the last vectors

    def is_there() -> bool:
        return max((held.end for held in file_ranges(folder)), default=0) >= last

    wait_for("the vector sink", is_there, stage.alive)
