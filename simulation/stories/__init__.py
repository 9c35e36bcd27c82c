"""Stories for people to find: one campaign of fraud, whole, within some minutes.

Invariant: a story is a pure function of (kind, seed, end); whether a payment of it is fraud follows from its
id. Imports the rooms of `simulation`.
"""

from simulation.stories.plots import STORY_MS
from simulation.stories.story import Story, StoryPayment, is_fraud_of_story, story_payments

__all__ = [
    "STORY_MS",
    "Story",
    "StoryPayment",
    "is_fraud_of_story",
    "story_payments",
]
