"""What is known of how a payment turned out: evidence, the label that stands, silence and maturity."""

from models.labels.claims import DisputeFact
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
from models.labels.maturity import Maturity, TooFewFrauds
from models.labels.silence import GRACE_MS, Silence, watches
from models.labels.standing import Fact, VerdictFact, first_fraud, is_evidence
from models.labels.strength import strength

__all__ = [
    "GRACE_MS",
    "DisputeFact",
    "Dossier",
    "Fact",
    "Maturity",
    "Message",
    "ParkedEvidence",
    "Silence",
    "TooFewFrauds",
    "Unusable",
    "UnusableReason",
    "VerdictFact",
    "as_label",
    "first_fraud",
    "is_evidence",
    "joined",
    "key",
    "key_of",
    "labelled",
    "strength",
    "watches",
]
