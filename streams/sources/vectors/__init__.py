"""Vectors of history, by the code that the engine runs.

Invariant: a payment's vector is the one the engine would have logged. Imports models, features, storage, the
engine's input and admission, `streams.sources.files`.
"""

from streams.sources.vectors.compute import ComputedVectors, Progress, compute, reference_tables
from streams.sources.vectors.feature_history import FeatureHistory
from streams.sources.vectors.history_block import HistoryBlock, RowCounts, VectorSource

__all__ = [
    "ComputedVectors",
    "FeatureHistory",
    "HistoryBlock",
    "Progress",
    "RowCounts",
    "VectorSource",
    "compute",
    "reference_tables",
]
