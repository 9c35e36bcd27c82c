"""The learning loop end to end: months of a simulated world through a real Kafka, in minutes.

Invariant: what is started is stopped, and every expectation is checked. Imports `learning`, `simulation`,
`training`, `streams`.
"""

from learning.story.play import StorySettings, play_story
from learning.story.result import StoryResult

__all__ = [
    "StoryResult",
    "StorySettings",
    "play_story",
]
