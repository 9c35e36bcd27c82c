"""The producer of one agent: what a batch gives is written together or not at all.

Invariants
- The transactional id is the agent's own: making one fences an older agent of the same engine and settles its
  last transaction. What the agent remembers is read only after that, so nothing is written in between.
- A transaction is never sent again here: a failure ends the agent, and the batch is handled again at the next
  start.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from streams.kafka import OutgoingMessage, Topics, TransactionalProducer, cloudevents, transaction_settings

ABANDONED_MS: Final = 10_000
"""After this long the broker gives up on an agent that died halfway: until then readers of
the topics it writes to wait.
"""


class AgentMessage(NamedTuple):
    """One message of an agent; without a value it is a tombstone."""

    role: str
    """Of its topic."""
    kind: str
    key: str
    value: bytes | None
    id: str
    """Of the CloudEvent."""


class AgentProducer:
    """Takes over from an older agent of this name when made."""

    def __init__(self, bootstrap: str, engine: str, agent: str) -> None:
        self._engine = engine
        self._topics = Topics(engine)
        settings = transaction_settings(bootstrap, f"{engine}-{agent}-agent", ABANDONED_MS)
        self._transactions = TransactionalProducer(settings, f"{agent} agent", attempts=1)

    def commit(self, messages: Sequence[AgentMessage]) -> dict[str, int]:
        """Writes these messages in one transaction; by role the offset after the last one. Raises `Fenced` or
        `Outage`: the agent must end then.
        """
        outgoing = [self._outgoing(message) for message in messages]
        offsets = self._transactions.commit(outgoing, reported=len(outgoing))
        return {message.role: offset + 1 for message, offset in zip(messages, offsets, strict=True)}

    def _outgoing(self, message: AgentMessage) -> OutgoingMessage:
        headers = cloudevents.headers(self._engine, message.kind, message.id)
        return OutgoingMessage(self._topics[message.role], message.value, message.key, headers)
