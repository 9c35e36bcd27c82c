"""A stolen card in a burst: bought with at several shops within hours, before it is blocked."""

from typing import ClassVar, Final

from models.arrays import Int64s
from simulation.world import drift
from simulation.world.columns import Columns, Scenario
from simulation.world.places import Campaigns
from simulation.world.purposes import Purpose
from simulation.world.scenarios.campaign import Script

LONGEST: Final = 7
GAP_MS: Final = 900_000.0


class StolenCard(Script):
    """One card, one thief, several shops."""

    scenario: ClassVar = Scenario.STOLEN_CARD
    span_days: ClassVar = 3
    mean_length: ClassVar = 3.0

    def lengths(self, campaigns: Campaigns) -> Int64s:
        draw = self.scene.chance.unit(Purpose.CAMPAIGN_LENGTH, campaigns.key)
        return 1 + (draw * draw * LONGEST).astype(int)

    def at(self, steps: Campaigns) -> Int64s:
        wait = 1 + 6 * drift.progress(steps.day)
        return self.soon(steps, GAP_MS * wait * self.scene.chance.factor(0.8, Purpose.STEP_TIME, steps.key))

    def payments(self, steps: Campaigns) -> Columns:
        victim = self.scene.people.somebody(steps.day, steps.key)
        made = self.by_card(steps, victim, self.targets(steps, steps.index, victim))
        self.cover(made, steps.key, steps.key, steps.key)
        self.raised(made, 1.2, 4.0)
        return made
