"""Vectors of history, by the code that the engine runs."""

from streams.sources.vectors.compute import ComputedVectors, Progress, compute, reference_tables
from streams.sources.vectors.feature_history import FeatureHistory, HistoryBlock, RowCounts, VectorSource

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
