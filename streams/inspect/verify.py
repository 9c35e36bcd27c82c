"""Proof by repetition: the journal re-applied over the logged inputs gives every logged decision again.

Compares, batch by batch: decisions, refusals and dead letters byte for byte, vectors bit for bit, running
hashes with the journal's, and the full logical state with every snapshot on the way. Then that the topics
hold nothing beyond what the journal states: a line of somebody else is counted, and what follows it compared.

A verification spans one feature catalogue, the present one: after the last batch of another it begins with
the snapshot that was taken over there, and notes that.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np
from confluent_kafka import Message

from models.messages import JournalEntry, Vectors, encode
from streams.engine import BatchResult, EngineOptions
from streams.engine.recovery import JournalReader, RecordedInputs, last_beginning, replay, snapshot
from streams.errors import Damaged, TollgateError
from streams.inspect.output_lines import OutputLines
from streams.kafka import PartitionReader, Topics, end_offsets, high_watermark

T = TypeVar("T")
SETTLE_S = 10.0
SILENCE_S = 120.0
"""Longer than a broker without a leader, or on a machine that is overloaded, keeps its readers waiting."""

_unpack = msgspec.msgpack.Decoder(Vectors).decode


@dataclass
class VerificationReport:
    """What was compared; `difference` is the first one found, empty when all agree."""

    engine: str
    batches: int = 0
    decisions: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    refusals: int = 0
    controls: dict[str, int] = field(default_factory=dict)
    """Controls that took effect, by the topic they came from."""
    vectors: int = 0
    snapshots: int = 0
    state_hash: str = ""
    logical_hash: str = ""
    difference: str = ""
    is_whole: bool = False
    """Whether every batch was compared: then a difference is at most lines that no journal entry states."""
    foreign: dict[str, int] = field(default_factory=dict)
    """Lines that no journal entry states, by topic; somebody else wrote them."""
    notes: list[str] = field(default_factory=list)


class TotalsAtEntry(NamedTuple):
    """A journal entry, and what the batches up to it put on the topics."""

    entry: JournalEntry
    answers: int
    """Decisions and refusals."""
    dead_letters: int
    vectors: int


def values(bootstrap: str, topic: str) -> Iterator[bytes]:
    """What every committed record of a topic holds, as `records` reads them."""
    return (record.value() for record in records(bootstrap, topic))


def records(bootstrap: str, topic: str) -> Iterator[Message]:
    """Every committed record of a topic, in order, up to its end as it is now.

    Right after a commit its markers may not be on every topic yet: waits for them up to `SETTLE_S`.
    """
    reader = PartitionReader(bootstrap, topic, 0)
    last_record_s = time.monotonic()
    at_end = False
    try:
        while True:
            found, ended = reader.read(5_000, 0.2)
            yield from found
            at_end = ended or (at_end and not found)
            last_record_s = time.monotonic() if found else last_record_s
            quiet_s = time.monotonic() - last_record_s
            if at_end and (reader.end >= high_watermark(bootstrap, topic) or quiet_s > SETTLE_S):
                return
            if quiet_s > SILENCE_S:
                raise Damaged(f"{topic} gave nothing for {SILENCE_S:.0f} s before its end was reached")
    finally:
        reader.close()


def _answers(entry: JournalEntry) -> int:
    """Records that a batch put on the decisions topic."""
    return entry.decisions + (entry.refusals or 0)


class Verifier:
    """Re-applies one engine's history; `run` returns the report."""

    def __init__(self, options: EngineOptions) -> None:
        self.options = options
        self.home = options.home()
        topics = Topics(options.engine)
        self._decisions = self._lines("decisions", _whole)
        self._letters = self._lines("dead-letters", _whole)
        self._vectors = self._lines("features", _rows)
        self.report = VerificationReport(options.engine)
        (self._journal_end,) = end_offsets(options.bootstrap, [topics["journal"]]).values()
        self._snapshots = self._logical_hashes()

    def run(self) -> VerificationReport:
        """From the first batch to the journal's end. The first difference ends it; lines of others do not."""
        state = replay.empty(self.home)
        try:
            state = self._beginning()
            self._repeat(state)
            self.report.is_whole = True
            self._nothing_more()
        except TollgateError as error:
            self.report.difference = str(error)
        self.report.state_hash = state.core.state_hash
        self.report.logical_hash = state.core.logical_hash()
        return self.report

    def _beginning(self) -> replay.EngineState:
        """The state after the last batch of another catalogue, else the empty one: of the first batch, or of
        the last one by which the state was given up.
        """
        empty = last_beginning(self.home, self.options.bootstrap, 0)
        if empty is None:
            empty = replay.empty(self.home)
        else:
            self._pass_given_up(empty.position)
        before = self._before(empty.position)
        if before is None:
            return empty
        entry = before.entry
        state = replay.at_batch(self.home, entry.number, self._journal_end)
        self.report.notes.append(
            f"batches 1 to {entry.number} were not re-applied: the last of them was decided under the "
            f"catalogue {entry.catalogue}, this one is {self.home.catalogue.schema_hash}; begun with the "
            f"snapshot after batch {entry.number}"
        )
        self._decisions.drop(before.answers)
        self._letters.drop(before.dead_letters)
        self._vectors.drop(before.vectors)
        return state

    def _pass_given_up(self, position: replay.JournalPosition) -> None:
        """Leaves out what was decided before the state was given up."""
        answers = letters = vectors = 0
        for totals in self._totals(position):
            answers, letters, vectors = totals[1:]
        for lines, role, read, later in (
            (self._decisions, "decisions", _whole, answers),
            (self._letters, "dead-letters", _whole, letters),
            (self._vectors, "features", _rows, vectors),
        ):
            lines.drop(self._lines(role, read).count() - later)
        self.report.notes.append(
            f"batches 1 to {position.number} were not re-applied: the state was given up after them"
        )

    def _journal(self, position: replay.JournalPosition) -> JournalReader:
        return JournalReader(
            self.options.bootstrap, self.options.engine, position.journal_offset, position.number
        )

    def _totals(self, position: replay.JournalPosition) -> Iterator[TotalsAtEntry]:
        """Each entry from there on, with what the topics hold from there up to it."""
        journal = self._journal(position)
        answers = letters = vectors = 0
        try:
            for entry, _ in journal.to_end():
                answers, letters = answers + _answers(entry), letters + entry.dead_letters
                vectors += entry.payments
                yield TotalsAtEntry(entry, answers, letters, vectors)
        finally:
            journal.close()

    def _before(self, position: replay.JournalPosition) -> TotalsAtEntry | None:
        """What the topics hold from there up to the last entry of another catalogue."""
        found = None
        for totals in self._totals(position):
            if totals.entry.catalogue != self.home.catalogue.schema_hash:
                found = totals
        return found

    def _repeat(self, state: replay.EngineState) -> None:
        """Re-applies the journal from the state's position to its end."""
        position = state.position
        journal = self._journal(position)
        recorded = RecordedInputs(self.options.bootstrap, position.inputs)
        try:
            for entry, offset in journal.to_end():
                batch = recorded.batch(entry)
                result = replay.apply_entry(state, entry, batch, offset, answer=True)
                for index in result.controls:
                    topic = batch.run_of(index).topic
                    self.report.controls[topic] = self.report.controls.get(topic, 0) + 1
                self._compare(entry.number, result, state)
                self._same(entry.number, "who signed", tuple(result.signed), entry.signed or ())
            if journal.foreign.count:
                self.report.notes.append(f"{journal.foreign.topic}: {journal.foreign}")
        finally:
            journal.close()
            recorded.close()

    def _compare(self, number: int, result: BatchResult, state: replay.EngineState) -> None:
        report = self.report
        for answer in result.in_log_order:
            self._is_logged(number, f"{answer.kind} on {answer.key}", answer.body, self._decisions)
        for _, letter in result.dead_letters:
            self._is_logged(number, f"dead letter of offset {letter.offset}", encode(letter), self._letters)
        for block in result.vectors:
            for sequence, row in zip(block.sequences.tolist(), block.matrix, strict=True):
                vector = sequence, row.tobytes()
                self._is_logged(number, f"vector of decision {sequence}", vector, self._vectors)
        if number in self._snapshots:
            self._same(number, "logical state", state.core.logical_hash(), self._snapshots[number])
            report.snapshots += 1
        report.batches += 1
        report.decisions += result.new
        report.duplicates += result.duplicates
        report.dead_letters += len(result.dead_letters)
        report.refusals += len(result.refusals)
        report.vectors += sum(len(block.payments) for block in result.vectors)

    def _is_logged(self, number: int, what: str, again: T, lines: OutputLines[T]) -> None:
        self._same(number, what, again, lines.next_like(again))

    @staticmethod
    def _same(number: int, what: str, again: object, logged: object) -> None:
        if again != logged:
            raise Damaged(f"batch {number}, {what}: re-applied it gives {again!r}, logged is {logged!r}")

    def _nothing_more(self) -> None:
        """Raises `Damaged` where the topics hold lines that no batch gave."""
        outputs = (self._decisions.foreign, self._letters.foreign, self._vectors.foreign)
        for lines in (self._decisions, self._letters, self._vectors):
            lines.leave_out_rest()
        self.report.foreign = {foreign.topic: foreign.count for foreign in outputs if foreign.count}
        if said := [f"{foreign.topic}: {foreign}" for foreign in outputs if foreign.count]:
            raise Damaged(f"the log holds lines that no journal entry states. {'. '.join(said)}")

    def _lines(self, role: str, read: Callable[[bytes], Iterable[T]]) -> OutputLines[T]:
        topic = Topics(self.options.engine)[role]
        return OutputLines(topic, records(self.options.bootstrap, topic), read)

    def _logical_hashes(self) -> dict[int, str]:
        """Logical state hashes of the snapshots that can be read and fit."""
        hashes = {}
        for path in snapshot.newest_first(self.home.snapshots):
            try:
                header, _ = snapshot.read(path)
                replay.check_fit(header, self.home, self._journal_end)
            except (TollgateError, OSError) as error:
                self.report.notes.append(f"snapshot {path.name} was not compared: {error}")
            else:
                if header.catalogue == self.home.catalogue.schema_hash:
                    hashes[header.number] = header.logical_hash
        return hashes


def _whole(record: bytes) -> tuple[bytes]:
    return (record,)


def _rows(record: bytes) -> list[tuple[int, bytes]]:
    """The vectors of a record, each with its decision's sequence."""
    vectors = _unpack(record)
    width = 8 * vectors.columns
    if (len(vectors.sequence), len(vectors.matrix)) != (8 * vectors.rows, width * vectors.rows):
        raise msgspec.ValidationError(f"it has not the bytes of {vectors.rows} vectors")
    sequences = np.frombuffer(vectors.sequence, "<i8").tolist()
    return [
        (sequence, vectors.matrix[width * row : width * (row + 1)]) for row, sequence in enumerate(sequences)
    ]
