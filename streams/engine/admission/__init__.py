"""Which payments are new: engine time, idempotency, and what is counted along the log apart from features.

Invariants: engine time never runs back; what is admitted depends on the records before it, never on cuts.
May import `models`, `models.arrays`, `streams.errors` and nothing else of the engine.
"""

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
    AdmissionResult,
    HorizonTooShortError,
)
from streams.engine.admission.log_counters import LogCounters, LogSlice
from streams.engine.admission.requests import PHASES, AdmissionRows, admission_rows, request_keys
from streams.engine.admission.trial_words import NO_TRIAL, TrialWords, pack_trial_words, unpack_trial_word

__all__ = [
    "CONFLICT",
    "DUPLICATE",
    "EVENT",
    "HORIZON_MS",
    "KEYS_MAX",
    "NEW",
    "NO_TRIAL",
    "PHASES",
    "REPEATED",
    "STALE",
    "Admission",
    "AdmissionResult",
    "AdmissionRows",
    "HorizonTooShortError",
    "LogCounters",
    "LogSlice",
    "TrialWords",
    "admission_rows",
    "pack_trial_words",
    "request_keys",
    "unpack_trial_word",
]
