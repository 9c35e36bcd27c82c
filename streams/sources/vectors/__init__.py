"""Vectors of history, by the code that the engine runs."""

from streams.sources.vectors.compute import Computed, Progress, compute, reference_tables
from streams.sources.vectors.feature_history import Block, Counts, FeatureHistory, Source

__all__ = [
    "Block",
    "Computed",
    "Counts",
    "FeatureHistory",
    "Progress",
    "Source",
    "compute",
    "reference_tables",
]
