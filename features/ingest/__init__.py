"""From decoded messages to feature vectors: the one way for live payments, history, training and tests.

Invariant: a vector depends on the messages before it, its engine time and the reference tables, not on how
the log is cut. May import every other room of `features`, and `models`.
"""

from features.ingest.amounts import ReferenceAmounts, reference_amounts
from features.ingest.ingest import Ingest, IngestResult, warm

__all__ = [
    "Ingest",
    "IngestResult",
    "ReferenceAmounts",
    "reference_amounts",
    "warm",
]
