"""From a batch's result to the messages of its transaction."""

from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from models.messages import JournalEntry, Vectors, encode
from models.trust import SigningKey, sealed, signature_by
from streams.engine.input import InputBatch
from streams.engine.result import BatchResult, VectorBlock
from streams.kafka import OutgoingMessage, Topics, cloudevents

VECTOR_BYTES_MAX: Final = 800_000
"""Kafka takes 1 MB a message by default; the ids that go with the matrix need room as well."""
ROW_ID_BYTES_MAX: Final = 1_100
"""A row's account and payment id (128 characters of 4 bytes each), times and phase, besides its features."""
KINDS: Final = {
    "decisions": "decision",
    "features": "vectors",
    "dead-letters": "dead_letter",
    "controls": "control",
    "journal": "journal",
}
"""Kind of the messages on each topic, by the topic's role; on `decisions` lie refusals as well."""

_pack = msgspec.msgpack.Encoder().encode


class TransactionMessages:
    """Turns results of one engine into messages."""

    def __init__(self, engine: str, schema_hash: str, key: SigningKey | None = None) -> None:
        """`key`: signs what the engine writes to its controls, once controls must be signed."""
        self.engine = engine
        self.schema_hash = schema_hash
        self._key = key
        topics = Topics(engine)
        self._topics = {role: topics[role] for role in KINDS}
        self._headers = {role: _headers(engine, kind) for role, kind in KINDS.items()}
        self._answers = {kind: _headers(engine, kind) for kind in ("decision", "refusal")}

    def messages(self, batch: InputBatch, result: BatchResult, entry: JournalEntry) -> list[OutgoingMessage]:
        """Everything that becomes visible with this batch, the journal entry last."""
        out = list(self._decisions(batch, result))
        out.extend(self._vectors(result, entry.number))
        for _, letter in result.dead_letters:
            id = f"{letter.topic}-{letter.partition}-{letter.offset}"
            out.append(self._message("dead-letters", encode(letter), None, id))
        out.extend(
            self._message("controls", self._effect(result, index), effect.id, effect.id)
            for index, effect in enumerate(result.effects)
        )
        out.append(self._message("journal", encode(entry), None, str(entry.number)))
        return out

    def _effect(self, result: BatchResult, index: int) -> bytes:
        """What the engine writes to its controls; signed where that is called for."""
        statement = result.statements.get(index)
        if statement is None:
            return encode(result.effects[index])
        assert self._key is not None, "`Engine.start` refuses to begin without the key"
        return sealed(statement, [signature_by(self._key, statement)])

    def _message(self, role: str, value: bytes, key: str | None, id: str) -> OutgoingMessage:
        headers = [*self._headers[role], ("ce_id", id.encode())]
        return OutgoingMessage(self._topics[role], value, key, headers)

    def _decisions(self, batch: InputBatch, result: BatchResult) -> Iterator[OutgoingMessage]:
        topic, offsets, answers = self._topics["decisions"], batch.offsets, result.in_log_order
        answer = next(answers, None)
        for run in batch.runs:
            prefix = f"{run.topic}-{run.partition}-"
            while answer is not None and answer.record < run.last:
                id = f"{prefix}{offsets[answer.record]}".encode()
                yield OutgoingMessage(
                    topic, answer.body, answer.key, [*self._answers[answer.kind], ("ce_id", id)]
                )
                answer = next(answers, None)

    def _vectors(self, result: BatchResult, number: int) -> Iterator[OutgoingMessage]:
        part = 0
        for block in result.vectors:
            rows = max(1, VECTOR_BYTES_MAX // (8 * block.matrix.shape[1] + ROW_ID_BYTES_MAX))
            for start in range(0, len(block.payments), rows):
                value = _pack(self._packed(block, slice(start, start + rows)))
                yield self._message("features", value, None, f"{number}-{part}")
                part += 1

    def _packed(self, block: VectorBlock, rows: slice) -> Vectors:
        payments = block.payments[rows]
        return Vectors(
            engine=self.engine,
            schema_hash=self.schema_hash,
            rows=len(payments),
            columns=block.matrix.shape[1],
            sequence=block.sequences[rows].astype("<i8").tobytes(),
            engine_time=block.times[rows].astype("<i8").tobytes(),
            merchant_account=[p.merchant_account for p in payments],
            payment_id=[p.payment_id for p in payments],
            attempt=np.array([p.attempt for p in payments], np.uint8).tobytes(),
            phase=[p.phase.value for p in payments],
            matrix=block.matrix[rows].astype("<f8", copy=False).tobytes(),
        )


def _headers(engine: str, kind: str) -> tuple[cloudevents.Header, ...]:
    """Those that all messages of a kind share."""
    return tuple(cloudevents.headers(engine, kind, "")[:-1])
