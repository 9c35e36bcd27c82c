"""BIN attack: card numbers of one issuer are made up by the hundred; hardly any of them exists.

Half of the attacks the issuer declines from the first to the last payment.
"""

from typing import ClassVar

import numpy as np

from simulation.chance import Purpose
from simulation.payments import CampaignSteps, MethodCode, PaymentColumns, Scenario
from simulation.people import STRANGER
from simulation.scenarios import drift
from simulation.scenarios.card_attack import CardAttack


class BinAttack(CardAttack):
    """Cards that never were, of one BIN, at one shop."""

    scenario: ClassVar = Scenario.BIN_ATTACK
    mean_length: ClassVar = 54.5
    lengths_between: ClassVar = (20, 90)
    gaps_ms: ClassVar = (6_000.0, 500_000.0)

    def payments(self, steps: CampaignSteps) -> PaymentColumns:
        chance, people = self.context.chance, self.context.people
        nobody = STRANGER | chance.bits(Purpose.VICTIM, steps.index) >> np.uint64(23)
        bank = people.person_on(steps.day, steps.key)
        made = self.by_card(steps, nobody, self.targets(steps, steps.key, bank))
        made.country, made.bin = people.country(bank), people.bin_of(bank << np.uint64(1))
        made.kind[:] = MethodCode.CARD
        turn = steps.steps // np.uint64(4)
        device = (steps.key << np.uint64(16)) + turn
        self.cover(made, device, device, steps.key)
        small = 100 + 100 * chance.below(4, Purpose.STEP_AMOUNT, steps.key)
        mimics = chance.happens(drift.mimicry(steps.day), Purpose.STEP_AMOUNT, steps.key, 1)
        made.cents = np.where(mimics, np.minimum(made.cents, 9_999), small)
        return made
