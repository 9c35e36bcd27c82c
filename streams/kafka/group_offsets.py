"""What a consumer group has committed."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from streams.kafka.client import consumer, group_settings
from streams.kafka.reach import asked_again

P = ParamSpec("P")
T = TypeVar("T")

TIMEOUT_S = 30.0
_COORDINATOR = frozenset(
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    }
)


def _passes(failure: BaseException) -> bool:
    if not isinstance(failure, KafkaException):
        return False
    error = failure.args[0]
    return error.code() in _COORDINATOR or bool(error.retriable())


def patient(call: Callable[P, T]) -> Callable[P, T]:
    """Repeats a call for at most 30 s: a broker that has just started still looks for a group's
    coordinator.
    """

    @wraps(call)
    def repeated(*arguments: P.args, **named: P.kwargs) -> T:
        return asked_again(lambda: call(*arguments, **named), TIMEOUT_S, _passes)

    return repeated


class GroupOffsets:
    """Reads the offsets of one group, and names the group in transactions. It reads no records."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self.consumer = consumer(group_settings(bootstrap, group))

    @patient
    def committed(self, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        """The partitions with their committed offset and metadata; the offset is negative where there is
        none. Raises `KafkaException`.
        """
        found: list[TopicPartition] = self.consumer.committed(list(partitions), timeout=TIMEOUT_S)
        return found

    def close(self) -> None:
        """Leaves the group."""
        self.consumer.close()
