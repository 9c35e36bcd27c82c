"""The engine process: start-up in the one right order, then batch after batch.

Start-up, each step needed by the next (after an early check that refuses to fence an engine of another
catalogue that still decides):
1. `init_transactions` fences an older engine of this name and settles its last transaction;
2. the journal's read_committed end is final now: it states what has been decided;
3. the newest good snapshot not ahead of it, then the journal's later batches re-applied, producing nothing;
4. inputs are read from where the journal ends, never from group offsets (those are for monitoring, and up to
   a second behind).
With 2 before 1, a batch the older engine commits in between would be decided twice.
"""

import gc
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import UNSET

from models.kernels import compile_seconds
from models.messages import (
    PROTOCOL,
    BegunAgain,
    ChallengerHalt,
    DeadLetterReason,
    JournalEntry,
    Role,
    RootOfTrust,
    Skip,
    Withdrawal,
)
from models.trust import SigningKey, root_fingerprint
from models.units import DAY_MS, HOUR_MS
from streams.engine.admission import HORIZON_MS, KEYS_MAX, HorizonTooShortError
from streams.engine.decision import Artefacts, degraded_names
from streams.engine.identity import cpu_fingerprint
from streams.engine.input import (
    BATCH_MAX,
    CRASHED,
    InputBatch,
    InputReader,
    LatenessWatch,
    LostRange,
    PassOverOrders,
    PoisonGuard,
)
from streams.engine.offered_models import OfferedModels
from streams.engine.output import EngineOutput, TransactionMessages
from streams.engine.recovery import last_entry, recovered, replay, snapshot
from streams.engine.result import BatchObserver, BatchResult, NoObserver, PaymentTracing
from streams.errors import Misconfigured
from streams.kafka import (
    OutgoingMessage,
    ThinnedLog,
    Topics,
    Watchdog,
    check_retention,
    check_topics,
    end_offsets,
    ensure_topics,
    identify,
)
from streams.model_probe import ModelProbe

log = logging.getLogger(__name__)

LATE_AFTER_MS = DAY_MS
"""Sources that are away for a night are not late yet."""
UNOBSERVED: BatchObserver = NoObserver()
APPLY_LIMIT_S = 120.0
"""No batch takes so long, what is compiled for it aside (`compile_seconds`): a call in it hangs."""
PROBE_AFTER_S = 60.0
"""When an idle engine starts the process that scores models on a probe, so that nobody waits for it later."""
PASS_OVER = "pass-over"
"""Folder of an operator's orders in the engine's own."""


@dataclass(frozen=True)
class EngineOptions:
    """Options of one engine. `folder` belongs to it alone: its snapshots and its poison mark are there."""

    bootstrap: str
    engine: str
    folder: Path
    catalogue: Any
    artefacts: Artefacts
    historical: bool = False
    horizon_ms: int = HORIZON_MS
    keys_max: int = KEYS_MAX
    batch_max: int = BATCH_MAX
    root: RootOfTrust | None = None
    """Whom to trust first; None: what the journal states, else controls need not be signed."""
    key: SigningKey | None = None
    """Signs what the engine writes to its controls."""
    observer: BatchObserver = UNOBSERVED
    """Looks on (`streams.metrics`)."""
    traces: PaymentTracing | None = None
    """Traces payments whose sender asks for it."""

    def home(self) -> replay.EngineHome:
        cluster = identify(self.bootstrap, self.engine)
        return replay.EngineHome(
            self.engine, cluster, self.folder / "snapshots", self.catalogue, self.artefacts
        )


def refuse_undrained(home: replay.EngineHome, bootstrap: str) -> None:
    """Raises `OtherCatalogue` before an engine of another catalogue that still decides is fenced.

    A look ahead only: what counts is checked when the journal is re-applied.
    """
    entry = last_entry(bootstrap, home.engine)
    if entry is not None and not (home.snapshots / f"{entry.number:016d}{snapshot.SUFFIX}").exists():
        replay.check_catalogue(entry, home.catalogue.schema_hash)


def spare_collector() -> None:
    """Collects garbage rarely, and never what start-up made: a batch makes tens of thousands of short-lived
    objects without cycles. Measured: a fifth of the engine's time otherwise."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


class Engine:
    """One running engine: `start` (may take seconds), `step` again and again, `close` (writes a snapshot)."""

    def __init__(self, options: EngineOptions) -> None:
        self.options = options
        self.probe = ModelProbe(options.catalogue.names)
        self._cpu = cpu_fingerprint()
        self._watchdog = Watchdog(APPLY_LIMIT_S, excused=compile_seconds)
        self._refused_said: dict[tuple[str, str], int] = {}
        self._lateness = LatenessWatch(options.engine)
        self._pushed_off = ThinnedLog()

    def start(self, begins: replay.Beginning | None = None) -> None:
        """Takes over this engine's name and brings the state to the journal's end; or to the empty state of a
        journal that begins again there, for `give_up` to say so.
        """
        options = self.options
        began = time.monotonic()
        if options.historical:
            ensure_topics(options.bootstrap, options.engine, historical=True)
        else:
            check_topics(options.bootstrap, options.engine)
        self.home = options.home()
        refuse_undrained(self.home, options.bootstrap)
        self.output = EngineOutput(options.bootstrap, options.engine)
        check_retention(options.bootstrap, options.engine, self.home.snapshots, options.historical)
        journal_end = end_offsets(options.bootstrap, [Topics(options.engine)["journal"]])
        spare_collector()
        if begins is None:
            self.state, batches = recovered(self.home, options.bootstrap, *journal_end.values())
        else:
            self.state, batches = replay.begin_again(self.home, begins, *journal_end.values()), 0
        if self.state.taken_over is not None:
            snapshot.keep_taken_over(self.state.taken_over)
        core, position = self.state.core, self.state.position
        core.admission.horizon_ms, core.admission.keys_max = options.horizon_ms, options.keys_max
        core.protocol = PROTOCOL
        core.context.shelf.required = True
        core.admission.late_after_ms = None if options.historical else LATE_AFTER_MS
        self.guard = PoisonGuard(options.folder / "poison.json", position.number, options.batch_max)
        note = options.traces.note if options.traces else None
        self.inputs = InputReader(
            options.bootstrap, options.engine, position.inputs, options.historical, note
        )
        controls = Topics(options.engine)["controls"]
        self.orders = PassOverOrders(
            options.folder / PASS_OVER,
            options.engine,
            controls,
            position.inputs.get(controls, 0),
            position.number,
            core.authority.state,
        )
        self.offered = OfferedModels(options.artefacts, self.probe)
        self.transaction_messages = TransactionMessages(
            options.engine, options.catalogue.schema_hash, options.key
        )
        self._root = self._root_to_pin()
        log.info(
            "engine %s resumes after batch %d, %d decisions so far; %d batches re-applied; ready after "
            "%.1f s",
            options.engine,
            position.number,
            core.admission.sequence,
            batches,
            time.monotonic() - began,
        )

    def run(self, stopping: Callable[[], bool]) -> None:
        """Decides until `stopping`; the batch at hand is finished first."""
        spare_collector()
        self.probe.standing = True
        ready_s = time.monotonic() + PROBE_AFTER_S
        while not stopping():
            if not self.step() and time.monotonic() > ready_s:
                self.probe.start()

    def step(self, wait_s: float = 0.05) -> int:
        """One batch: read, apply, commit. Returns the number of records, 0 when nothing arrived."""
        observer = self.options.observer
        observer.begins()
        self.inputs.reported.see(self.state.position.inputs, time.monotonic())
        batch = self.inputs.take(1 if self.guard.one_at_a_time else self.options.batch_max, wait_s)
        if not batch.values:
            observer.idle(self)
            return 0
        observer.stage("wait")
        number = self.state.position.number
        first = f"{batch.runs[0].topic}@{batch.offsets[0]}"
        poison = {0: CRASHED} if self.guard.before(number, first) else {}
        core, trust = self.state.core, self.state.core.authority.state
        unfit = self.offered.refusals(batch, core.context.shelf, signed=trust.keys is not None)
        skips = {**poison, **unfit, **self.orders.skips(batch)}
        withdrawn = self.orders.withdrawals()
        self._pin_root()
        refused = trust.refused
        with self._watchdog.guard(f"applying batch {number + 1}, which begins with {first},"):
            for withdrawal in withdrawn:
                core.withdraw(withdrawal.target)
            result = self._applied(batch, skips)
        observer.stage("apply")
        entry = self._entry(batch, result, skips, withdrawn)
        messages = self.transaction_messages.messages(batch, result, entry)
        if self.options.traces:
            self.options.traces.sending(batch, result, messages)
        observer.stage("encode")
        self.guard.after()
        self._commit(messages, entry)
        observer.stage("commit")
        if self.options.traces:
            self.options.traces.committed()
        self.orders.settle(entry)
        self._say_refused(result)
        self._lateness.see(result.new, result.late)
        self._warn(result, refused)
        observer.committed(self, batch, result)
        return len(batch)

    def _applied(self, batch: InputBatch, skips: Mapping[int, str]) -> BatchResult:
        """Memory that is full is no record's fault: none is skipped for it."""
        try:
            return self.state.core.apply(batch, skips)
        except HorizonTooShortError:
            self.guard.blameless()
            raise

    def _warn(self, result: BatchResult, refused: int) -> None:
        """Says what an operator should look into. `refused`: controls refused before the batch."""
        more = self.state.core.authority.state.refused - refused
        if more:
            letter = next(
                each for _, each in result.dead_letters if each.reason is DeadLetterReason.UNAUTHORISED
            )
            log.warning(
                "ALARM: %d controls were refused as not authorised, the first at offset %d of %s (%s); what "
                "was in effect stays",
                more,
                letter.offset,
                letter.topic,
                letter.detail,
            )
        for effect in result.effects:
            if isinstance(effect.change, ChallengerHalt):
                log.warning("%s", effect.reason)
        pushed_off = self.state.core.context.shelf.given_way
        if self._pushed_off.is_due(pushed_off):
            log.warning(
                "ALARM: %d files on %s that no control had named yet gave way to later ones: a control "
                "that names one is refused. Who writes there? See docs/runbooks/lost-artefacts.md",
                pushed_off,
                Topics(self.options.engine)["artefacts"],
            )

    def give_up(self, lost: dict[str, LostRange], begun: BegunAgain | None = None) -> None:
        """Journals that these ranges, by topic, are not decided, and where reading goes on. With `begun`,
        that the state begins empty (`start`): its position then says where the other inputs go on.
        """
        batch = InputBatch()
        for topic, gone in lost.items():
            batch.lose(topic, 0, gone)
        self._pin_root()
        result = self.state.core.apply(batch)
        entry = self._entry(batch, result)
        if begun is not None:
            positions = {**self.state.position.inputs, **entry.positions}
            entry = msgspec.structs.replace(entry, begun_again=begun, positions=positions)
        self._commit(self.transaction_messages.messages(batch, result, entry), entry)

    def close(self) -> None:
        """Writes a snapshot, so that the next start has nothing to re-apply."""
        path = replay.save(self.state, self.home)
        log.info(
            "engine %s stopped after batch %d, snapshot %s",
            self.options.engine,
            self.state.position.number,
            path,
        )
        self.inputs.close(self.state.position.inputs)
        self.probe.close()

    def _say_refused(self, result: BatchResult) -> None:
        """List entries that rules asked for in vain: a line a list, reason and engine hour."""
        hour = self.state.core.admission.engine_time // HOUR_MS
        for (name, reason), count in sorted(result.puts_refused.items()):
            if self._refused_said.get((name, reason)) != hour:
                self._refused_said[name, reason] = hour
                log.warning(
                    "rules asked for %d entries of list %r that the policy does not allow (%s): list_puts in "
                    "the policy says what is protected and how many an hour; not repeated in this hour",
                    count,
                    name,
                    reason,
                )

    def _commit(self, messages: list[OutgoingMessage], entry: JournalEntry) -> None:
        """Makes a batch visible, its journal entry last, and goes on behind it."""
        position = self.state.position
        journalled = self.output.commit(messages, position.journal_offset)
        position.number = entry.number
        position.journal_offset = journalled + 1
        position.inputs.update(entry.positions)

    def _pin_root(self) -> None:
        """The root of trust comes into force with a batch, so that its journal entry states it."""
        if self._root is not None:
            self.state.core.authority.state.pin(*self._root)
            self._root = None

    def _root_to_pin(self) -> tuple[str, int] | None:
        """The root of trust that the next batch brings into force, and from which offset of the controls.

        What was on the log of an engine that has decided before stays valid. Raises `Misconfigured` where
        settings and log do not agree, or effects could not be signed.
        """
        authority, options = self.state.core.authority, self.options
        pinned = authority.state.root
        if pinned is None and options.root is None:
            return None
        if pinned is not None and options.root is not None and not authority.is_rooted_in(options.root):
            raise Misconfigured(
                f"the log of engine {options.engine} is rooted in {pinned[:16]}, the settings here name "
                f"{root_fingerprint(options.root)[:16]}: take over the keys folder of the host that "
                "began it, or set TOLLGATE_TRUST_ROOT to its root.json"
            )
        self._check_key()
        if pinned is not None or options.root is None:
            return None
        topic = Topics(options.engine)["controls"]
        since = end_offsets(options.bootstrap, [topic])[topic] if self.state.position.number else 0
        return root_fingerprint(options.root), since

    def _check_key(self) -> None:
        """Raises `Misconfigured` unless what the engine writes to its controls can be signed."""
        keys, key = self.state.core.authority.state.keys, self.options.key
        roles = {each.key: each.roles for each in keys.keys} if keys else {}
        if key is None or (keys is not None and Role.ENGINE not in roles.get(key.public, ())):
            raise Misconfigured(
                f"controls of engine {self.options.engine} are signed, and this host has no key for what the "
                "engine itself writes: `tollgate keys new engine` here, `tollgate keys add` it with the role "
                "engine where the root keys are"
            )

    def _ends(self, batch: InputBatch) -> dict[str, int]:
        return {partition.topic: partition.offset for partition in self.inputs.positions(batch)}

    def _entry(
        self,
        batch: InputBatch,
        result: BatchResult,
        skips: Mapping[int, str] = MappingProxyType({}),
        withdrawn: tuple[Withdrawal, ...] = (),
    ) -> JournalEntry:
        core, context = self.state.core, self.state.core.context
        versions = context.versions
        return JournalEntry(
            engine=self.options.engine,
            number=self.state.position.number + 1,
            ranges=batch.ranges(),
            positions=self.state.position.inputs | self._ends(batch),
            engine_time=core.admission.engine_time,
            payments=result.new,
            decisions=len(result.answers),
            duplicates=result.duplicates,
            dead_letters=len(result.dead_letters),
            sequence=core.admission.sequence,
            decision_hash=f"{core.decision_hash:016x}",
            state_hash=core.state_hash,
            catalogue=versions.catalogue,
            model=versions.model,
            ruleset=versions.ruleset,
            policy=versions.policy,
            scorer=context.scorer.kind if context.scorer else "none",
            cpu=self._cpu,
            horizon_ms=core.admission.horizon_ms,
            keys_max=core.admission.keys_max,
            degraded=degraded_names(result.degraded),
            skipped=tuple(_skip(batch, index, why) for index, why in sorted(skips.items())),
            withdrawn=withdrawn or UNSET,
            challenger=context.challenger.version if context.challenger else UNSET,
            protocol=int(core.protocol),
            refusals=len(result.refusals),
            trust=core.authority.journalled() or UNSET,
            signed=tuple(result.signed) or UNSET,
            artefacts_on_log=core.context.shelf.required or UNSET,
            late_after_ms=core.admission.late_after_ms or UNSET,
            late=result.late or UNSET,
        )


def _skip(batch: InputBatch, index: int, why: str) -> Skip:
    run = batch.run_of(index)
    return Skip(run.topic, run.partition, batch.offsets[index], UNSET if why == CRASHED else why)
