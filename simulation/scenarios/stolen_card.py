"""A stolen card in a burst: bought with at several shops within hours, before it is blocked."""

from typing import ClassVar, Final

from models.arrays import Int64s
from simulation.chance import Purpose
from simulation.payments import CampaignSteps, PaymentColumns, Scenario
from simulation.scenarios import drift
from simulation.scenarios.campaign import FraudScenario

LONGEST: Final = 7
GAP_MS: Final = 900_000.0


class StolenCard(FraudScenario):
    """One card, one thief, several shops."""

    scenario: ClassVar = Scenario.STOLEN_CARD
    span_days: ClassVar = 3
    mean_length: ClassVar = 3.0

    def lengths(self, campaigns: CampaignSteps) -> Int64s:
        draw = self.context.chance.unit(Purpose.CAMPAIGN_LENGTH, campaigns.key)
        return 1 + (draw * draw * LONGEST).astype(int)

    def times(self, steps: CampaignSteps) -> Int64s:
        wait = 1 + 6 * drift.progress(steps.day)
        return self.soon(steps, GAP_MS * wait * self.context.chance.factor(0.8, Purpose.STEP_TIME, steps.key))

    def payments(self, steps: CampaignSteps) -> PaymentColumns:
        victim = self.context.people.person_on(steps.day, steps.key)
        made = self.by_card(steps, victim, self.targets(steps, steps.index, victim))
        self.cover(made, steps.key, steps.key, steps.key)
        self.raised(made, 1.2, 4.0)
        return made
