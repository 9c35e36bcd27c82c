"""One Kafka transaction per batch: decisions, vectors, journal entry, dead letters and effects.

Invariants
- Those of `streams.kafka.TransactionalProducer`; what was computed once is what is sent.
- The journal entry is a transaction's last message, so the journal says what has been decided. The consumed
  offsets are not among it (`streams.engine.input.reported_offsets`).
- Where Kafka's answer stayed out, the journal behind the batch before is looked at: it holds nothing, or this
  very entry and nothing else. Otherwise another engine of the name goes on, and this one ends.
"""

import logging
from functools import partial

import msgspec

from models.messages import JournalEntry
from streams.errors import Fenced
from streams.kafka import (
    OutgoingMessage,
    Topics,
    TransactionalProducer,
    engine_output_settings,
    readable,
    records,
)

log = logging.getLogger(__name__)

_decode = msgspec.json.Decoder(JournalEntry).decode


class EngineOutput:
    """The transactional producer of one engine. Making one fences every older engine of that name."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        self._bootstrap = bootstrap
        self._engine = engine
        self.transactions = TransactionalProducer(engine_output_settings(bootstrap, engine), "engine")

    def commit(self, messages: list[OutgoingMessage], journal_end: int) -> int:
        """Sends one batch; returns, when it is committed, the offset of its last message (the journal entry).

        `journal_end`: the journal offset behind the entry before.

        Raises `Fenced` or `Outage`: the process then ends.
        """
        entry = messages[-1].value or b""
        settled = partial(self._settled, entry, journal_end)
        (journal,) = self.transactions.commit(messages, settled=settled)
        return journal

    def _settled(self, entry: bytes, journal_end: int) -> list[int] | None:
        """Where this entry lies; None where no batch was journalled since `journal_end`. Raises `Fenced`."""
        since = records(self._bootstrap, Topics(self._engine)["journal"], journal_end)
        found = [record for record, each in readable(since, _decode) if each.engine == self._engine]
        if not found:
            return None
        if len(found) == 1 and found[0].value() == entry:
            return [found[0].offset()]
        raise Fenced(
            f"another engine of the name {self._engine} has decided since: this one ends, nothing that it "
            "had open is visible"
        )
