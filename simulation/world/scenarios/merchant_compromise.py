"""A data breach: cards that paid at one shop are used elsewhere, two to six weeks later.

The cards are found by looking at payments of ordinary life at that shop in the weeks before; each is sold to
one of several buyers, who uses it once or twice.
"""

from functools import lru_cache
from typing import ClassVar, Final

import numpy as np

from models.arrays import Int64s, UInt64s
from models.units import DAY_MS
from simulation.world.columns import Columns, Scenario
from simulation.world.places import Campaigns, Sessions
from simulation.world.purposes import Purpose
from simulation.world.scenarios.campaign import Script

CARDS: Final = 36
"""Cards a breach sells at most."""

BREACH_DAYS: Final = 14
"""How long the shop leaked."""

FIRST_USE, LAST_USE = 14, 42
"""Days after the leak was shut."""

SAMPLE: Final = 6_144
"""Ordinary payments that are looked at for ones at the shop."""

PER_BUYER: Final = 2


class MerchantCompromise(Script):
    """Cards of one shop's customers. A campaign begins when the leak is shut."""

    scenario: ClassVar = Scenario.MERCHANT_COMPROMISE
    span_days: ClassVar = LAST_USE + 1
    mean_length: ClassVar = float(CARDS)

    def lengths(self, campaigns: Campaigns) -> Int64s:
        return np.full(len(campaigns.day), CARDS)

    def at(self, steps: Campaigns) -> Int64s:
        days = self.scene.chance.below(LAST_USE - FIRST_USE, Purpose.STEP_TIME, self.buyer(steps))
        times = self.begins(steps) % DAY_MS
        minutes = self.scene.chance.below(1440, Purpose.STEP_TIME, steps.index, 1)
        spread = (times + minutes * 60_000) % DAY_MS
        return self.scene.start_ms + (steps.day + FIRST_USE + days) * DAY_MS + spread

    def payments(self, steps: Campaigns) -> Columns:
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
    def buyer(steps: Campaigns) -> UInt64s:
        """Who bought the card of each step; one buyer's cards are all used on one day."""
        return (steps.key << np.uint64(16)) + (steps.step // PER_BUYER).astype(np.uint64)

    def begun_at(self, made: Columns) -> Int64s:
        """Buyers make their covers just before they use them."""
        begun: Int64s = made.at // DAY_MS * DAY_MS
        return begun

    def shop(self, day: int, number: int) -> int:
        """The shop that leaked: any that is well known."""
        one = Campaigns(self.scenario, np.array([day]), np.array([number]), np.array([0]))
        draw = self.scene.chance.below(max(self.scene.shops.count // 20, 20), Purpose.CAMPAIGN_SHOP, one.key)
        return int(draw[0])

    def leaked(self, day: int, number: int) -> np.ndarray:
        """People who paid at the shop while it leaked, with their first card; at least one."""
        return _leaked(self, day, number)


@lru_cache(maxsize=512)
def _leaked(script: MerchantCompromise, day: int, number: int) -> np.ndarray:
    scene, shop = script.scene, script.shop(day, number)
    key = np.arange(SAMPLE, dtype=np.uint64) + np.uint64(number << 40 | day << 24)
    days = np.maximum(day - 1 - scene.chance.below(BREACH_DAYS, Purpose.SAMPLE, key), 0)
    session = scene.chance.below(scene.calendar.sessions[days], Purpose.SAMPLE, key, 1)
    seen = scene.life.payments(Sessions(days, session, np.zeros(SAMPLE, np.int64)))
    there = seen.person[(seen.shop == shop) & (seen.bin > 0)]
    return np.unique(there)[:CARDS] if len(there) else seen.person[:CARDS]
