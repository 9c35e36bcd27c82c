"""Turns decisions and dead letters, as they come from Kafka, into the columns of their tables.

The same messages give the same block, byte for byte: nothing else (clock, order of sets) goes into it. A
refusal among the decisions has its row in `dead_letters`, where `answered` says so; `RowMessages` leaves it
out before a range is made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from confluent_kafka import Message

from models.messages import DeadLetter, Decision, is_refusal
from streams.kafka import ForeignRecords, Topics

MILLIS: Final = pa.timestamp("ms", tz="UTC")
STRINGS: Final = pa.list_(pa.string())
TIME_MAX: Final = 253_402_300_800_000
"""Year 10000, ms."""
decode_decision = msgspec.json.Decoder(Decision).decode
decode_dead_letter = msgspec.json.Decoder(DeadLetter).decode


@dataclass(frozen=True)
class WarehouseTable:
    """A table of the warehouse fed by one topic of an engine, and how its messages become a block."""

    name: str
    role: str
    block: Callable[[Sequence[Message]], pa.RecordBatch]


def decision_block(messages: Sequence[Message]) -> pa.RecordBatch:
    """The rows of table `decisions`. The messages belong there (`RowMessages`)."""
    decisions = [decode_decision(message.value()) for message in messages]
    appended = np.array([message.timestamp()[1] for message in messages], np.int64)
    received = np.array([d.received_at for d in decisions], np.int64)
    versions = [d.versions for d in decisions]
    challengers = [d.challenger for d in decisions]
    champions = [None if c is None else c.champion for c in challengers]
    columns = {
        "engine": pa.array([d.engine for d in decisions], pa.string()),
        "sequence": pa.array([d.sequence for d in decisions], pa.uint64()),
        "merchant_account": pa.array([d.merchant_account for d in decisions], pa.string()),
        "payment_id": pa.array([d.payment_id for d in decisions], pa.string()),
        "attempt": pa.array([d.attempt for d in decisions], pa.uint8()),
        "phase": pa.array([d.phase.value for d in decisions], pa.string()),
        "verdict": pa.array([d.verdict.value for d in decisions], pa.string()),
        "probability": pa.array([d.probability for d in decisions], pa.float64()),
        "score": pa.array([d.score for d in decisions], pa.uint8()),
        "hits": pa.array([d.hits for d in decisions], STRINGS),
        "amount": pa.array([d.amount for d in decisions], pa.int64()),
        "currency": pa.array([d.currency for d in decisions], pa.string()),
        "reference_amount": pa.array([d.reference_amount for d in decisions], pa.int64()),
        "method": pa.array([d.method.value for d in decisions], pa.string()),
        "merchant_id": pa.array([d.merchant_id for d in decisions], pa.string()),
        "merchant_country": pa.array([d.merchant_country or "" for d in decisions], pa.string()),
        "occurred_at": _times([d.occurred_at for d in decisions]),
        "received_at": _times(received),
        "engine_time": _times([d.engine_time for d in decisions]),
        "decided_at": _times(appended),
        "latency_ms": pa.array(appended - received),
        "model": pa.array([v.model or "" for v in versions], pa.string()),
        "ruleset": pa.array([v.ruleset or "" for v in versions], pa.string()),
        "policy": pa.array([v.policy or "" for v in versions], pa.string()),
        "catalogue": pa.array([v.catalogue for v in versions], pa.string()),
        "duplicate": pa.array([d.duplicate for d in decisions], pa.bool_()),
        "degraded": pa.array([d.degraded for d in decisions], STRINGS),
        "decided_by": pa.array([d.decided_by for d in decisions], pa.string()),
        "level": pa.array([d.level or "" for d in decisions], pa.string()),
        "tags": pa.array([d.tags for d in decisions], STRINGS),
        "shadow_hits": pa.array([d.shadow_hits for d in decisions], STRINGS),
        "reasons": pa.array([[reason.code for reason in d.reasons] for d in decisions], STRINGS),
        "propensity": pa.array([d.propensity for d in decisions], pa.float64()),
        "sca": pa.array([d.sca.status if d.sca else "" for d in decisions], pa.string()),
        "sca_exemption": pa.array([(d.sca.exemption or "") if d.sca else "" for d in decisions], pa.string()),
        "liability": pa.array([d.sca.liability if d.sca else "" for d in decisions], pa.string()),
        "challenger_model": pa.array([c.model if c else "" for c in challengers], pa.string()),
        "challenger_probability": pa.array([c.probability if c else None for c in challengers], pa.float64()),
        "challenger_verdict": pa.array([c.verdict.value if c else "" for c in challengers], pa.string()),
        "champion_model": pa.array([c.model if c else "" for c in champions], pa.string()),
        "champion_probability": pa.array([c.probability if c else None for c in champions], pa.float64()),
        "champion_verdict": pa.array([c.verdict.value if c else "" for c in champions], pa.string()),
        "redacted": pa.array([d.redacted for d in decisions], STRINGS),
    }
    return pa.RecordBatch.from_pydict(columns | _coordinates(messages))


def dead_letter_block(messages: Sequence[Message]) -> pa.RecordBatch:
    """The rows of table `dead_letters`. The messages belong there (`RowMessages`)."""
    letters = [decode_dead_letter(message.value()) for message in messages]
    columns = {
        "engine": pa.array([d.engine for d in letters], pa.string()),
        "topic": pa.array([d.topic for d in letters], pa.string()),
        "partition": pa.array([d.partition for d in letters], pa.uint32()),
        "offset": pa.array([d.offset for d in letters], pa.uint64()),
        "received_at": _times([d.received_at for d in letters]),
        "decided_at": _times([message.timestamp()[1] for message in messages]),
        "reason": pa.array([d.reason.value for d in letters], pa.string()),
        "detail": pa.array([d.detail for d in letters], pa.string()),
        "payload_bytes": pa.array([d.payload_bytes for d in letters], pa.uint64()),
        "payload_sha256": pa.array([d.payload_sha256 for d in letters], pa.string()),
        "payload": pa.array([d.payload for d in letters], pa.binary()),
        "masked": pa.array([d.masked for d in letters], pa.bool_()),
        "merchant_account": pa.array([d.merchant_account or "" for d in letters], pa.string()),
        "payment_id": pa.array([d.payment_id or "" for d in letters], pa.string()),
        "answered": pa.array([d.answered is True for d in letters], pa.bool_()),
    }
    return pa.RecordBatch.from_pydict(columns | _coordinates(messages))


TABLES: Final = (
    WarehouseTable("decisions", "decisions", decision_block),
    WarehouseTable("dead_letters", "dead-letters", dead_letter_block),
)


class RowMessages:
    """Says which messages are rows of one engine's tables. Records another writer put there are skipped,
    counted and logged. Numbers beyond their columns make a message foreign as well: no engine writes them.
    Refusals are skipped: their dead letters are rows.
    """

    def __init__(self, engine: str) -> None:
        self._engine = engine
        topics = Topics(engine)
        self._answers = topics["decisions"]
        self._decoders: dict[str, Callable[[bytes], Any]] = {
            topics["decisions"]: decode_decision,
            topics["dead-letters"]: decode_dead_letter,
        }
        self._foreign = {topic: ForeignRecords(topic) for topic in self._decoders}

    @property
    def foreign(self) -> int:
        """How many were left out."""
        return sum(records.count for records in self._foreign.values())

    def belong(self, message: Message) -> bool:
        """Whether the message is a row."""
        topic = message.topic()
        if topic == self._answers and is_refusal(message.value()):
            return False
        found = self._foreign[topic].read(message, self._decoders[topic])
        if found is None:
            return False
        if found.engine != self._engine:
            self._foreign[topic].note(message.offset(), f"of engine {found.engine!r}")
            return False
        if not all(0 <= number < most for number, most in _bounded(found)):
            self._foreign[topic].note(message.offset(), "a number is beyond its column")
            return False
        return True


def _bounded(row: Decision | DeadLetter) -> tuple[tuple[int, int], ...]:
    """Numbers of a row, and what they must be below."""
    if isinstance(row, DeadLetter):
        return (
            (row.partition, 2**32), (row.offset, 2**63), (row.received_at, TIME_MAX),
            (row.payload_bytes, 2**63),
        )  # fmt: skip
    return (
        (row.sequence, 2**63), (row.attempt, 2**8), (row.score, 2**8), (row.occurred_at, TIME_MAX),
        (row.received_at, TIME_MAX), (row.engine_time, TIME_MAX), (row.amount + 2**63, 2**64),
        (row.reference_amount + 2**63, 2**64),
    )  # fmt: skip


def _times(millis: Sequence[int] | np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(np.asarray(millis, np.int64).view("datetime64[ms]"), MILLIS)


def _coordinates(messages: Sequence[Message]) -> dict[str, pa.Array]:
    return {
        "log_partition": pa.array([message.partition() for message in messages], pa.uint32()),
        "log_offset": pa.array([message.offset() for message in messages], pa.uint64()),
    }
