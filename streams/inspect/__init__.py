"""Looking at one payment or one engine: explanations, verification, labels, the TRA meter."""

from streams.inspect import why
from streams.inspect.explaining import Case, context_at, found, given, rule_rows, usable
from streams.inspect.label_evidence import (
    dossiers,
    learned_maturity,
    parked,
    read_maturity,
    send_verdict,
    verdict_on,
)
from streams.inspect.label_words import evidence_table, label_words, maturity_words, parked_tables
from streams.inspect.tra_meter import ONLY_A_METER, quarters_seen
from streams.inspect.verify import Verifier

__all__ = [
    "ONLY_A_METER",
    "Case",
    "Verifier",
    "context_at",
    "dossiers",
    "evidence_table",
    "found",
    "given",
    "label_words",
    "learned_maturity",
    "maturity_words",
    "parked",
    "parked_tables",
    "quarters_seen",
    "read_maturity",
    "rule_rows",
    "send_verdict",
    "usable",
    "verdict_on",
    "why",
]
