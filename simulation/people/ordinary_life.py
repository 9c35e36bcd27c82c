"""Ordinary life: people at their shops, on their devices, at home, at work, on the way and abroad.

What makes it hard to tell from fraud: strangers who come once, guests without an account, presents for
others' addresses, journeys, cleaned and borrowed devices, offices and mobile networks behind one address,
a partner's card, and now and then something expensive.
"""

from typing import Final, NamedTuple

import numpy as np

from models.arrays import Bools, Int64s, UInt64s
from simulation.chance import Chance, Purpose
from simulation.payments import ChannelCode, PaymentColumns, Scenario, SessionSteps
from simulation.people.calendar import Calendar
from simulation.people.countries import COUNTRIES
from simulation.people.people import STRANGER, People
from simulation.people.shops import PARCELS, SUBSCRIBED, TERMINAL, Shops

STRANGERS: Final = 0.24
"""Share of sessions of people who come once."""

GUESTS: Final = 0.22
"""Share of sessions online without an account."""

POOLS: Final = 96
"""Addresses behind which a country's mobile networks, and its offices, hide their users."""


class Visits(NamedTuple):
    """Who pays where, in steps of sessions."""

    stranger: Bools
    """Whether the person comes once."""

    person: UInt64s
    country: Int64s
    """Home country of the person."""

    abroad: Bools
    away: Int64s
    """Where the person would be abroad."""

    shop: Int64s


class OrdinaryLife:
    """Computes payments of any sessions and steps; none depends on another."""

    def __init__(self, chance: Chance, calendar: Calendar, people: People, shops: Shops) -> None:
        self._chance, self._calendar, self.people, self._shops = chance, calendar, people, shops

    def day(self, day: int) -> PaymentColumns:
        """All ordinary payments of a day, by session."""
        many = np.arange(self._calendar.sessions[day], dtype=np.int64)
        firsts = SessionSteps(np.full(len(many), day), many, np.zeros(len(many), np.int64))
        lengths = self._calendar.lengths(firsts.key)
        session = np.repeat(many, lengths)
        step = np.arange(len(session)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.payments(SessionSteps(np.full(len(session), day), session, step))

    def steady_days(self, days: Int64s, counts: Int64s) -> PaymentColumns:
        """The first `counts[n]` ordinary payments of each of these days, by session.

        The sessions of a steady day are as many as its payments need, the last one cut short.
        """
        sessions = np.arange(int(counts.max()))
        day, session = np.repeat(days, len(sessions)), np.tile(sessions, len(days))
        starts = SessionSteps(day, session, np.zeros(len(day), np.int64))
        ends = np.cumsum(self._calendar.lengths(starts.key).reshape(len(days), -1), axis=1)
        ends = np.minimum(ends, counts[:, None])
        lengths = np.diff(ends, axis=1, prepend=0).ravel()
        step = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.payments(SessionSteps(np.repeat(day, lengths), np.repeat(session, lengths), step))

    def exists(self, steps: SessionSteps) -> Bools:
        """Which of these steps there are."""
        there: Bools = steps.session < self._calendar.sessions_max[steps.day]
        return there & (steps.step < self._calendar.lengths(steps.key))

    def payments(self, steps: SessionSteps) -> PaymentColumns:
        """The payments of these steps."""
        chance, people, day, key = self._chance, self.people, steps.day, steps.key
        stranger, person, country, abroad, away, shop = self.visits(steps)
        times = self._calendar.times(day, key, steps.step, people.clock(person))
        second = chance.happens(0.12, Purpose.INSTRUMENT, key)
        owner = np.where(chance.happens(0.04, Purpose.FAMILY, key) & ~stranger, person ^ np.uint64(1), person)
        card, kind, bin_ = people.card(owner, second, day)
        guest = chance.happens(GUESTS, Purpose.GUEST, key)
        mobile = chance.happens(0.62, Purpose.MOBILE, key)
        made = PaymentColumns(
            index=steps.index, occurred_at=times, scenario=np.full(len(key), Scenario.ORDINARY),
            fraud=np.zeros(len(key), np.bool_), person=person, group=key, shop=shop,
            cents=self._shops.cents(shop, people.wealth(person), steps.index),
            card=card, kind=kind, bin=bin_, country=country,
            customer=np.where(guest, np.uint64(0), people.customer(person)),
            created_at=self._known_since(person, stranger, key, times),
            device=self._device(person, mobile, day, key),
            ip=self._ip(person, mobile, day, key, abroad, away),
            email=self._email(person, key), address=self._address(person, country, shop, day, key),
            channel=np.where(mobile & ~guest, ChannelCode.APP, ChannelCode.ECOMMERCE),
        )  # fmt: skip
        self._in_person(made, abroad)
        return made

    def visits(self, steps: SessionSteps) -> Visits:
        """Who pays where: the part of `payments` that a search for payers needs."""
        people, day, key = self.people, steps.day, steps.key
        stranger = self._chance.happens(STRANGERS, Purpose.STRANGER, key)
        person = np.where(stranger, STRANGER | key, people.person_on(day, key))
        country = people.country(person)
        abroad, away = people.travels(person, day)
        shop = self._shop(steps, person, country, abroad, away)
        return Visits(stranger, person, country, abroad, away, shop)

    def _shop(
        self, steps: SessionSteps, person: UInt64s, country: Int64s, abroad: Bools, away: Int64s
    ) -> Int64s:
        """Favourites mostly; half of a session's payments stay at one shop; on journeys, shops there."""
        chance = self._chance
        stays = chance.happens(0.5, Purpose.SAME_SHOP, steps.key)
        key = np.where(stays, steps.key << np.uint64(6), steps.index)
        where, which = chance.unit(Purpose.WHERE, key), chance.unit(Purpose.WHICH, key)
        new = np.where(where < 0.08, self._shops.anywhere(which), self._shops.in_country(country, which))
        home = np.where(where < 0.3, new, self._shops.favourite(person, country, which))
        there = abroad & (chance.unit(Purpose.WHERE, key, 1) < 0.6)
        home[there] = self._shops.in_country(away[there], which[there])
        return home

    def _known_since(self, person: UInt64s, stranger: Bools, key: UInt64s, times: Int64s) -> Int64s:
        minutes = 1 + self._chance.below(90, Purpose.ACCOUNT_AGE, key)
        old = self._chance.below(900, Purpose.ACCOUNT_AGE, key, 1) * 1440
        recent = self._chance.happens(0.55, Purpose.ACCOUNT_AGE, key, 2)
        first_seen = np.maximum(times - np.where(recent, minutes, old + minutes) * 60_000, 0)
        return np.where(stranger, first_seen, self.people.created_at(person))

    def _device(self, person: UInt64s, mobile: Bools, day: Int64s, key: UInt64s) -> UInt64s:
        """The own one, seldom one never seen before or after."""
        other = self._chance.happens(0.05, Purpose.NEW_DEVICE, key)
        own = self.people.device(person, mobile, day)
        return np.where(other, self._chance.token(Purpose.NEW_DEVICE, key, 1), own)

    def _email(self, person: UInt64s, key: UInt64s) -> UInt64s:
        """The own one, seldom one for work or a throw-away."""
        draw = self._chance.unit(Purpose.SECOND_EMAIL, key)
        other = np.where(draw < 0.015, key, person)
        second = self._chance.token(Purpose.SECOND_EMAIL, other, 1)
        return np.where(draw < 0.06, second, self.people.email(person))

    def _ip(
        self, person: UInt64s, mobile: Bools, day: Int64s, key: UInt64s, abroad: Bools, away: Int64s
    ) -> UInt64s:
        """At home, behind a mobile network or an office, on a journey, or through a private network."""
        chance, people = self._chance, self.people
        country = np.where(abroad, away, people.country(person))
        network = chance.unit(Purpose.NETWORK, key)
        pool = np.where(network < 0.3, 0, POOLS) + chance.below(POOLS, Purpose.NETWORK, key, 1)
        shared = people.address_in(country, chance.bits(Purpose.NETWORK, country.astype(np.uint64),
                                                     pool.astype(np.uint64), 2))  # fmt: skip
        ip = np.where(network < np.where(mobile, 0.42, 0.15), shared, people.home_ip(person, day))
        hotel = people.address_in(country, chance.bits(Purpose.NETWORK, person, country.astype(np.uint64)))
        ip = np.where(abroad & (network >= 0.42), hotel, ip)
        return np.where(self._hides(person, key), self.relay(key), ip)

    def _hides(self, person: UInt64s, key: UInt64s) -> Bools:
        """One in sixteen often pays through a private network."""
        often = self._chance.happens(1 / 16, Purpose.PRIVATE_NETWORK, person)
        return often & self._chance.happens(0.6, Purpose.PRIVATE_NETWORK, key, 1)

    def relay(self, *keys: UInt64s) -> UInt64s:
        """An address of a private network or rented relay: few, in any country, used by good and bad."""
        which = self._chance.below(400, Purpose.PROXY, *keys).astype(np.uint64)
        country = self._chance.below(len(COUNTRIES), Purpose.PROXY, which, 1)
        return self.people.address_in(country, self._chance.bits(Purpose.PROXY, which, 2))

    def _address(self, person: UInt64s, country: Int64s, shop: Int64s, day: Int64s, key: UInt64s) -> UInt64s:
        """Home, a parcel shop, or (before the feasts more often) another person's; none without a parcel."""
        chance = self._chance
        draw = chance.unit(Purpose.DELIVERY, key)
        gift = draw < np.where(self._calendar.gifts[day], 0.2, 0.07)
        pool = chance.below(60, Purpose.DELIVERY, key, 1).astype(np.uint64)
        parcel_shop = chance.token(Purpose.DELIVERY, country.astype(np.uint64), pool, 2)
        receiver = self.people.address(person ^ np.uint64(2) + chance.bits(Purpose.GIFT, key) % np.uint64(64))
        to = np.where(draw > 0.92, parcel_shop, np.where(gift, receiver, self.people.address(person)))
        return np.where(PARCELS[self._shops.category[shop]], to, np.uint64(0))

    def _in_person(self, made: PaymentColumns, abroad: Bools) -> None:
        """Makes some payments ones at a terminal, by telephone, or recurring."""
        category = self._shops.category[made.shop]
        draw = self._chance.unit(Purpose.CHANNEL, made.group, made.shop.astype(np.uint64))
        plastic = made.bin > 0
        terminal = TERMINAL[category] * np.where(abroad, 1.4, 0.55)
        made.at_terminal((draw < terminal) & plastic)
        made.channel[(draw > 0.988) & plastic & (made.channel != ChannelCode.POS)] = ChannelCode.MOTO
        recurring = (category == SUBSCRIBED) & (draw < 0.7)
        made.channel[recurring] = ChannelCode.RECURRING
        made.device[recurring], made.ip[recurring] = 0, 0
