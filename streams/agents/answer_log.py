"""Controls and audit records of answered list requests, written together or not at all.

Invariants
- A request's control and its audit record are on the log in one transaction (`streams.agents.transactions`):
  readers of the audit topic know exactly which requests have taken effect.
- The audit topic is read only after an older agent has been fenced, so nothing can be answered twice in
  between.
- Offsets of the request topic may be committed late or not at all: a request that comes again is known by
  its audit record.
- A record of the audit topic that is no answer is skipped (`streams.kafka.foreign_records`): it stands for no
  request.
"""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from models.lists import AHEAD_MS, REMEMBERED_MS, AnsweredRequest, AnswerMemory, ListAnswer
from models.messages import Control, encode
from streams.agents.transactions import AgentMessage, AgentProducer
from streams.control_plane import signer
from streams.kafka import Topics, offset_at, readable, records
from streams.keys import Keyring

_decode = msgspec.json.Decoder(ListAnswer).decode


class SealedAnswer(NamedTuple):
    """One request's answer, and the record of its control."""

    request: AnsweredRequest
    value: bytes | None = None


class AnswerLog:
    """The agent's producer, and what it has answered so far (`asked`)."""

    def __init__(self, bootstrap: str, engine: str, keyring: Keyring | None = None) -> None:
        """Takes over from an older agent, then reads what was answered. `keyring`: to sign controls with."""
        self._producer = AgentProducer(bootstrap, engine, "list")
        self.asked = AnswerMemory()
        for answer in _remembered(bootstrap, Topics(engine)["list-audit"]):
            self.asked.remember(answer)
        self._signer = signer(bootstrap, engine, keyring.of_agent() if keyring else None)

    def sealed(self, control: Control) -> bytes:
        """The record of a control, signed where this engine's must be. Raises `Misconfigured` where the agent
        may not sign it.
        """
        return self._signer.value(control) if self._signer else encode(control)

    def commit(self, batch: Sequence[SealedAnswer]) -> None:
        """Writes controls and audit records of these requests, in order. Raises `Fenced` or `Outage`: the
        agent must end then, and what was not written is asked again when it is back.
        """
        self._producer.commit([message for answered in batch for message in _messages(answered)])


def _messages(answered: SealedAnswer) -> Iterator[AgentMessage]:
    control, answer = answered.request.control, answered.request.answer
    if control is not None:
        yield AgentMessage("controls", "control", control.id, answered.value, control.id)
    request = answer.request or ""
    yield AgentMessage("list-audit", "list_answer", request, encode(answer), request)


def _remembered(bootstrap: str, topic: str) -> list[ListAnswer]:
    """The answers that a request may still come again for."""
    since = int(time.time() * 1000) - REMEMBERED_MS - 2 * AHEAD_MS
    offset = offset_at(bootstrap, topic, since)
    if offset is None:
        return []
    return [answer for _, answer in readable(records(bootstrap, topic, offset), _decode)]
