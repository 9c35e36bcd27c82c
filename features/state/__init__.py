"""The memory of all entities, its snapshot, its content hash, and its move to a newer catalogue."""

from features.state import state
from features.state.state import FeatureState, vector_hash

__all__ = [
    "FeatureState",
    "state",
    "vector_hash",
]
