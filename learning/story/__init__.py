"""The learning loop as a story: months of a simulated world through a real Kafka, in minutes."""

from learning.story.play import StorySettings, play_story
from learning.story.result import StoryResult

__all__ = [
    "StoryResult",
    "StorySettings",
    "play_story",
]
