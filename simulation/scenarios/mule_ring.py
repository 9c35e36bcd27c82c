"""A ring of mules: accounts that share a few devices and addresses, behave for weeks, then buy with stolen
cards.

The first payments of each account are small, made with a card of its own, and honest; they are what makes
the account look old when it turns.
"""

from typing import ClassVar, Final

import numpy as np

from models.arrays import Bools, Int64s
from models.units import DAY_MS
from simulation.chance import Purpose
from simulation.payments import CampaignSteps, PaymentColumns, Scenario
from simulation.people import STRANGER
from simulation.scenarios.campaign import FraudScenario

ACCOUNTS: Final = 5
HONEST: Final = 3
STOLEN: Final = 4
PER_ACCOUNT: Final = HONEST + STOLEN
HONEST_DAYS: Final = 24
SPREE_DAYS: Final = 6


class MuleRing(FraudScenario):
    """Step = account x 7 + payment of the account."""

    scenario: ClassVar = Scenario.MULE_RING
    span_days: ClassVar = HONEST_DAYS + SPREE_DAYS
    mean_length: ClassVar = float(ACCOUNTS * STOLEN)

    def lengths(self, campaigns: CampaignSteps) -> Int64s:
        return np.full(len(campaigns.day), ACCOUNTS * PER_ACCOUNT)

    def times(self, steps: CampaignSteps) -> Int64s:
        chance, turn = self.context.chance, steps.step % PER_ACCOUNT
        honest = turn * (HONEST_DAYS // HONEST) + chance.below(6, Purpose.STEP_TIME, steps.index)
        spree = HONEST_DAYS + chance.below(SPREE_DAYS, Purpose.STEP_TIME, steps.index)
        minute = 480 + chance.below(900, Purpose.STEP_TIME, steps.index, 1)
        day = np.where(self.honest(steps), honest, spree)
        return self.context.start_ms + (steps.day + day) * DAY_MS + minute * 60_000

    @staticmethod
    def honest(steps: CampaignSteps) -> Bools:
        """Which steps are payments with the mule's own card."""
        early: Bools = steps.step % PER_ACCOUNT < HONEST
        return early

    def frauds(self, steps: CampaignSteps) -> Bools:
        return ~self.honest(steps)

    def payments(self, steps: CampaignSteps) -> PaymentColumns:
        chance, people = self.context.chance, self.context.people
        number = (steps.step // PER_ACCOUNT).astype(np.uint64)
        account = (steps.key << np.uint64(16)) + number
        mule = STRANGER | chance.bits(Purpose.VICTIM, account) >> np.uint64(23)
        honest = self.honest(steps)
        victim = np.where(honest, mule, people.person_on(steps.day, steps.index))
        usual = self.context.shops.in_country(
            people.country(mule), chance.unit(Purpose.STEP_SHOP, steps.index)
        )
        made = self.by_card(steps, victim, np.where(honest, usual, self.targets(steps, steps.index, victim)))
        shared = (steps.key << np.uint64(2)) + number % np.uint64(2)
        self.cover(made, account, shared, shared)
        made.customer = chance.token(Purpose.CUSTOMER, account)
        self.raised(made, 1.0, 2.5)
        made.cents = np.where(honest, np.minimum(made.cents, 6_000), made.cents)
        return made
