"""The producer of one agent: what a batch gives is written together or not at all.

Invariants
- The transactional id is the agent's own: making one fences an older agent of the same engine and settles its
  last transaction. What the agent remembers is read only after that, so nothing is written in between.
- An error is never retried here: it ends the agent, and the batch is handled again at the next start.
"""

from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError, Message, Producer

from streams.control_plane import ABANDONED_MS, TIMEOUT_S
from streams.kafka import Topics, cloudevents


class Outgoing(NamedTuple):
    """One message: role of its topic, kind, key, bytes (none: a tombstone), CloudEvents id."""

    role: str
    kind: str
    key: str
    value: bytes | None
    id: str


class AgentProducer:
    """Takes over from an older agent of this name when made."""

    def __init__(self, bootstrap: str, engine: str, agent: str) -> None:
        self._engine = engine
        self._topics = Topics(engine)
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "transactional.id": f"{engine}-{agent}-agent",
                "transaction.timeout.ms": ABANDONED_MS,
                "linger.ms": 0,
                "log_level": 3,
            }
        )
        self._producer.init_transactions(TIMEOUT_S)

    def commit(self, messages: Sequence[Outgoing]) -> dict[str, int]:
        """Writes these messages in one transaction; by role the offset behind the last one. Raises
        `KafkaException`: the agent must end then.
        """
        ends: dict[str, int] = {}

        def delivered(role: str, error: KafkaError | None, sent: Message) -> None:
            if error is None:  # one that was not delivered fails the commit
                ends[role] = max(ends.get(role, 0), sent.offset() + 1)

        self._producer.begin_transaction()
        for message in messages:
            self._producer.produce(
                self._topics[message.role],
                message.value,
                message.key,
                headers=cloudevents.headers(self._engine, message.kind, message.id),
                on_delivery=lambda error, sent, role=message.role: delivered(role, error, sent),
            )
        self._producer.commit_transaction(TIMEOUT_S)
        return ends
