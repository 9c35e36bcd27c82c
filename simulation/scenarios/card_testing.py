"""Card testing: a list of stolen cards is tried with small amounts at one shop, to see which ones work.

At first one device tries them within minutes for a euro or two; later devices and addresses change with
every few cards, hours lie between them, and the amounts are those of the shop's price list.
"""

from typing import ClassVar

import numpy as np

from simulation.chance import Purpose
from simulation.payments import CampaignSteps, PaymentColumns, Scenario
from simulation.people import STRANGER
from simulation.scenarios import drift
from simulation.scenarios.card_attack import CardAttack


class CardTesting(CardAttack):
    """Many cards, one shop."""

    scenario: ClassVar = Scenario.CARD_TESTING
    mean_length: ClassVar = 22.5
    lengths_between: ClassVar = (6, 40)
    gaps_ms: ClassVar = (35_000.0, 2_400_000.0)

    def payments(self, steps: CampaignSteps) -> PaymentColumns:
        chance, people = self.context.chance, self.context.people
        known = chance.happens(0.5, Purpose.VICTIM, steps.index)
        stranger = STRANGER | chance.bits(Purpose.VICTIM, steps.index, 1) >> np.uint64(23)
        victim = np.where(known, people.person_on(steps.day, steps.index), stranger)
        listed = people.person_on(steps.day, steps.key)
        made = self.by_card(steps, victim, self.targets(steps, steps.key, listed))
        turns = np.where(
            chance.happens(0.15 + 0.7 * drift.progress(steps.day), Purpose.COVER, steps.key),
            1 + chance.below(3, Purpose.COVER, steps.key, 1), 1 << 20,
        )  # fmt: skip
        device = (steps.key << np.uint64(16)) + (steps.step // turns).astype(np.uint64)
        self.cover(made, device, device, steps.key)
        small = 100 + 50 * chance.below(5, Purpose.STEP_AMOUNT, steps.key, steps.steps)
        mimics = chance.happens(drift.mimicry(steps.day), Purpose.STEP_AMOUNT, steps.key)
        made.cents = np.where(mimics, np.minimum(made.cents, 4_999), small)
        return made
