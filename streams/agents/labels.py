"""The label agent: ENGINE.disputes and ENGINE.outcomes -> labels on ENGINE.labels, dossiers on the compacted
ENGINE.label-ledger, what cannot be used on ENGINE.label-parked.

Invariants
- Labels, dossiers and parked records of a batch are one transaction, and offsets are committed only
  after it. So nothing is lost, a crash repeats records at worst, and a repeated record changes no dossier:
  after any crash the labels that stand are the same.
- State is the ledger: at start records newer than local disk are read from there, after an older agent has
  been fenced. The ledger is compacted and never expires, so evidence for a payment of years ago finds its
  dossier.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import faust

from models.labels import Dossier, ForeignEntry, Silence, ledger_entry
from streams.agents.agent_record import AgentRecord
from streams.agents.dossier_store import DossierStore
from streams.agents.label_keeping import LabelChanges, LabelKeeper
from streams.agents.transactions import AgentProducer
from streams.agents.worker import COMMIT_S, agent_app, in_batches, raw_topic, run_worker
from streams.kafka import (
    ForeignRecords,
    Topics,
    check_agent_topics,
    ensure_agent_topics,
    identify_topic,
    records,
)

if TYPE_CHECKING:
    from streams.metrics.by_process import AgentMeters

log = logging.getLogger(__name__)

RESTORED_AT_ONCE: Final = 2_000


class LabelLog:
    """Where the agent's changes go: the log first, then its disk."""

    def __init__(self, bootstrap: str, engine: str, folder: Path, silence: Silence) -> None:
        """Takes over from an older agent, then reads what is on the ledger."""
        topics = Topics(engine)
        self._producer = AgentProducer(bootstrap, engine, "label")
        ledger = topics["label-ledger"]
        identity = f"{identify_topic(bootstrap, ledger)}|{silence.age_days}"
        self._store = DossierStore(folder / "dossiers.sqlite", identity)
        restore(bootstrap, ledger, self._store, silence)
        self._keeper = LabelKeeper(engine, topics["disputes"], self._store, silence)
        self.watch: Callable[[LabelChanges], None] = _unwatched
        """Is given what was written."""

    def handle(self, batch: Sequence[AgentRecord]) -> None:
        """One batch of evidence, then every payment whose silence is due. Raises `Fenced` or `Outage`: the
        agent must end then.
        """
        self._commit(self._keeper.changes(batch))
        while (settled := self._keeper.settled()).dossiers:
            self._commit(settled)

    def _commit(self, changes: LabelChanges) -> None:
        messages = changes.messages()
        if messages:
            ends = self._producer.commit(messages)
            self._keeper.keep(changes, ends["label-ledger"] if changes.dossiers else 0)
            self.watch(changes)


def _unwatched(_: LabelChanges) -> None:
    return


def restore(bootstrap: str, ledger: str, store: DossierStore, silence: Silence) -> None:
    """Brings the store up to the ledger's end. What is no dossier is skipped, and the one before it stays."""
    waiting: dict[str, tuple[Dossier, int | None] | None] = {}
    position = store.position
    foreign = ForeignRecords(ledger)
    for record in records(bootstrap, ledger, position):
        position = record.offset() + 1
        try:
            payment, dossier = ledger_entry(record.key(), record.value())
        except ForeignEntry as error:
            foreign.note(record.offset(), str(error))
            continue
        waiting[payment] = None if dossier is None else (dossier, silence.due(dossier))
        if len(waiting) >= RESTORED_AT_ONCE:
            store.put(waiting, position)
            waiting = {}
    store.put(waiting, position)


def make_app(
    bootstrap: str,
    engine: str,
    folder: Path,
    silence: Silence,
    commit_s: float = COMMIT_S,
    meters: "AgentMeters | None" = None,
) -> faust.App:
    """The agent as a Faust app. Fences an older one of this engine at once."""
    ensure_agent_topics(bootstrap, engine)
    check_agent_topics(bootstrap, engine)
    labels = LabelLog(bootstrap, engine, folder, silence)
    app = agent_app(bootstrap, f"{engine}-label-agent", folder, commit_s)
    topics = Topics(engine)
    handle: Callable[[Sequence[AgentRecord]], None] = labels.handle
    if meters is not None:
        labels.watch, handle = meters.labelled, meters.timed(labels.handle)
        meters.ready()

    @app.agent(raw_topic(app, topics["disputes"], topics["outcomes"]))  # type: ignore[untyped-decorator] # Faust has no types
    async def label(stream: Any) -> None:
        """Every piece of evidence, in its payment's dossier."""
        await in_batches(app, stream, handle)

    return app


def run_label_agent(
    bootstrap: str,
    engine: str,
    folder: Path,
    silence: Silence,
    commit_s: float = COMMIT_S,
    meters: "AgentMeters | None" = None,
) -> None:
    """Runs the agent until SIGTERM."""
    run_worker(make_app(bootstrap, engine, folder, silence, commit_s, meters))
