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
from simulation.world import drift
from simulation.world.calendar import Calendar
from simulation.world.chance import Chance
from simulation.world.columns import Columns, Kind, Scenario, Where
from simulation.world.life import Life
from simulation.world.parameters import DAYS_MAX
from simulation.world.people import COUNTRIES, People
from simulation.world.places import CAMPAIGNS_MAX, Campaigns
from simulation.world.purposes import Purpose
from simulation.world.shops import PARCELS, Shops


@dataclass(frozen=True)
class Scene:
    """Where it all takes place."""

    chance: Chance
    calendar: Calendar
    people: People
    shops: Shops
    life: Life
    start_ms: int
    fraud: float


class Script(ABC):
    """One scenario. `span_days`: a campaign's payments lie within so many days from its beginning;
    `mean_length`: payments of a campaign that are fraud, on average.
    """

    scenario: ClassVar[Scenario]
    span_days: ClassVar[int]
    mean_length: ClassVar[float]

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        days = np.arange(DAYS_MAX)
        expected = scene.calendar.volume * scene.fraud * drift.share(self.scenario, days) / self.mean_length
        drawn = scene.chance.unit(Purpose.CAMPAIGNS, days.astype(np.uint64), int(self.scenario))
        self.begun = np.minimum((expected + drawn).astype(np.int64), CAMPAIGNS_MAX)
        """How many campaigns begin, by day."""

    def campaigns(self, first: int, last: int) -> Campaigns:
        """All steps of the campaigns that begin on these days, both included."""
        days = np.arange(first, last + 1)
        begun = self.begun[days]
        day = np.repeat(days, begun)
        firsts = Campaigns(self.scenario, day, _counted(begun), np.zeros(len(day), np.int64))
        lengths = self.lengths(firsts)
        return Campaigns(
            self.scenario, np.repeat(day, lengths), np.repeat(firsts.number, lengths), _counted(lengths)
        )

    def exists(self, steps: Campaigns) -> Bools:
        """Which of these steps there are."""
        there: Bools = (steps.number < self.begun[steps.day]) & (steps.step < self.lengths(steps))
        return there

    @abstractmethod
    def lengths(self, campaigns: Campaigns) -> Int64s:
        """How many steps these campaigns have."""

    @abstractmethod
    def at(self, steps: Campaigns) -> Int64s:
        """When (epoch ms) each step takes place."""

    @abstractmethod
    def payments(self, steps: Campaigns) -> Columns:
        """The payments of these steps."""

    def begins(self, steps: Campaigns) -> Int64s:
        """When (epoch ms) the campaign begins: at any hour, more often at night than people pay."""
        minute = self.scene.chance.below(1440, Purpose.CAMPAIGN_TIME, steps.key)
        evening = 900 + self.scene.chance.below(480, Purpose.CAMPAIGN_TIME, steps.key, 1)
        by_day = self.scene.chance.happens(0.6, Purpose.CAMPAIGN_TIME, steps.key, 2)
        minute = np.where(by_day, evening, minute)
        times: Int64s = self.scene.start_ms + steps.day * DAY_MS + minute * 60_000
        return times

    def soon(self, steps: Campaigns, gap_ms: Floats | float) -> Int64s:
        """Steps one after the other, about `gap_ms` apart, within the campaign's days."""
        jitter = self.scene.chance.unit(Purpose.STEP_TIME, steps.index)
        offset = ((steps.step + 0.9 * jitter) * gap_ms).astype(np.int64)
        end = self.scene.start_ms + (steps.day + self.span_days) * DAY_MS - 1
        times: Int64s = np.minimum(self.begins(steps) + offset, end - (7 * steps.step) % 60_000)
        return times

    def days_of(self, times: Int64s) -> Int64s:
        """Days since the world began."""
        days: Int64s = (times - self.scene.start_ms) // DAY_MS
        return days

    def by_card(self, steps: Campaigns, victim: UInt64s, shop: Int64s) -> Columns:
        """Payments with the victims' cards, by nobody yet: no account, device, address. Amounts are usual
        ones of the shop.
        """
        scene, count = self.scene, len(victim)
        times = self.at(steps)
        card, kind, bin_ = scene.people.card(victim, np.zeros(count, np.bool_), self.days_of(times))
        nobody = np.zeros(count, np.uint64)
        return Columns(
            index=steps.index, at=times, scenario=np.full(count, self.scenario),
            fraud=np.ones(count, np.bool_), person=victim, group=steps.key, shop=shop,
            cents=scene.shops.cents(shop, scene.people.wealth(victim), steps.index),
            card=card, kind=np.where(bin_ > 0, kind, Kind.CARD),
            bin=np.where(bin_ > 0, bin_, scene.people.bin_of(victim << np.uint64(1))),
            land=scene.people.land(victim), customer=nobody.copy(), created_at=np.zeros(count, np.int64),
            device=nobody.copy(), ip=nobody.copy(), email=nobody.copy(), address=nobody.copy(),
            channel=np.full(count, Where.ECOMMERCE),
        )  # fmt: skip

    def cover(self, made: Columns, cover: UInt64s, device: UInt64s, drop: UInt64s) -> None:
        """Gives payments the identity `cover`, made on `device` and sent to the address `drop`. A cover is a
        guest, an account just made, or one bought that has long been there; some know the victim's
        e-mail address.
        """
        chance = self.scene.chance
        begun, kind = self.begun_at(made), chance.unit(Purpose.COVER, cover)
        prepared = drift.prepared(self.days_of(begun))
        minutes = np.where(kind < 1 - prepared, 3 + chance.below(2_000, Purpose.COVER_ACCOUNT, cover),
                           1440 * (3 + chance.below(600, Purpose.COVER_ACCOUNT, cover)))  # fmt: skip
        made.customer = np.where(
            kind < drift.guests(self.days_of(begun)), np.uint64(0), chance.token(Purpose.CUSTOMER, cover)
        )
        made.created_at = np.maximum(begun - minutes * 60_000, 0)
        told = chance.happens(prepared, Purpose.COVER, cover, 1)
        own = self.scene.people.email(made.person)
        made.email = np.where(told, own, chance.token(Purpose.EMAIL, cover))
        made.device = chance.token(Purpose.COVER_DEVICE, device)
        made.ip = self.hidden_ip(made, device)
        mobile = chance.happens(drift.mobile(self.days_of(begun)), Purpose.COVER_DEVICE, device, 1)
        made.channel = np.where(mobile & (made.customer > 0), Where.APP, Where.ECOMMERCE)
        self.deliver(made, chance.token(Purpose.COVER_ADDRESS, drop))

    def begun_at(self, made: Columns) -> Int64s:
        """The beginning of the day (epoch ms) before which each payment's cover was made."""
        day = (made.group >> np.uint64(14)).astype(np.int64) & 0x1FFF
        begun: Int64s = np.minimum(made.at, self.scene.start_ms + day * DAY_MS)
        return begun

    def hidden_ip(self, made: Columns, device: UInt64s) -> UInt64s:
        """Through a hijacked line in the card's country, a rented relay, or from anywhere."""
        chance, people = self.scene.chance, self.scene.people
        draw = chance.unit(Purpose.COVER_IP, device)
        home = drift.at_home(self.days_of(made.at))
        near = people.address_in(made.land, chance.bits(Purpose.COVER_IP, device, 1))
        far = people.address_in(chance.below(len(COUNTRIES), Purpose.COVER_IP, device, 2),
                                chance.bits(Purpose.COVER_IP, device, 3))  # fmt: skip
        relay = self.scene.life.relay(device)
        return np.where(draw < home, near, np.where(draw < home + 0.6 * (1 - home), relay, far))

    def deliver(self, made: Columns, address: UInt64s) -> None:
        """Sends parcels there, where the shop sends any."""
        made.address = np.where(PARCELS[self.scene.shops.trade[made.shop]], address, np.uint64(0))

    def targets(self, steps: Campaigns, key: UInt64s, victim: UInt64s) -> Int64s:
        """Shops where thieves buy this month, three in four in the victim's country."""
        chance = self.scene.chance
        draw = chance.unit(Purpose.CAMPAIGN_SHOP, key)
        near = chance.happens(0.76, Purpose.CAMPAIGN_SHOP, key, 1)
        land = np.where(near, self.scene.people.land(victim), -1)
        season = drift.vogue(steps.day)
        shop = np.zeros(len(draw), np.int64)
        for vogue, country in set(zip(season.tolist(), land.tolist(), strict=True)):
            rows = (season == vogue) & (land == country)
            shop[rows] = self.scene.shops.target(vogue, country, draw[rows])
        return shop

    def raised(self, made: Columns, least: float, most: float) -> None:
        """Takes `least` to `most` times what is usual, less later, unless usual amounts are mimicked."""
        chance = self.scene.chance
        day = self.days_of(made.at)
        mimics = chance.happens(drift.mimicry(day), Purpose.STEP_AMOUNT, made.index)
        times = least + (most - least) * chance.unit(Purpose.STEP_AMOUNT, made.index, 1)
        other = np.maximum(made.cents * times * drift.greed(day), 99)
        made.cents = np.where(mimics, made.cents, other.astype(np.int64))


def _counted(lengths: Int64s) -> Int64s:
    """0, 1, ... for each length, one after the other."""
    counted: Int64s = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return counted
