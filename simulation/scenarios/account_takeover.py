"""Account takeover: the fraudster logs in as the customer and buys with the card on file.

Account, e-mail address and card are the customer's own; the device and the parcel's address mostly are not.
Later a third of the takeovers run through the customer's own device.
"""

from typing import ClassVar, Final

import numpy as np

from models.arrays import Int64s
from simulation.chance import Purpose
from simulation.payments import CampaignSteps, ChannelCode, PaymentColumns, Scenario
from simulation.scenarios import drift
from simulation.scenarios.campaign import FraudScenario

LONGEST: Final = 4
GAP_MS: Final = 5_400_000.0


class AccountTakeover(FraudScenario):
    """The customer's account in other hands."""

    scenario: ClassVar = Scenario.ACCOUNT_TAKEOVER
    span_days: ClassVar = 3
    mean_length: ClassVar = 2.1

    def lengths(self, campaigns: CampaignSteps) -> Int64s:
        draw = self.context.chance.unit(Purpose.CAMPAIGN_LENGTH, campaigns.key)
        return 1 + (draw * np.sqrt(draw) * LONGEST).astype(int)

    def times(self, steps: CampaignSteps) -> Int64s:
        return self.soon(steps, GAP_MS * self.context.chance.factor(0.9, Purpose.STEP_TIME, steps.key))

    def payments(self, steps: CampaignSteps) -> PaymentColumns:
        chance, people = self.context.chance, self.context.people
        victim = people.person_on(steps.day, steps.key)
        used = chance.unit(Purpose.STEP_SHOP, steps.index)
        favourite = self.context.shops.favourite(victim, people.country(victim), used)
        shop = np.where(
            chance.happens(0.55, Purpose.STEP_SHOP, steps.index, 1),
            self.targets(steps, steps.index, victim), favourite,
        )  # fmt: skip
        made = self.by_card(steps, victim, shop)
        self.cover(made, steps.key, steps.key, steps.key)
        made.customer, made.email = people.customer(victim), people.email(victim)
        made.created_at = people.created_at(victim)
        inside = chance.happens(0.08 + 0.3 * drift.progress(steps.day), Purpose.COVER_DEVICE, steps.key)
        mobile = chance.happens(0.5, Purpose.MOBILE, steps.key)
        made.device = np.where(inside, people.device(victim, mobile, steps.day), made.device)
        made.ip = np.where(inside, people.home_ip(victim, steps.day), made.ip)
        made.channel = np.where(mobile, ChannelCode.APP, ChannelCode.ECOMMERCE)
        stays = chance.happens(0.35, Purpose.COVER_ADDRESS, steps.key)
        self.deliver(made, np.where(stays, people.address(victim),
                                    chance.token(Purpose.COVER_ADDRESS, steps.key)))  # fmt: skip
        self.raised(made, 1.3, 3.5)
        return made
