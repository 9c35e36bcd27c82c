"""A world of payments: populations, habits, fraud with a story, and what follows a verdict."""

from simulation.world.aftermath import Due
from simulation.world.files import write
from simulation.world.world import World, truth_of

__all__ = [
    "Due",
    "World",
    "truth_of",
    "write",
]
