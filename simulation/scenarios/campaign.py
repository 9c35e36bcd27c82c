"""What all scenarios of fraud are made of: campaigns of steps, victims, and covers that the fraudster uses.

A campaign begins on a day and spans a few; each of its steps is a payment, and a pure function of (seed,
scenario, day, number of the campaign, step).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from models.arrays import Bools, Floats, Int64s, UInt64s
from models.units import DAY_MS
from simulation.chance import Chance, Purpose
from simulation.payments import (
    CAMPAIGNS_MAX,
    DAYS_MAX,
    CampaignSteps,
    ChannelCode,
    MethodCode,
    PaymentColumns,
    Scenario,
)
from simulation.people import COUNTRIES, PARCELS, Calendar, OrdinaryLife, People, Shops
from simulation.scenarios import drift


@dataclass(frozen=True)
class ScenarioContext:
    """What fraud takes place in."""

    chance: Chance
    calendar: Calendar
    people: People
    shops: Shops
    life: OrdinaryLife
    start_ms: int
    """When the world begins (epoch ms)."""

    fraud: float
    """Share of attempts that are fraud."""


class FraudScenario(ABC):
    """One kind of fraud."""

    scenario: ClassVar[Scenario]
    span_days: ClassVar[int]
    """A campaign's payments lie within so many days from its beginning."""

    mean_length: ClassVar[float]
    """Payments of a campaign that are fraud, on average."""

    def __init__(self, context: ScenarioContext) -> None:
        self.context = context
        days = np.arange(DAYS_MAX)
        expected = (
            context.calendar.volume * context.fraud * drift.share(self.scenario, days) / self.mean_length
        )
        drawn = context.chance.unit(Purpose.CAMPAIGNS, days.astype(np.uint64), int(self.scenario))
        self.begun = np.minimum((expected + drawn).astype(np.int64), CAMPAIGNS_MAX)
        """How many campaigns begin, by day."""

    def campaigns(self, first: int, last: int) -> CampaignSteps:
        """All steps of the campaigns that begin on these days, both included."""
        days = np.arange(first, last + 1)
        begun = self.begun[days]
        day = np.repeat(days, begun)
        firsts = CampaignSteps(self.scenario, day, _counted(begun), np.zeros(len(day), np.int64))
        lengths = self.lengths(firsts)
        return CampaignSteps(
            self.scenario, np.repeat(day, lengths), np.repeat(firsts.number, lengths), _counted(lengths)
        )

    def exists(self, steps: CampaignSteps) -> Bools:
        """Which of these steps there are."""
        there: Bools = (steps.number < self.begun[steps.day]) & (steps.step < self.lengths(steps))
        return there

    def on_days(self, first: int, last: int) -> PaymentColumns:
        """All payments on these days, both included, of whatever campaigns go on."""
        steps = self.campaigns(max(first - self.span_days + 1, 0), last)
        day = self.days_of(self.times(steps))
        return self.payments(steps.taken((first <= day) & (day <= last)))

    def frauds(self, steps: CampaignSteps) -> Bools:
        """Which of these steps are fraud: all, unless the scenario says otherwise."""
        return np.ones(len(steps.step), np.bool_)

    @abstractmethod
    def lengths(self, campaigns: CampaignSteps) -> Int64s:
        """How many steps these campaigns have."""

    @abstractmethod
    def times(self, steps: CampaignSteps) -> Int64s:
        """When (epoch ms) each step takes place."""

    @abstractmethod
    def payments(self, steps: CampaignSteps) -> PaymentColumns:
        """The payments of these steps."""

    def begins(self, steps: CampaignSteps) -> Int64s:
        """When (epoch ms) the campaign begins: at any hour, more often at night than people pay."""
        minute = self.context.chance.below(1440, Purpose.CAMPAIGN_TIME, steps.key)
        evening = 900 + self.context.chance.below(480, Purpose.CAMPAIGN_TIME, steps.key, 1)
        by_day = self.context.chance.happens(0.6, Purpose.CAMPAIGN_TIME, steps.key, 2)
        minute = np.where(by_day, evening, minute)
        times: Int64s = self.context.start_ms + steps.day * DAY_MS + minute * 60_000
        return times

    def soon(self, steps: CampaignSteps, gap_ms: Floats | float) -> Int64s:
        """Steps one after the other, about `gap_ms` apart, within the campaign's days."""
        jitter = self.context.chance.unit(Purpose.STEP_TIME, steps.index)
        offset = ((steps.step + 0.9 * jitter) * gap_ms).astype(np.int64)
        end = self.context.start_ms + (steps.day + self.span_days) * DAY_MS - 1
        times: Int64s = np.minimum(self.begins(steps) + offset, end - (7 * steps.step) % 60_000)
        return times

    def days_of(self, times: Int64s) -> Int64s:
        """Days since the world began."""
        days: Int64s = (times - self.context.start_ms) // DAY_MS
        return days

    def by_card(self, steps: CampaignSteps, victim: UInt64s, shop: Int64s) -> PaymentColumns:
        """Payments with the victims' cards, by nobody yet: no account, device, address. Amounts are usual
        ones of the shop.
        """
        context, count = self.context, len(victim)
        times = self.times(steps)
        card, kind, bin_ = context.people.card(victim, np.zeros(count, np.bool_), self.days_of(times))
        nobody = np.zeros(count, np.uint64)
        return PaymentColumns(
            index=steps.index, occurred_at=times, scenario=np.full(count, self.scenario),
            fraud=self.frauds(steps), person=victim, group=steps.key, shop=shop,
            cents=context.shops.cents(shop, context.people.wealth(victim), steps.index),
            card=card, kind=np.where(bin_ > 0, kind, MethodCode.CARD),
            bin=np.where(bin_ > 0, bin_, context.people.bin_of(victim << np.uint64(1))),
            country=context.people.country(victim),
            customer=nobody.copy(), created_at=np.zeros(count, np.int64), device=nobody.copy(),
            ip=nobody.copy(), email=nobody.copy(), address=nobody.copy(),
            channel=np.full(count, ChannelCode.ECOMMERCE),
        )  # fmt: skip

    def cover(self, made: PaymentColumns, cover: UInt64s, device: UInt64s, drop: UInt64s) -> None:
        """Gives payments the identity `cover`, made on `device` and sent to the address `drop`. A cover is a
        guest, an account just made, or one bought that has long been there; some know the victim's
        e-mail address.
        """
        chance = self.context.chance
        begun, kind = self.begun_at(made), chance.unit(Purpose.COVER, cover)
        prepared = drift.prepared(self.days_of(begun))
        minutes = np.where(kind < 1 - prepared, 3 + chance.below(2_000, Purpose.COVER_ACCOUNT, cover),
                           1440 * (3 + chance.below(600, Purpose.COVER_ACCOUNT, cover)))  # fmt: skip
        made.customer = np.where(
            kind < drift.guests(self.days_of(begun)), np.uint64(0), chance.token(Purpose.CUSTOMER, cover)
        )
        made.created_at = np.maximum(begun - minutes * 60_000, 0)
        knows_email = chance.happens(prepared, Purpose.COVER, cover, 1)
        own = self.context.people.email(made.person)
        made.email = np.where(knows_email, own, chance.token(Purpose.EMAIL, cover))
        made.device = chance.token(Purpose.COVER_DEVICE, device)
        made.ip = self.hidden_ip(made, device)
        mobile = chance.happens(drift.mobile(self.days_of(begun)), Purpose.COVER_DEVICE, device, 1)
        made.channel = np.where(mobile & (made.customer > 0), ChannelCode.APP, ChannelCode.ECOMMERCE)
        self.deliver(made, chance.token(Purpose.COVER_ADDRESS, drop))

    def begun_at(self, made: PaymentColumns) -> Int64s:
        """The beginning of the day (epoch ms) before which each payment's cover was made."""
        day = (made.group >> np.uint64(14)).astype(np.int64) & 0x1FFF
        begun: Int64s = np.minimum(made.occurred_at, self.context.start_ms + day * DAY_MS)
        return begun

    def hidden_ip(self, made: PaymentColumns, device: UInt64s) -> UInt64s:
        """Through a hijacked line in the card's country, a rented relay, or from anywhere."""
        chance, people = self.context.chance, self.context.people
        draw = chance.unit(Purpose.COVER_IP, device)
        home = drift.at_home(self.days_of(made.occurred_at))
        near = people.address_in(made.country, chance.bits(Purpose.COVER_IP, device, 1))
        far = people.address_in(chance.below(len(COUNTRIES), Purpose.COVER_IP, device, 2),
                                chance.bits(Purpose.COVER_IP, device, 3))  # fmt: skip
        relay = self.context.life.relay(device)
        return np.where(draw < home, near, np.where(draw < home + 0.6 * (1 - home), relay, far))

    def deliver(self, made: PaymentColumns, address: UInt64s) -> None:
        """Sends parcels there, where the shop sends any."""
        made.address = np.where(PARCELS[self.context.shops.category[made.shop]], address, np.uint64(0))

    def targets(self, steps: CampaignSteps, key: UInt64s, victim: UInt64s) -> Int64s:
        """Shops where thieves buy this month, three in four in the victim's country."""
        chance = self.context.chance
        draw = chance.unit(Purpose.CAMPAIGN_SHOP, key)
        near = chance.happens(0.76, Purpose.CAMPAIGN_SHOP, key, 1)
        place = np.where(near, self.context.people.country(victim), -1)
        season = drift.vogue(steps.day)
        shop = np.zeros(len(draw), np.int64)
        for vogue, country in set(zip(season.tolist(), place.tolist(), strict=True)):
            rows = (season == vogue) & (place == country)
            shop[rows] = self.context.shops.target(vogue, country, draw[rows])
        return shop

    def raised(self, made: PaymentColumns, least: float, most: float) -> None:
        """Takes `least` to `most` times what is usual, less later, unless usual amounts are mimicked."""
        chance = self.context.chance
        day = self.days_of(made.occurred_at)
        mimics = chance.happens(drift.mimicry(day), Purpose.STEP_AMOUNT, made.index)
        times = least + (most - least) * chance.unit(Purpose.STEP_AMOUNT, made.index, 1)
        other = np.maximum(made.cents * times * drift.greed(day), 99)
        made.cents = np.where(mimics, made.cents, other.astype(np.int64))


def _counted(lengths: Int64s) -> Int64s:
    """0, 1, ... for each length, one after the other."""
    counted: Int64s = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return counted
