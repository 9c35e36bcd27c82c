"""From a snapshot and the journal to the engine's state: used at start-up, by the follower and by `tollgate
verify`.

Invariants
- An engine's state is the fold of its journal over its inputs. Every entry re-applied must give the state
  hash (and, with decisions, the decision hash) that the journal states; anything else stops the process with
  the batch named.
- Entries are re-applied under the feature catalogue they were decided with. Another catalogue goes live where
  the one before was drained: its last snapshot, taken after its last entry, is taken
  over (`features.state.migration`). Where it has entries after the newest usable snapshot, the new one is
  refused.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import UNSET

from features.state import FeatureState
from models.messages import BegunAgain, EngineProtocol, JournalEntry, Versions, protocol_of
from models.units import HOUR_MS
from streams.engine.admission import Admission, LogCounters
from streams.engine.core import Core
from streams.engine.decision import Artefacts, Context, HitSets
from streams.engine.input import CRASHED, InputBatch
from streams.engine.recovery import snapshot
from streams.engine.result import BatchResult, DecisionOrigin
from streams.errors import Damaged, Misconfigured, TollgateError
from streams.kafka import ClusterIdentity

log = logging.getLogger(__name__)

PARTS = ("admission", "features", "hit_sets", "remembered", "artefacts")
GROUPED_RECORDS_MAX = 1_000
"""Larger groups leave the processor's caches: 8.9 us a payment by 500 to 1,000, 10 to 11 by 4,000."""


class OtherCatalogue(Misconfigured):
    """The journal continues under another feature catalogue than this program's."""


Journalled = tuple[JournalEntry, int]
"""An entry and the journal offset after it."""


@dataclass
class JournalPosition:
    """A place in an engine's history: its last batch, and where the journal and the inputs continue."""

    number: int = 0
    journal_offset: int = 0
    inputs: dict[str, int] = field(default_factory=dict)


@dataclass
class EngineState:
    """The engine's logical state at a position."""

    core: Core
    position: JournalPosition
    taken_over: Path | None = None
    """The snapshot of another catalogue that it comes from."""


@dataclass(frozen=True)
class EngineHome:
    """Where an engine of this name lives: its cluster and its folder, its feature catalogue, staged
    artefacts.
    """

    engine: str
    cluster: ClusterIdentity
    snapshots: Path
    catalogue: Any
    artefacts: Artefacts


def empty(home: EngineHome) -> EngineState:
    """The state before the first batch."""
    return EngineState(
        Core(home.engine, home.catalogue, Context(home.catalogue, home.artefacts)), JournalPosition()
    )


def restore(home: EngineHome, journal_end: int) -> EngineState:
    """The newest snapshot that fits, or the empty state; says why others were passed over."""
    for path in snapshot.newest_first(home.snapshots):
        try:
            return _loaded(path, home, journal_end)
        except (TollgateError, OSError, ValueError, KeyError) as error:
            log.warning("snapshot %s is passed over: %s", path.name, error)
    return empty(home)


def _loaded(path: Path, home: EngineHome, journal_end: int) -> EngineState:
    header, arrays = snapshot.read(path)
    check_fit(header, home, journal_end)
    parts = {prefix: _part(arrays, prefix) for prefix in PARTS}
    admission = Admission.from_arrays(parts["admission"], header.horizon_ms, header.keys_max)
    features = FeatureState.from_arrays(home.catalogue, parts["features"])
    incomplete = {sha256: array.tobytes() for sha256, array in parts["artefacts"].items()}
    context = Context.restored(home.catalogue, home.artefacts, header.in_effect, incomplete)
    rulesets = [tuple(rules) for rules in header.rulesets]
    origins = [
        DecisionOrigin(
            Versions(o.catalogue, o.model, o.ruleset, o.policy), o.missing, rulesets[o.rules], o.challenger
        )
        for o in header.origins
    ]
    hit_sets = HitSets.from_arrays(parts["hit_sets"])
    counters = LogCounters.from_arrays(parts["remembered"])
    core = Core(
        home.engine,
        home.catalogue,
        context,
        admission,
        features,
        origins,
        hit_sets,
        counters,
        header.trust or None,
    )
    core.decision_hash = int(header.decision_hash, 16)
    core.vector_chain = int(header.vector_chain, 16)
    position = JournalPosition(header.number, header.journal_offset, dict(header.positions))
    taken_over = path if header.catalogue != home.catalogue.schema_hash else None
    if taken_over is not None:
        warming = max(0, features.full_at - features.engine_time)
        log.info(
            "snapshot %s of catalogue %s is taken over by catalogue %s; warming for %.1f h of engine time",
            path.name,
            header.catalogue,
            home.catalogue.schema_hash,
            warming / HOUR_MS,
        )
    return EngineState(core, position, taken_over)


def at_batch(home: EngineHome, number: int, journal_end: int) -> EngineState:
    """The state after batch `number`, from the snapshot that was taken over there.

    Raises `Damaged` where there is none that can be used.
    """
    name = home.snapshots / f"{number:016d}"
    reasons = []
    for path in (name.with_suffix(snapshot.TAKEN_OVER), name.with_suffix(snapshot.SUFFIX)):
        try:
            return _loaded(path, home, journal_end)
        except (TollgateError, OSError, ValueError, KeyError) as error:
            reasons.append(f"{path.name}: {error}")
    raise Damaged(f"no snapshot of batch {number} can be taken over: {'; '.join(reasons)}")


def check_fit(header: snapshot.SnapshotHeader, home: EngineHome, journal_end: int) -> None:
    """Raises `Damaged` where a snapshot is of another engine, cluster or incarnation of its topics. An input
    that was added since is read from its beginning.
    """
    present = {name: home.cluster.topics.get(name, "none") for name in header.topics}
    wanted = {
        "engine": (header.engine, home.engine),
        "cluster": (header.cluster, home.cluster.id),
        "topics": (header.topics, present),
    }
    for what, (written, expected) in wanted.items():
        if written != expected:
            raise Damaged(f"it is of another {what}: {written} instead of {expected}")
    if header.journal_offset > journal_end:
        raise Damaged(
            f"it is ahead of the journal ({header.journal_offset} > {journal_end}): the journal lost entries"
        )


def _part(arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name.split("/", 1)[1]: array for name, array in arrays.items() if name.startswith(f"{prefix}/")}


def save(state: EngineState, home: EngineHome) -> Path:
    """Writes a snapshot of `state`."""
    core = state.core
    arrays = {f"admission/{name}": array for name, array in core.admission.arrays().items()}
    arrays |= {f"features/{name}": array for name, array in core.features.arrays().items()}
    arrays |= {f"hit_sets/{name}": array for name, array in core.hit_sets.arrays().items()}
    arrays |= {f"remembered/{name}": array for name, array in core.counters.arrays().items()}
    contents = core.context.shelf.contents()
    arrays |= {f"artefacts/{sha256}": np.frombuffer(held, np.uint8) for sha256, held in contents.items()}
    rulesets = {rules: number for number, rules in enumerate(dict.fromkeys(o.rules for o in core.origins))}
    header = snapshot.SnapshotHeader(
        format=snapshot.FORMAT,
        engine=home.engine,
        cluster=home.cluster.id,
        topics=home.cluster.topics,
        catalogue=home.catalogue.schema_hash,
        number=state.position.number,
        journal_offset=state.position.journal_offset,
        positions=state.position.inputs,
        decision_hash=f"{core.decision_hash:016x}",
        vector_chain=f"{core.vector_chain:016x}",
        logical_hash=core.logical_hash(),
        horizon_ms=core.admission.horizon_ms,
        keys_max=core.admission.keys_max,
        in_effect=core.context.document(),
        origins=[
            snapshot.OriginRecord(
                o.versions.catalogue,
                o.versions.model,
                o.versions.ruleset,
                o.versions.policy,
                o.missing,
                rulesets[o.rules],
                o.challenger,
            )
            for o in core.origins
        ],
        rulesets=[list(rules) for rules in rulesets],
        trust=core.authority.state.record() or UNSET,
    )
    return snapshot.write(home.snapshots, header, arrays)


def apply_entry(
    state: EngineState, entry: JournalEntry, batch: InputBatch, journal_offset: int, answer: bool
) -> BatchResult:
    """Re-applies one journalled batch and checks that it does what it did."""
    if entry.begun_again:
        state.core = begun_again(state.core, entry.begun_again)
    core = state.core
    check_catalogue(entry, core.catalogue.schema_hash)
    core.admission.horizon_ms, core.admission.keys_max = entry.horizon_ms, entry.keys_max
    core.protocol = _protocol(entry)
    core.admission.late_after_ms = entry.late_after_ms or None
    core.context.shelf.required = bool(entry.artefacts_on_log)
    _pin(state, entry)
    for withdrawal in entry.withdrawn or ():
        core.withdraw(withdrawal.target)
    result = core.apply(batch, skipped(entry, batch), answer)
    if not answer:
        core.decision_hash = int(entry.decision_hash, 16)
    _check_same(state, entry)
    state.position = JournalPosition(
        entry.number, journal_offset, {**state.position.inputs, **entry.positions}
    )
    return result


def _pin(state: EngineState, entry: JournalEntry) -> None:
    """The root of trust that the journal states, before its batch is applied."""
    if entry.trust is UNSET:
        return
    try:
        state.core.authority.follow(entry.trust)
    except ValueError as error:
        raise Damaged(f"batch {entry.number}: {error}") from error


def _protocol(entry: JournalEntry) -> EngineProtocol:
    try:
        return protocol_of(entry)
    except ValueError:
        raise Misconfigured(
            f"batch {entry.number} of engine {entry.engine!r} was decided by rules of a newer Tollgate "
            f"(protocol {entry.protocol}): use that version"
        ) from None


@dataclass(frozen=True)
class Beginning:
    """How a journal goes on without the state so far."""

    number: int
    """Batches so far."""
    inputs: dict[str, int]
    """Where each input is read from."""
    begun: BegunAgain
    root: tuple[str, int] | None = None
    """The root of trust that the journal stated, and since which offset: it stays."""


def begin_again(home: EngineHome, beginning: Beginning, journal_end: int) -> EngineState:
    """The empty state with which a journal begins again at its end."""
    core = begun_again(empty(home).core, beginning.begun)
    if beginning.root is not None:
        core.authority.state.pin(*beginning.root)
    return EngineState(core, JournalPosition(beginning.number, journal_end, dict(beginning.inputs)))


def begun_again(core: Core, begun: BegunAgain) -> Core:
    """The state that a journal goes on with where the one before was given up."""
    return Core(
        core.engine,
        core.catalogue,
        Context(core.catalogue, core.context.artefacts),
        Admission.begun_again(begun.sequence, begun.engine_time),
        FeatureState.begun_again(core.catalogue, begun.engine_time),
    )


def check_catalogue(entry: JournalEntry, here: str) -> None:
    """Raises `OtherCatalogue` for an entry that was decided under another one."""
    if entry.catalogue != here:
        raise OtherCatalogue(
            f"batch {entry.number} of engine {entry.engine!r} was decided under the feature catalogue "
            f"{entry.catalogue}, this one is {here}, and there is no usable snapshot after the other's last "
            "batch. Start the version with the other catalogue and stop it cleanly: what it leaves is taken "
            "over. Or replay the inputs under a new engine name."
        )


def grouped(entries: Iterable[Journalled]) -> Iterator[list[Journalled]]:
    """Neighbouring entries that may be applied as one batch: where batches were cut does not matter.

    Traffic at 10,000/s is cut into batches of a hundred; applied one by one, most of the time would go into
    what a batch costs whatever its size.
    """
    group: list[Journalled] = []
    records = 0
    for entry, offset in entries:
        more = sum(part.records for part in entry.ranges)
        if group and not (_alike(group[-1][0], entry) and records + more <= GROUPED_RECORDS_MAX):
            yield group
            group, records = [], 0
        group.append((entry, offset))
        records += more
    if group:
        yield group


def _alike(first: JournalEntry, second: JournalEntry) -> bool:
    """Whether two entries differ in nothing but the cut."""
    same = [
        (
            e.horizon_ms,
            e.keys_max,
            e.catalogue,
            e.protocol,
            (e.trust.root, e.trust.since) if e.trust else None,
            e.artefacts_on_log,
            e.late_after_ms,
        )
        for e in (first, second)
    ]
    alone = any(e.skipped or e.withdrawn or e.begun_again for e in (first, second))
    return same[0] == same[1] and not alone


def apply_entries(
    state: EngineState, entries: list[Journalled], batch: InputBatch, answer: bool
) -> BatchResult:
    """Re-applies neighbouring batches of one group (see `grouped`) as one, and checks the last one's hashes:
    they chain over all before."""
    positions = dict(state.position.inputs)
    for entry, _ in entries[:-1]:
        positions.update(entry.positions)
    state.position.inputs = positions
    return apply_entry(state, entries[-1][0], batch, entries[-1][1], answer)


def skipped(entry: JournalEntry, batch: InputBatch) -> dict[int, str]:
    """Indices in `batch` of the records that the journal says were skipped, and why."""
    if not entry.skipped:
        return {}
    reasons = {(skip.topic, skip.offset): skip.why or CRASHED for skip in entry.skipped}
    return {
        at: reasons[run.topic, batch.offsets[at]]
        for run in batch.runs
        for at in range(run.first, run.last)
        if (run.topic, batch.offsets[at]) in reasons
    }


def _check_same(state: EngineState, entry: JournalEntry) -> None:
    core = state.core
    pairs = {
        "state hash": (core.state_hash, entry.state_hash),
        "decision hash": (f"{core.decision_hash:016x}", entry.decision_hash),
        "number of decisions": (core.admission.sequence, entry.sequence),
        "engine time": (core.admission.engine_time, entry.engine_time),
        "trust": (core.authority.journalled(), entry.trust or None),
    }
    for what, (here, journalled) in pairs.items():
        if here != journalled:
            raise Damaged(
                f"batch {entry.number} gives another {what} than the journal states ({here}, journalled "
                f"{journalled}): "
                "this software or machine does not compute what the engine did, or the inputs were "
                "changed. Run "
                "`tollgate verify` for the first difference; a wrong snapshot can be moved aside and is "
                "not needed."
            )
