"""Attacks that try many cards at one shop: within minutes at first, later over hours and days."""

from abc import ABC
from typing import ClassVar

import numpy as np

from models.arrays import Int64s
from simulation.world import drift
from simulation.world.places import Campaigns
from simulation.world.purposes import Purpose
from simulation.world.scenarios.campaign import Script


class Attack(Script, ABC):
    """`lengths_between`: payments of an attack, the second excluded; `gaps_ms`: between two of them, of a
    fast and a slow attack.
    """

    span_days: ClassVar = 3
    lengths_between: ClassVar[tuple[int, int]]
    gaps_ms: ClassVar[tuple[float, float]]

    def lengths(self, campaigns: Campaigns) -> Int64s:
        least, most = self.lengths_between
        return least + self.scene.chance.below(most - least, Purpose.CAMPAIGN_LENGTH, campaigns.key)

    def at(self, steps: Campaigns) -> Int64s:
        fast_ms, slow_ms = self.gaps_ms
        slow = self.scene.chance.happens(drift.progress(steps.day), Purpose.STEP_TIME, steps.key)
        return self.soon(steps, np.where(slow, slow_ms, fast_ms))
