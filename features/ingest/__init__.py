"""From decoded messages to vectors, the one way for live payments, history and tests."""

from features.ingest.intake import intake
from features.ingest.intake import warm as warm_intake

__all__ = [
    "intake",
    "warm_intake",
]
