"""From Kafka's messages to rows: what each says, and whether it has a row at all.

Inputs are read by the engine's own reader, so that a message has a row exactly where the engine could read
it: a payment with a card number in a token has a dead letter and no row. Outputs that are none of the
engine's are left out, counted and said; numbers beyond their columns make a message foreign as well.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from confluent_kafka import Message

from models.lists import ListAnswer
from models.messages import AnalystVerdict, DeadLetter, Decision, Dispute, JournalEntry, Outcome, is_refusal
from streams.engine.input import InputBatch, RefusedRecord, read_as, read_batch
from streams.kafka import ForeignRecords
from streams.warehouse.stages import SinkStage
from streams.warehouse.tables.row import Row

TIME_MAX: Final = 253_402_300_800_000
"""Year 10000, ms."""
INPUT_ROLES: Final = frozenset(("payments", "history", "controls", "outcomes", "labels"))
OUTPUT_TYPES: Final[Mapping[str, Any]] = {
    "decisions": Decision,
    "dead-letters": DeadLetter,
    "journal": JournalEntry,
    "list-audit": ListAnswer,
}
EVIDENCE: Final = ("dispute", "analyst_verdict", "outcome")
_evidence = msgspec.json.Decoder(Dispute | AnalystVerdict | Outcome).decode


class RowReader:
    """Reads the topics of one stage of one engine. The same messages give the same rows at each reading, as
    ranges count them.
    """

    def __init__(self, engine: str, stage: SinkStage) -> None:
        self._engine = engine
        self._types = stage.sources
        self._decoders = {role: msgspec.json.Decoder(kind).decode for role, kind in OUTPUT_TYPES.items()}
        self._foreign = {role: ForeignRecords(f"{engine}.{role}") for role in stage.sources}
        self.refused = 0
        """Inputs and evidence that have no row: their dead letter, or the record on ENGINE.label-parked, says
        why."""

    @property
    def foreign(self) -> int:
        """How many messages on the engine's outputs were left out as none of the engine's."""
        return sum(records.count for records in self._foreign.values())

    def rows(self, messages: Sequence[Message]) -> list[Row]:
        """The rows among these messages, in the order of each partition."""
        by_role: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            by_role[message.topic().rpartition(".")[2]].append(message)
        return [row for role, own in by_role.items() for row in self._of_role(role, own)]

    def _of_role(self, role: str, messages: Sequence[Message]) -> list[Row]:
        if role in INPUT_ROLES:
            rows = self._inputs(messages)
        elif role == "disputes":
            rows = self._evidence(messages)
        else:
            rows = self._outputs(role, messages)
        known = [row for row in rows if type(row.content) in self._types[role]]
        return [row for row in known if self._fits(role, row)]

    def _inputs(self, messages: Sequence[Message]) -> list[Row]:
        batch = InputBatch()
        for (topic, partition), run in groupby(messages, lambda each: (each.topic(), each.partition())):
            records = [(each.value() or b"", each.offset(), each.timestamp()[1]) for each in run]
            batch.extend(topic, partition, records)
        reading = read_batch(batch, {})
        self.refused += len(reading.refused)
        return [
            Row(message, content, reading.redacted.get(index))
            for index, (message, content) in enumerate(zip(messages, reading.messages, strict=True))
            if content is not None
        ]

    def _evidence(self, messages: Sequence[Message]) -> list[Row]:
        rows = []
        for message in messages:
            try:
                rows.append(Row(message, read_as(message.value() or b"", _evidence, EVIDENCE)))
            except RefusedRecord:
                self.refused += 1
        return rows

    def _outputs(self, role: str, messages: Sequence[Message]) -> list[Row]:
        decode: Callable[[bytes], Any] = self._decoders[role]
        rows = []
        for message in messages:
            if role == "decisions" and is_refusal(message.value() or b""):
                continue  # its dead letter is the row
            content = self._foreign[role].read(message, decode)
            if content is not None and self._is_own(role, message, content):
                rows.append(Row(message, content))
        return rows

    def _is_own(self, role: str, message: Message, content: Any) -> bool:
        writer = getattr(content, "engine", self._engine)
        if writer != self._engine:
            self._foreign[role].note(message.offset(), f"of engine {writer!r}")
        return bool(writer == self._engine)

    def _fits(self, role: str, row: Row) -> bool:
        fits = all(0 <= number < most for number, most in _bounded(row.content))
        if not fits:
            self._foreign[role].note(row.offset, "a number is beyond its column")
        return fits


def _bounded(row: Any) -> tuple[tuple[int, int], ...]:
    """Numbers of a row that its type leaves open, and what they must be below."""
    if isinstance(row, DeadLetter):
        return (
            (row.partition, 2**32), (row.offset, 2**63), (row.received_at, TIME_MAX),
            (row.payload_bytes, 2**63),
        )  # fmt: skip
    if isinstance(row, Decision):
        return (
            (row.sequence, 2**63), (row.attempt, 2**8), (row.score, 2**8), (row.occurred_at, TIME_MAX),
            (row.received_at, TIME_MAX), (row.engine_time, TIME_MAX), (row.amount + 2**63, 2**64),
            (row.reference_amount + 2**63, 2**64),
        )  # fmt: skip
    if isinstance(row, JournalEntry):
        return _bounded_entry(row)
    if isinstance(row, ListAnswer):
        return ((row.answered_at, TIME_MAX), (row.offset, 2**63))
    return ((getattr(row, "attempt", 1), 2**8),)


def _bounded_entry(entry: JournalEntry) -> tuple[tuple[int, int], ...]:
    counts = (entry.payments, entry.decisions, entry.duplicates, entry.dead_letters, entry.refusals or 0)
    offsets = [edge for each in entry.ranges for edge in (each.start, each.end)]
    return (
        (entry.number, 2**63), (entry.engine_time, TIME_MAX), (entry.sequence, 2**63),
        (entry.horizon_ms, 2**63), (entry.keys_max, 2**63), (entry.protocol or 1, 2**8),
        *((count, 2**32) for count in (*counts, entry.late or 0)),
        *((offset, 2**63) for offset in offsets), *((each.records, 2**32) for each in entry.ranges),
        (0 if not entry.trust else entry.trust.version, 2**32),
        (0 if not entry.trust else entry.trust.refused, 2**63),
    )  # fmt: skip
