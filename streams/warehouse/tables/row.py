"""One message of the log as a row: what it says, where it is, and what was known about it."""

from typing import Any, NamedTuple

from confluent_kafka import Message


class Row(NamedTuple):
    """A message that has a row in at least one table."""

    message: Message
    """As it came from Kafka."""
    content: Any
    """The same, decoded: a struct of `models.messages`."""
    facts: Any = None
    """What is known of it besides, by its type (`streams.warehouse.tables.facts`)."""

    @property
    def topic(self) -> str:
        return str(self.message.topic())

    @property
    def partition(self) -> int:
        return int(self.message.partition())

    @property
    def offset(self) -> int:
        return int(self.message.offset())

    @property
    def appended_at(self) -> int:
        """When Kafka took it, ms."""
        return int(self.message.timestamp()[1])
