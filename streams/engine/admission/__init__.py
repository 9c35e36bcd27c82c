"""Which payments are new: engine time, idempotency, and what is remembered of payments beyond features."""

from streams.engine.admission import admission
from streams.engine.admission.admission import (
    CONFLICT,
    DUPLICATE,
    EVENT,
    HORIZON_MS,
    KEYS_MAX,
    NEW,
    REPEATED,
    STALE,
    Admission,
    Admitted,
    Events,
)
from streams.engine.admission.remembered import Heard, Remembered
from streams.engine.admission.trial_words import NO_TRIAL, Words, packed, unpacked

__all__ = [
    "CONFLICT",
    "DUPLICATE",
    "EVENT",
    "HORIZON_MS",
    "KEYS_MAX",
    "NEW",
    "NO_TRIAL",
    "REPEATED",
    "STALE",
    "Admission",
    "Admitted",
    "Events",
    "Heard",
    "Remembered",
    "Words",
    "admission",
    "packed",
    "unpacked",
]
