"""One Kafka transaction per batch: decisions, vectors, journal entry, dead letters, effects and consumed
offsets.

Invariants: those of `streams.kafka.TransactionalProducer`; what was computed once is what is sent.
"""

from confluent_kafka import TopicPartition

from streams.kafka import (
    ConsumedOffsets,
    Consumer,
    OutgoingMessage,
    TransactionalProducer,
    engine_output_settings,
)


class EngineOutput:
    """The transactional producer of one engine. Making one fences every older engine of that name."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        self.transactions = TransactionalProducer(engine_output_settings(bootstrap, engine), "engine")

    def commit(
        self, messages: list[OutgoingMessage], consumer: Consumer, positions: list[TopicPartition]
    ) -> int:
        """Sends one batch; returns, when it is committed, the offset of its last message (the journal entry).

        Raises `Fenced` or `Outage`: the process then ends.
        """
        (journal,) = self.transactions.commit(messages, ConsumedOffsets(consumer, positions))
        return journal
