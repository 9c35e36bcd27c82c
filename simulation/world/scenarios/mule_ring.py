"""A ring of mules: accounts that share a few devices and addresses, behave for weeks, then buy with stolen
cards.

The first payments of each account are small, made with a card of its own, and honest; they are what makes
the account look old when it turns.
"""

from typing import ClassVar, Final

import numpy as np

from models.arrays import Bools, Int64s
from models.units import DAY_MS
from simulation.world.columns import Columns, Scenario
from simulation.world.people import STRANGER
from simulation.world.places import Campaigns
from simulation.world.purposes import Purpose
from simulation.world.scenarios.campaign import Script

ACCOUNTS: Final = 5
HONEST: Final = 3
STOLEN: Final = 4
PER_ACCOUNT: Final = HONEST + STOLEN
HONEST_DAYS: Final = 24
SPREE_DAYS: Final = 6


class MuleRing(Script):
    """Step = account x 7 + payment of the account."""

    scenario: ClassVar = Scenario.MULE_RING
    span_days: ClassVar = HONEST_DAYS + SPREE_DAYS
    mean_length: ClassVar = float(ACCOUNTS * STOLEN)

    def lengths(self, campaigns: Campaigns) -> Int64s:
        return np.full(len(campaigns.day), ACCOUNTS * PER_ACCOUNT)

    def at(self, steps: Campaigns) -> Int64s:
        chance, turn = self.scene.chance, steps.step % PER_ACCOUNT
        honest = turn * (HONEST_DAYS // HONEST) + chance.below(6, Purpose.STEP_TIME, steps.index)
        spree = HONEST_DAYS + chance.below(SPREE_DAYS, Purpose.STEP_TIME, steps.index)
        minute = 480 + chance.below(900, Purpose.STEP_TIME, steps.index, 1)
        day = np.where(self.honest(steps), honest, spree)
        return self.scene.start_ms + (steps.day + day) * DAY_MS + minute * 60_000

    @staticmethod
    def honest(steps: Campaigns) -> Bools:
        """Which steps are payments with the mule's own card."""
        early: Bools = steps.step % PER_ACCOUNT < HONEST
        return early

    def payments(self, steps: Campaigns) -> Columns:
        chance, people = self.scene.chance, self.scene.people
        number = (steps.step // PER_ACCOUNT).astype(np.uint64)
        account = (steps.key << np.uint64(16)) + number
        mule = STRANGER | chance.bits(Purpose.VICTIM, account) >> np.uint64(23)
        honest = self.honest(steps)
        victim = np.where(honest, mule, people.somebody(steps.day, steps.index))
        usual = self.scene.shops.in_land(people.land(mule), chance.unit(Purpose.STEP_SHOP, steps.index))
        made = self.by_card(steps, victim, np.where(honest, usual, self.targets(steps, steps.index, victim)))
        made.fraud = ~honest
        shared = (steps.key << np.uint64(2)) + number % np.uint64(2)
        self.cover(made, account, shared, shared)
        made.customer = chance.token(Purpose.CUSTOMER, account)
        self.raised(made, 1.0, 2.5)
        made.cents = np.where(honest, np.minimum(made.cents, 6_000), made.cents)
        return made
