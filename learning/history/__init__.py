"""Histories to learn from: an engine's archive or a file of payments, with outcomes and labels.

Invariant: every label is matched to its attempt or parked with a reason; which one stands is decided in
`training.dataset`. Imports `streams`, `training.dataset`, `features`, `models`.
"""

from learning.history.engine_history import EngineHistory, from_archive
from learning.history.feast_features import FeastJoin
from learning.history.file_history import FileHistory, PaymentFile, computed, from_file
from learning.history.log_archive import LogArchive
from learning.history.sources import HistoryOrigin, Silence, dataset_settings, fitting_silence, history_of

__all__ = [
    "EngineHistory",
    "FeastJoin",
    "FileHistory",
    "HistoryOrigin",
    "LogArchive",
    "PaymentFile",
    "Silence",
    "computed",
    "dataset_settings",
    "fitting_silence",
    "from_archive",
    "from_file",
    "history_of",
]
