"""What is known of how a payment turned out: evidence, the label that stands, silence and maturity."""

from models.labels.dossier import (
    Dossier,
    Message,
    ParkedEvidence,
    Unusable,
    UnusableReason,
    as_label,
    joined,
    key,
    key_of,
    labelled,
)
from models.labels.evidence import first_fraud, is_evidence, label_of
from models.labels.facts import DisputeFact, Fact, LabelContent, OutcomeFact, VerdictFact
from models.labels.maturity import Maturity, TooFewFrauds
from models.labels.silence import GRACE_MS, Silence, watches
from models.labels.standing import (
    ALWAYS,
    first_known_at,
    standing_at,
    standing_label,
    strengths,
    succession,
)
from models.labels.strength import strength

__all__ = [
    "ALWAYS",
    "GRACE_MS",
    "DisputeFact",
    "Dossier",
    "Fact",
    "LabelContent",
    "Maturity",
    "Message",
    "OutcomeFact",
    "ParkedEvidence",
    "Silence",
    "TooFewFrauds",
    "Unusable",
    "UnusableReason",
    "VerdictFact",
    "as_label",
    "first_fraud",
    "first_known_at",
    "is_evidence",
    "joined",
    "key",
    "key_of",
    "label_of",
    "labelled",
    "standing_at",
    "standing_label",
    "strength",
    "strengths",
    "succession",
    "watches",
]
