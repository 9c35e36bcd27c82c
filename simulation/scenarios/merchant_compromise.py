"""A data breach: cards that paid at one shop are used elsewhere, two to six weeks later.

The cards come from payments of ordinary life at that shop in the weeks before; each is sold to
one of several buyers, who uses it once or twice.
"""

from functools import lru_cache
from typing import ClassVar, Final

import numpy as np

from models.arrays import Int64s, UInt64s
from models.units import DAY_MS
from simulation.chance import Purpose
from simulation.payments import CampaignSteps, PaymentColumns, Scenario, SessionSteps
from simulation.scenarios.campaign import FraudScenario, ScenarioContext

CARDS: Final = 36
"""Cards a breach sells at most."""

BREACH_DAYS: Final = 14
"""How long the shop leaked."""

FIRST_USE, LAST_USE = 14, 42
"""Days after the leak was shut."""

SAMPLE: Final = 6_144
"""Ordinary payments that are looked at for ones at the shop."""

PER_BUYER: Final = 2


class MerchantCompromise(FraudScenario):
    """Cards of one shop's customers. A campaign begins when the leak is shut."""

    scenario: ClassVar = Scenario.MERCHANT_COMPROMISE
    span_days: ClassVar = LAST_USE + 1
    mean_length: ClassVar = float(CARDS)

    def __init__(self, context: ScenarioContext) -> None:
        super().__init__(context)
        self.leaked = lru_cache(maxsize=512)(self._leaked)

    def lengths(self, campaigns: CampaignSteps) -> Int64s:
        return np.full(len(campaigns.day), CARDS)

    def times(self, steps: CampaignSteps) -> Int64s:
        days = self.context.chance.below(LAST_USE - FIRST_USE, Purpose.STEP_TIME, self.buyer(steps))
        times = self.begins(steps) % DAY_MS
        minutes = self.context.chance.below(1440, Purpose.STEP_TIME, steps.index, 1)
        spread = (times + minutes * 60_000) % DAY_MS
        return self.context.start_ms + (steps.day + FIRST_USE + days) * DAY_MS + spread

    def payments(self, steps: CampaignSteps) -> PaymentColumns:
        victim = np.zeros(len(steps.day), np.uint64)
        for row, (day, number, step) in enumerate(
            zip(steps.day.tolist(), steps.number.tolist(), steps.step.tolist(), strict=True)
        ):
            leaked = self.leaked(day, number)
            victim[row] = leaked[step % len(leaked)]
        made = self.by_card(steps, victim, self.targets(steps, steps.index, victim))
        buyer = self.buyer(steps)
        self.cover(made, buyer, buyer, buyer)
        self.raised(made, 1.2, 3.0)
        return made

    @staticmethod
    def buyer(steps: CampaignSteps) -> UInt64s:
        """Who bought the card of each step; one buyer's cards are all used on one day."""
        return (steps.key << np.uint64(16)) + (steps.step // PER_BUYER).astype(np.uint64)

    def begun_at(self, made: PaymentColumns) -> Int64s:
        """Buyers make their covers just before they use them."""
        begun: Int64s = made.occurred_at // DAY_MS * DAY_MS
        return begun

    def shop(self, day: int, number: int) -> int:
        """The shop that leaked: any that is well known."""
        campaign = CampaignSteps(self.scenario, np.array([day]), np.array([number]), np.array([0]))
        draw = self.context.chance.below(
            max(self.context.shops.count // 20, 20), Purpose.CAMPAIGN_SHOP, campaign.key
        )
        return int(draw[0])

    def _leaked(self, day: int, number: int) -> UInt64s:
        """People who paid at the shop while it leaked, with their first card; at least one."""
        chance, life = self.context.chance, self.context.life
        key = np.arange(SAMPLE, dtype=np.uint64) + np.uint64(number << 40 | day << 24)
        days = np.maximum(day - 1 - chance.below(BREACH_DAYS, Purpose.SAMPLE, key), 0)
        session = chance.below(self.context.calendar.sessions[days], Purpose.SAMPLE, key, 1)
        sample = SessionSteps(days, session, np.zeros(SAMPLE, np.int64))
        visits = life.visits(sample)
        paid = life.payments(sample.taken(np.flatnonzero(visits.shop == self.shop(day, number))))
        by_card = paid.person[paid.bin > 0]
        return np.unique(by_card)[:CARDS] if len(by_card) else visits.person[:CARDS]
