"""How a payment turned out: evidence, the label that follows from it and stands, silence and maturity.

Invariants: the label depends on the set of evidence alone, in any order and repeated; which label stands on a
day is decided in `standing` and nowhere else. Imports messages, money and the draw of shares.
"""

from models.labels.dossier import (
    Dossier,
    EvidenceMessage,
    ParkedEvidence,
    UnusableEvidence,
    UnusableReason,
    attempt_key,
    evidence_key,
    label_message,
    next_label,
    with_evidence,
)
from models.labels.evidence import first_fraud, is_evidence, label_of
from models.labels.facts import DisputeFact, Fact, LabelContent, OutcomeFact, VerdictFact
from models.labels.ledger import ForeignEntry, ledger_entry
from models.labels.maturity import Maturity, TooFewFrauds
from models.labels.reason_meanings import ReasonMeaning, reason_meaning
from models.labels.silence import GRACE_MS, Silence, watches
from models.labels.standing import ALWAYS, first_known_at, standing_at, standing_label, strengths, succession
from models.labels.strength import strength

__all__ = [
    "ALWAYS",
    "GRACE_MS",
    "DisputeFact",
    "Dossier",
    "EvidenceMessage",
    "Fact",
    "ForeignEntry",
    "LabelContent",
    "Maturity",
    "OutcomeFact",
    "ParkedEvidence",
    "ReasonMeaning",
    "Silence",
    "TooFewFrauds",
    "UnusableEvidence",
    "UnusableReason",
    "VerdictFact",
    "attempt_key",
    "evidence_key",
    "first_fraud",
    "first_known_at",
    "is_evidence",
    "label_message",
    "label_of",
    "ledger_entry",
    "next_label",
    "reason_meaning",
    "standing_at",
    "standing_label",
    "strength",
    "strengths",
    "succession",
    "watches",
    "with_evidence",
]
