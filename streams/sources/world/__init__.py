"""A world of payments: populations, habits, fraud with a story, and what follows a verdict."""

from streams.sources.world.aftermath import Due
from streams.sources.world.world import Truth, World, truth_of

__all__ = ["Due", "Truth", "World", "truth_of"]
