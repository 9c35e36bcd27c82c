"""The payments of each story as columns: the largest campaign of its kind in the world of the seed.

card_testing          one device tries stolen cards with small amounts at one shop
compromised_terminal  cards that paid at one shop's terminal are used elsewhere, a few by each buyer
mule_ring             accounts that share devices pay small amounts with cards of their own, then large ones
                      with stolen cards

A campaign of the world takes days or weeks; a story tells it in `STORY_MS`, evenly, in the world's order.
"""

from typing import Final

import numpy as np

from models.arrays import Int64s
from simulation.payments import DAYS_MAX, CampaignSteps, ChannelCode, PaymentColumns, Scenario, joined
from simulation.people import TERMINAL
from simulation.scenarios import FraudScenario, MerchantCompromise
from simulation.world import Society

STORY_MS: Final = 600_000
"""How long a story takes: ten minutes."""

DAYS: Final = 48
"""Campaigns of the first days are looked at: fraudsters do not hide much yet."""

LEAK_DAYS, LEAKS = 365, 5
"""Breaches are rare: those of the first year are looked at, and the cards of the first few at terminals."""

LEAKY: Final = 0.5
"""A terminal's shop takes at least this share of its payments at a terminal."""


def card_testing(society: Society) -> PaymentColumns:
    """The run of the most cards on one device."""
    return max(_campaigns(society.scenarios[Scenario.CARD_TESTING]), key=_by_device)


def mule_ring(society: Society) -> PaymentColumns:
    """A ring's own payments, and those with stolen cards."""
    return max(_campaigns(society.scenarios[Scenario.MULE_RING]), key=len)


def compromised_terminal(society: Society) -> PaymentColumns:
    """First each card pays at the terminal, by its owner; then it is used elsewhere."""
    scenario = society.scenarios[Scenario.MERCHANT_COMPROMISE]
    assert isinstance(scenario, MerchantCompromise)
    steps = _leak(scenario, society)
    used = scenario.payments(steps)
    return _in_turn([_visits(scenario, society, steps, used), used])


def _begun(scenario: FraudScenario, days: int) -> CampaignSteps:
    """Campaigns of so many first days; of more days where none begins on them."""
    while True:
        steps = scenario.campaigns(0, days - 1)
        if len(steps.day) or days > DAYS_MAX // 2:
            return steps
        days *= 2


def _campaigns(scenario: FraudScenario) -> list[PaymentColumns]:
    """Those of the first days, each in order of time."""
    steps = _begun(scenario, DAYS)
    made = scenario.payments(steps)
    made = made.taken(np.argsort(made.occurred_at, kind="stable"))
    return [made.taken(np.flatnonzero(made.group == key)) for key in np.unique(steps.key)]


def _by_device(made: PaymentColumns) -> float:
    return len(made) / len(np.unique(made.device))


def _leak(scenario: MerchantCompromise, society: Society) -> CampaignSteps:
    """The breach of the most cards at a shop with terminals; a step a card."""
    steps = _begun(scenario, LEAK_DAYS)
    begun = steps.taken(steps.step == 0)
    places = list(zip(begun.day.tolist(), begun.number.tolist(), strict=True))
    terminal = TERMINAL[society.shops.category]
    leaky = [place for place in places if terminal[scenario.shop(*place)] >= LEAKY] or places
    day, number = max(leaky[:LEAKS], key=lambda place: len(scenario.leaked(*place)))
    mine = (steps.day == day) & (steps.number == number) & (steps.step < len(scenario.leaked(day, number)))
    return steps.taken(mine)


def _visits(
    scenario: MerchantCompromise, society: Society, steps: CampaignSteps, used: PaymentColumns
) -> PaymentColumns:
    """What the owners paid at the terminal, with the same cards."""
    shop = np.full(len(used), scenario.shop(int(steps.day[0]), int(steps.number[0])))
    visits = scenario.by_card(steps, used.person, shop)
    visits.card, visits.bin, visits.kind = used.card, used.bin, used.kind
    visits.fraud = np.zeros(len(visits), np.bool_)
    visits.scenario = np.full(len(visits), Scenario.ORDINARY)
    visits.channel = np.full(len(visits), ChannelCode.POS)
    visits.cents = society.shops.cents(shop, society.life.people.wealth(used.person), steps.index)
    return visits


def _in_turn(parts: list[PaymentColumns]) -> PaymentColumns:
    """One part after the other, whatever their times; a second apart."""
    ends: Int64s = np.cumsum([0, *map(len, parts)])
    for part, start in zip(parts, ends, strict=False):
        age = part.occurred_at - part.created_at
        part.occurred_at = np.int64(parts[0].occurred_at.min()) + 1_000 * (start + np.arange(len(part)))
        part.created_at = part.occurred_at - age
    return joined(parts)
