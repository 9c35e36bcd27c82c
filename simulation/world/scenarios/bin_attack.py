"""BIN attack: card numbers of one issuer are made up by the hundred; hardly any of them exists.

Half of the attacks the issuer declines from the first to the last payment.
"""

from typing import ClassVar

import numpy as np

from simulation.world import drift
from simulation.world.columns import Columns, Kind, Scenario
from simulation.world.people import STRANGER
from simulation.world.places import Campaigns
from simulation.world.purposes import Purpose
from simulation.world.scenarios.attack import Attack


class BinAttack(Attack):
    """Cards that never were, of one BIN, at one shop."""

    scenario: ClassVar = Scenario.BIN_ATTACK
    mean_length: ClassVar = 54.5
    lengths_between: ClassVar = (20, 90)
    gaps_ms: ClassVar = (6_000.0, 500_000.0)

    def payments(self, steps: Campaigns) -> Columns:
        chance, people = self.scene.chance, self.scene.people
        nobody = STRANGER | chance.bits(Purpose.VICTIM, steps.index) >> np.uint64(23)
        bank = people.somebody(steps.day, steps.key)
        made = self.by_card(steps, nobody, self.targets(steps, steps.key, bank))
        made.land, made.bin = people.land(bank), people.bin_of(bank << np.uint64(1))
        made.kind[:] = Kind.CARD
        turn = steps.steps // np.uint64(4)
        device = (steps.key << np.uint64(16)) + turn
        self.cover(made, device, device, steps.key)
        small = 100 + 100 * chance.below(4, Purpose.STEP_AMOUNT, steps.key)
        mimics = chance.happens(drift.mimicry(steps.day), Purpose.STEP_AMOUNT, steps.key, 1)
        made.cents = np.where(mimics, np.minimum(made.cents, 9_999), small)
        return made
