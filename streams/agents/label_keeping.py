"""What the label agent does with evidence: dossiers change, labels are sent, what cannot be used is parked.

Invariants
- Time is event time: the newest `at` of the evidence, never ahead of when it arrived. It never runs back.
- A label is sent when, and only when, the one that stands has changed; each stage on the way is sent, so that
  what was known at any date can be seen on the log.
- What is in memory is bounded by the batch; what is on disk by the evidence there is, and by `watched_max`
  payments whose silence is waited for.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from models.labels import (
    GRACE_MS,
    Dossier,
    EvidenceMessage,
    ParkedEvidence,
    Silence,
    UnusableEvidence,
    attempt_key,
    evidence_key,
    is_evidence,
    label_message,
    next_label,
    watches,
    with_evidence,
)
from models.messages import Label, Outcome, encode
from streams.agents.agent_record import AgentRecord
from streams.agents.dossier_store import DossierStore
from streams.agents.evidence_reading import parked, read_evidence, read_outcome
from streams.agents.transactions import AgentMessage

log = logging.getLogger(__name__)

SETTLED_MAX: Final = 2_000
"""Payments whose silence is judged in one transaction."""


@dataclass
class LabelChanges:
    """What a batch changed: dossiers by key (None: closed), labels and parked records in order. `watched`: by
    how many more payments' silence is waited for.
    """

    dossiers: dict[str, Dossier | None] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
    parked: list[ParkedEvidence] = field(default_factory=list)
    watched: int = 0

    def messages(self) -> list[AgentMessage]:
        """Everything that is written, in one transaction."""
        return [
            *map(_label, self.labels),
            *map(_parked, self.parked),
            *(_ledger(payment, dossier) for payment, dossier in self.dossiers.items()),
        ]


class LabelKeeper:
    """The dossiers of one engine's payments. Call `changes`, write what it gives, then `keep` it."""

    def __init__(self, engine: str, disputes: str, store: DossierStore, silence: Silence) -> None:
        """`disputes`: the topic whose records are all evidence."""
        self._engine = engine
        self._disputes = disputes
        self._store = store
        self._silence = silence
        self._now = store.seen
        self._watched = store.pending
        self.unwatched = 0
        """Payments that were not watched because `watched_max` were."""

    def changes(self, records: Sequence[AgentRecord]) -> LabelChanges:
        """What these records change, in order."""
        changes = LabelChanges()
        read = list(self._read(records, changes))
        known = self._store.get({evidence_key(message) for _, message in read})
        for record, message in read:
            try:
                self._take(message, record, known, changes)
            except UnusableEvidence as unusable:
                changes.parked.append(parked(self._engine, record, unusable))
        return changes

    def settled(self) -> LabelChanges:
        """Payments whose silence is judged now, at most `SETTLED_MAX`: labelled or not, they are closed."""
        changes = LabelChanges()
        for payment, (dossier, due) in self._store.due(self._now - GRACE_MS, SETTLED_MAX).items():
            label = self._silence.label(dossier, due)
            if label is not None:
                changes.labels.append(label_message(dossier, label))
            changes.dossiers[payment] = None
            changes.watched -= 1
        return changes

    def keep(self, changes: LabelChanges, position: int) -> None:
        """Keeps changes that are on the log. `position` is after their ledger records (0: none)."""
        self._store.put(
            {
                payment: None if dossier is None else (dossier, self._silence.due(dossier))
                for payment, dossier in changes.dossiers.items()
            },
            position,
            self._now,
        )
        self._watched += changes.watched
        if changes.parked:
            reasons = Counter(each.reason.value for each in changes.parked)
            counts = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
            log.warning("%d records could not be used and were parked: %s", len(changes.parked), counts)

    def _read(
        self, records: Sequence[AgentRecord], changes: LabelChanges
    ) -> Iterator[tuple[AgentRecord, EvidenceMessage]]:
        for record in records:
            try:
                read = read_evidence if record.topic == self._disputes else read_outcome
                message = read(record.value)
            except UnusableEvidence as unusable:
                changes.parked.append(parked(self._engine, record, unusable))
                continue
            if message is not None:
                yield record, message

    def _take(
        self, message: EvidenceMessage, record: AgentRecord, known: dict[str, Dossier], changes: LabelChanges
    ) -> None:
        payment = evidence_key(message)
        before = known.get(payment)
        after = with_evidence(before, message, record.appended_at)
        self._now = max(self._now, min(message.at, record.appended_at))
        if after == before or (before is None and not self._opens(message, after, changes)):
            return
        new = next_label(after)
        if new is not None:
            after, label = new
            changes.labels.append(label)
        known[payment] = changes.dossiers[payment] = after
        changes.watched += self._waits(after) - self._waits(before)

    def _opens(self, message: EvidenceMessage, dossier: Dossier, changes: LabelChanges) -> bool:
        """Whether a payment's first message opens a dossier: evidence always, silence where it is watched."""
        if not isinstance(message, Outcome) or is_evidence(dossier.facts[0]):
            return True
        if not watches(self._silence, dossier, self._now):
            return False
        if self._watched + changes.watched >= self._silence.watched_max:
            self.unwatched += 1
            return False
        return True

    def _waits(self, dossier: Dossier | None) -> bool:
        return dossier is not None and self._silence.due(dossier) is not None


def _label(label: Label) -> AgentMessage:
    payment = attempt_key(label.merchant_account, label.payment_id, label.attempt)
    id = f"{payment}/{label.label}/{label.source}/{label.known_at}/{label.weight}/{label.final}"
    return AgentMessage("labels", "label", label.payment_id, encode(label), id)


def _parked(record: ParkedEvidence) -> AgentMessage:
    place = f"{record.topic}-{record.partition}-{record.offset}"
    return AgentMessage("label-parked", "parked_evidence", place, encode(record), place)


def _ledger(payment: str, dossier: Dossier | None) -> AgentMessage:
    value = None if dossier is None else encode(dossier)
    return AgentMessage("label-ledger", "dossier", payment, value, payment)
