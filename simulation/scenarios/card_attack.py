"""Attacks that try many cards at one shop: within minutes at first, later over hours and days."""

from abc import ABC
from typing import ClassVar

import numpy as np

from models.arrays import Int64s
from simulation.chance import Purpose
from simulation.payments import CampaignSteps
from simulation.scenarios import drift
from simulation.scenarios.campaign import FraudScenario


class CardAttack(FraudScenario, ABC):
    """Many cards at one shop."""

    span_days: ClassVar = 3
    lengths_between: ClassVar[tuple[int, int]]
    """How many payments an attack has: least, and one more than most."""

    gaps_ms: ClassVar[tuple[float, float]]
    """Between two payments of a fast and of a slow attack."""

    def lengths(self, campaigns: CampaignSteps) -> Int64s:
        least, most = self.lengths_between
        return least + self.context.chance.below(most - least, Purpose.CAMPAIGN_LENGTH, campaigns.key)

    def times(self, steps: CampaignSteps) -> Int64s:
        fast_ms, slow_ms = self.gaps_ms
        slow = self.context.chance.happens(drift.progress(steps.day), Purpose.STEP_TIME, steps.key)
        return self.soon(steps, np.where(slow, slow_ms, fast_ms))
