"""The memory of all entities, its snapshot, its content hash, and its move to a newer catalogue.

Invariant: vectors and hashes depend on the events and their order, not on cuts, growth, reclaiming or
restores. May import `models` and the other rooms of `features`.
"""

from features.state import state
from features.state.state import FeatureState, vector_hash

__all__ = [
    "FeatureState",
    "state",
    "vector_hash",
]
