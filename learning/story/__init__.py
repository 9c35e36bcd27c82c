"""The learning loop as a story: months of a simulated world through a real Kafka, in minutes."""

from learning.story.outcome import Outcome
from learning.story.play import Scene, played

__all__ = [
    "Outcome",
    "Scene",
    "played",
]
