"""A label keeper without a broker: records go in, what would be written comes out and is kept."""

from pathlib import Path
from typing import Any

import msgspec

from models.labels.dossier import Dossier, ParkedEvidence
from models.labels.silence import Silence
from models.labels.strength import strength
from models.messages.codec import encode
from models.messages.dispute import AnalystVerdict, Dispute, DisputeStage
from models.messages.label import Label, LabelValue
from models.messages.outcome import Outcome, OutcomeKind, Tokens
from models.messages.payment import Method, MethodKind
from streams.agents.agent_record import AgentRecord
from streams.agents.dossier_store import DossierStore
from streams.agents.label_keeping import LabelKeeper
from streams.agents.transactions import AgentMessage

PAID = 1_680_000_000_000
DAY = 86_400_000
NOW = PAID + 1_000 * DAY
TOKENS = Tokens(Method(MethodKind.CARD, "tok_1", "520000", "DE"), "m1", customer_id="c1", device_id="d1")


def dispute(id: str, **changes: Any) -> Dispute:
    """A Visa chargeback for card-absent fraud, twenty days after a payment of 12.50 EUR."""
    base = Dispute(
        "acme", id, "d1", DisputeStage.CHARGEBACK, PAID + 20 * DAY, PAID, 1250, "EUR", TOKENS,
        scheme="visa", reason_code="10.4",
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


def verdict(id: str, **changes: Any) -> AnalystVerdict:
    """An analyst says, thirty days after the payment, that it is friendly fraud."""
    base = AnalystVerdict("acme", id, LabelValue.FRIENDLY, PAID + 30 * DAY, PAID, 1250, "EUR", TOKENS, "ana")
    return msgspec.structs.replace(base, **changes)


def outcome(id: str, **changes: Any) -> Outcome:
    """The payment is captured a day later."""
    base = Outcome("acme", id, OutcomeKind.CAPTURED, PAID + DAY, PAID, 1250, "EUR", TOKENS)
    return msgspec.structs.replace(base, **changes)


class Keeping:
    """One agent's keeper and its disk. `ledger` is what the ledger topic would hold."""

    def __init__(self, folder: Path, silence: Silence | None = None) -> None:
        self.path = folder / "dossiers.sqlite"
        self.silence = silence or Silence(age_days=30)
        self.offset = 0
        self.ledger: list[tuple[str, bytes | None]] = []
        self.labels: list[Label] = []
        self.parked: list[ParkedEvidence] = []
        self.restart()

    def restart(self) -> None:
        self.store = DossierStore(self.path, "ledger-1")
        self.keeper = LabelKeeper("test", "test.disputes", self.store, self.silence)

    def hear(self, *messages: Any, lost: bool = False, now: int = NOW) -> None:
        """One batch. Outcomes lie on their topic, everything else on `disputes`. `lost`: the process dies
        between the log and its disk.
        """
        records = []
        for message in messages:
            raw = message if isinstance(message, bytes) else encode(message)
            topic = "test.outcomes" if isinstance(message, Outcome) else "test.disputes"
            records.append(AgentRecord(topic, 0, self.offset, now, raw))
            self.offset += 1
        self._write(self.keeper.changes(records), lost)
        while not lost and (settled := self.keeper.settled()).dossiers:
            self._write(settled, lost)

    def _write(self, changes: Any, lost: bool) -> None:
        for message in changes.messages():
            self._append(message)
        if not lost:
            self.keeper.keep(changes, len(self.ledger))

    def _append(self, message: AgentMessage) -> None:
        if message.role == "labels":
            self.labels.append(msgspec.json.decode(message.value or b"", type=Label))
        elif message.role == "label-parked":
            self.parked.append(msgspec.json.decode(message.value or b"", type=ParkedEvidence))
        else:
            assert message.role == "label-ledger"
            self.ledger.append((message.key, message.value))

    def rebuilt(self, folder: Path) -> Path:
        """Another disk, filled from the ledger."""
        path = folder / f"rebuilt-{len(self.ledger)}-{self.offset}.sqlite"
        store = DossierStore(path, "ledger-1")
        for offset, (key, value) in enumerate(self.ledger):
            dossier = None if value is None else msgspec.json.decode(value, type=Dossier)
            store.put({key: None if dossier is None else (dossier, self.silence.due(dossier))}, offset + 1)
        store.close()
        return path

    def said(self) -> list[tuple[str, str, str]]:
        return [(label.payment_id, label.label.value, label.source) for label in self.labels]


def strongest(labels: list[Label]) -> dict[str, str]:
    """The labels that stand for whoever reads the log, by payment id."""
    held: dict[str, Label] = {}
    for label in labels:
        before = held.get(label.payment_id)
        if before is None or _rank(label) >= _rank(before):
            held[label.payment_id] = label
    return {id: f"{label.label} {label.source}" for id, label in held.items()}


def _rank(label: Label) -> tuple[int, int]:
    return strength(label.source, label.final), label.known_at
