"""A recorded log re-applied by this version, through the code that recovery and `tollgate verify` use.

Three times: batch by batch with answers, stopped and started again where the recorded engine was; as a start
without a snapshot does it, in groups and without answers; and so from the recorded snapshot.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from models.messages.journal import InputRange, JournalEntry
from streams.engine.decision.context import degraded_names
from streams.engine.input.batch import InputBatch
from streams.engine.output.messages import TransactionMessages
from streams.engine.recovery import replay
from streams.engine.result import BatchResult
from streams.errors import Damaged
from streams.kafka.admin import ClusterIdentity
from tests.checks.recorded_catalogue import recorded_catalogue
from tests.checks.recording import INPUTS, Headers, Recording

ROLES = ("decisions", "features", "dead-letters", "controls", "journal")
"""Topics that an engine writes to; on `controls` it is one of several."""
JOURNAL_END = 2**62


class OutputMessage(NamedTuple):
    """What a consumer sees of a message."""

    key: bytes | None
    value: bytes
    headers: Headers


@dataclass
class Reapplication:
    """All that this version makes of a recording."""

    messages: dict[str, list[OutputMessage]] = field(default_factory=lambda: {role: [] for role in ROLES})
    """By the role of their topic."""
    states: dict[str, str] = field(default_factory=dict)
    """Hashes by what they are of."""
    scorer: str = "none"
    """The kind of kernel that scored last."""


class RecordedBatches:
    """The batches that journal entries speak of, from the recorded input topics."""

    def __init__(self, recording: Recording, positions: dict[str, int]) -> None:
        """`positions`: the first offset to give out, by topic; 0 where it names none."""
        engine = recording.manifest.engine
        topics = {f"{engine}.{role}": recording.topics[role] for role in INPUTS}
        self._waiting = {
            topic: iter([record for record in records if record.offset >= positions.get(topic, 0)])
            for topic, records in topics.items()
        }

    def batch(self, *entries: JournalEntry) -> InputBatch:
        """The records of these entries as one batch. Call in order of the journal."""
        batch = InputBatch()
        for part in (part for entry in entries for part in entry.ranges):
            batch.extend(part.topic, part.partition, list(self._take(part)))
        return batch

    def _take(self, part: InputRange) -> Iterator[tuple[bytes, int, int]]:
        for _ in range(part.records):
            record = next(self._waiting[part.topic])
            yield record.value, record.offset, record.time


def reapply(recording: Recording) -> Reapplication:
    """Raises `replay.OtherCatalogue` where this version cannot make the recording's feature catalogue."""
    reapplied = Reapplication()
    with tempfile.TemporaryDirectory(prefix="tollgate-recorded-") as folder:
        _one_by_one(recording, _home(recording, Path(folder) / "one-by-one"), reapplied)
        home = _home(recording, Path(folder) / "recovery")
        reapplied.states["recovered from nothing"] = _recovered(recording, replay.empty(home))
        path = home.snapshots / f"{recording.manifest.snapshot:016d}.snapshot"
        path.parent.mkdir(parents=True)
        path.write_bytes(recording.snapshot)
        state = replay.restore(home, JOURNAL_END)
        reapplied.states["snapshot restored"] = f"{state.position.number} {state.core.logical_hash()}"
        reapplied.states["recovered from the snapshot"] = _recovered(recording, state)
    return reapplied


def _home(recording: Recording, folder: Path) -> replay.EngineHome:
    """The recorded engine's home; its snapshots go into `folder`."""
    manifest = recording.manifest
    cluster = ClusterIdentity(manifest.cluster, manifest.topics)
    catalogue = recorded_catalogue(manifest)
    return replay.EngineHome(manifest.engine, cluster, folder, catalogue, recording.artefacts.__getitem__)


def _journal(recording: Recording, after: int = 0) -> list[replay.Journalled]:
    """The entries behind batch number `after`."""
    decode = msgspec.json.Decoder(JournalEntry).decode
    entries = [(decode(record.value), record.offset + 1) for record in recording.topics["journal"]]
    return [(entry, offset) for entry, offset in entries if entry.number > after]


def _one_by_one(recording: Recording, home: replay.EngineHome, reapplied: Reapplication) -> None:
    """Every batch by itself, with all that it makes an engine write."""
    stops = {stop.number for stop in recording.manifest.stops}
    state, batches = replay.empty(home), RecordedBatches(recording, {})
    transaction = TransactionMessages(home.engine, home.catalogue.schema_hash)
    for entry, offset in _journal(recording):
        batch = batches.batch(entry)
        result = _applied(state, entry, batch, offset)
        for message in transaction.messages(batch, result, _entry(state, entry, batch, result)):
            key = message.key.encode() if isinstance(message.key, str) else message.key
            role = message.topic.removeprefix(f"{home.engine}.")
            reapplied.messages[role].append(OutputMessage(key, message.value or b"", tuple(message.headers)))
        if entry.number in stops:
            reapplied.states[f"logical state of batch {entry.number}"] = state.core.logical_hash()
            content = replay.save(state, home).read_bytes()
            reapplied.states[f"snapshot of batch {entry.number}"] = hashlib.sha256(content).hexdigest()
            state = replay.restore(home, JOURNAL_END)
    reapplied.states["applied one by one"] = _final(state)
    reapplied.scorer = state.core.context.scorer.kind if state.core.context.scorer else "none"


def _applied(state: replay.EngineState, entry: JournalEntry, batch: InputBatch, offset: int) -> BatchResult:
    """`apply_entry`; but a hash that differs does not end it: what differs is to be seen in the messages."""
    results: list[BatchResult] = []
    apply = state.core.apply

    def noted(*arguments: Any) -> BatchResult:
        results.append(apply(*arguments))
        return results[-1]

    state.core.apply = noted  # type: ignore[method-assign, assignment]
    try:
        return replay.apply_entry(state, entry, batch, offset, answer=True)
    except Damaged:
        inputs = {**state.position.inputs, **entry.positions}
        state.position = replay.JournalPosition(entry.number, offset, inputs)
        return results[-1]
    finally:
        del state.core.apply


def _entry(
    state: replay.EngineState, entry: JournalEntry, batch: InputBatch, result: BatchResult
) -> JournalEntry:
    """The journal entry as this version's engine writes it. Who computed it (`scorer`, `cpu`) and what does
    not come from the batch (`number`, `horizon_ms`, `keys_max`, `skipped`) are the recorded one's.
    """
    core, context = state.core, state.core.context
    return msgspec.structs.replace(
        entry,
        engine=core.engine,
        ranges=batch.ranges(),
        positions={run.topic: batch.offsets[run.last - 1] + 1 for run in batch.runs},
        engine_time=core.admission.engine_time,
        payments=result.new,
        decisions=len(result.answers),
        duplicates=result.duplicates,
        dead_letters=len(result.dead_letters),
        sequence=core.admission.sequence,
        decision_hash=f"{core.decision_hash:016x}",
        state_hash=core.state_hash,
        catalogue=context.versions.catalogue,
        model=context.versions.model,
        ruleset=context.versions.ruleset,
        policy=context.versions.policy,
        degraded=degraded_names(result.degraded),
        challenger=context.challenger.version if context.challenger else msgspec.UNSET,
        late=result.late or msgspec.UNSET,
    )


def _recovered(recording: Recording, state: replay.EngineState) -> str:
    """The state at the journal's end, reached as an engine does at its start; or why it refuses to start."""
    batches = RecordedBatches(recording, state.position.inputs)
    try:
        for group in replay.grouped(_journal(recording, state.position.number)):
            replay.apply_entries(state, group, batches.batch(*(entry for entry, _ in group)), answer=False)
    except Damaged as error:
        return str(error)
    return _final(state)


def _final(state: replay.EngineState) -> str:
    core = state.core
    return f"{state.position.number} {core.state_hash} {core.decision_hash:016x} {core.logical_hash()}"
