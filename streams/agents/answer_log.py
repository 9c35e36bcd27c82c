"""Controls and audit records of answered list requests, written together or not at all.

Invariants
- A request's control and its audit record lie on the log in one transaction: whoever reads the audit topic
  knows exactly which requests have acted.
- The transactional id is the agent's own: starting fences an older agent of the same engine and settles its
  last transaction. Only then is the audit topic read, so nothing can be answered twice in between.
- Offsets of the request topic may be committed late or not at all: a request that comes again is known by
  its audit record.
"""

import time
from collections.abc import Sequence

import msgspec
from confluent_kafka import Producer

from models.list_requests import AHEAD_MS, REMEMBERED_MS, Answered, Asked, ListAnswer
from models.messages import encode
from streams import cloudevents
from streams.controls import ABANDONED_MS, TIMEOUT_S
from streams.topic_records import offset_at, records
from streams.topics import Topics

_decode = msgspec.json.Decoder(ListAnswer).decode


class AnswerLog:
    """The agent's producer, and what it has answered so far (`asked`)."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        """Takes over from an older agent, then reads what was answered."""
        self._engine = engine
        self._topics = Topics(engine)
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "transactional.id": f"{engine}-list-agent",
                "transaction.timeout.ms": ABANDONED_MS,
                "linger.ms": 0,
                "log_level": 3,
            }
        )
        self._producer.init_transactions(TIMEOUT_S)
        self.asked = Asked()
        for answer in _remembered(bootstrap, self._topics["list-audit"]):
            self.asked.remember(answer)

    def commit(self, batch: Sequence[Answered]) -> None:
        """Writes controls and audit records of these requests, in order. Raises `KafkaException`: the agent
        must end then, and what was not written is asked again when it is back.
        """
        self._producer.begin_transaction()
        for answered in batch:
            if answered.control is not None:
                control = answered.control
                self._produce("controls", "control", control.id, encode(control))
            answer = answered.answer
            self._produce("list-audit", "list_answer", answer.request or "", encode(answer))
        self._producer.commit_transaction(TIMEOUT_S)

    def _produce(self, role: str, kind: str, key: str, value: bytes) -> None:
        headers = cloudevents.headers(self._engine, kind, key)
        self._producer.produce(self._topics[role], value, key, headers=headers)


def _remembered(bootstrap: str, topic: str) -> list[ListAnswer]:
    """The answers that a request may still come again for."""
    since = int(time.time() * 1000) - REMEMBERED_MS - 2 * AHEAD_MS
    offset = offset_at(bootstrap, topic, since)
    return [] if offset is None else [_decode(record.value()) for record in records(bootstrap, topic, offset)]
