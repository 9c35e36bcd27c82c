"""The people of a world and what is theirs: cards, devices, addresses, habits; each a function of (seed,
person, day).

Two live in a household, and some households share a computer and a card. Cards are issued anew after years,
devices replaced after months, addresses on the internet change with the provider's leases. Besides the
people who come back there are strangers, each met in one session only.
"""

from typing import Final

import numpy as np

from models.arrays import Bools, Floats, Int64s, UInt64s
from models.units import DAY_MS
from simulation.chance import Chance, Purpose, chosen, cumulated, lognormal
from simulation.payments import MethodCode
from simulation.people.calendar import Calendar
from simulation.people.countries import COUNTRIES, HOME_COUNTRIES

STRANGER: Final = np.uint64(1 << 42)
CLOCKS: Final = np.array([60, 60, 60, 60, 60, 0, -300, 540, 60, -180, 60, 420, 120])
"""Minutes that the clocks of `COUNTRIES` are ahead of UTC (winter)."""

ISSUERS: Final = 9
"""Issuing banks of a country, with a BIN of each scheme."""

_RESIDUES: Final = 256
_HOME_SHARES: Final = cumulated(np.array([country.share for country in HOME_COUNTRIES], float))
_KINDS: Final = cumulated(np.array([81.0, 11.0, 4.0, 1.0, 3.0]))
_ACTIVITY: Final = cumulated(lognormal(0.45)[np.arange(_RESIDUES) * 101 % _RESIDUES * (4096 // _RESIDUES)])
"""How often the people of each residue pay: a lognormal's quantiles, in no order."""

_BASES: Final = np.array(
    [int.from_bytes(bytes(map(int, country.block[0].split("."))), "big") for country in COUNTRIES], np.uint64
)
_SIZES: Final = np.array([1 << country.block[1] for country in COUNTRIES], np.uint64)


class People:
    """`person` and `day` are parallel columns everywhere."""

    def __init__(self, chance: Chance, calendar: Calendar, start_ms: int) -> None:
        self._chance, self._calendar, self._start_ms = chance, calendar, start_ms

    def person_on(self, day: Int64s, *keys: UInt64s) -> UInt64s:
        """A person of that day; those who pay more often come more often."""
        many = self._calendar.people[day]
        residue = chosen(_ACTIVITY, self._chance.unit(Purpose.ACTIVITY, *keys))
        block = self._chance.below(many // _RESIDUES + 1, Purpose.BLOCK, *keys)
        person = block * _RESIDUES + residue
        return np.where(person >= many, person - _RESIDUES, person).astype(np.uint64)

    def country(self, person: UInt64s) -> Int64s:
        """Home country, as a number of `COUNTRIES`; households stay together."""
        return chosen(_HOME_SHARES, self._chance.unit(Purpose.COUNTRY, person >> np.uint64(1)))

    def wealth(self, person: UInt64s) -> Floats:
        """What the amounts of this person are multiplied by; median 1."""
        return self._chance.factor(0.3, Purpose.WEALTH, person)

    def clock(self, person: UInt64s) -> Int64s:
        """Minutes behind UTC of the hours this person keeps: country, early or late riser."""
        riser = self._chance.below(241, Purpose.CLOCK, person) - 120
        behind: Int64s = riser - CLOCKS[self.country(person)]
        return behind

    def created_at(self, person: UInt64s) -> Int64s:
        """Since when (epoch ms) the merchant knows this person; up to five years before the world began."""
        age = 7 * DAY_MS + self._chance.below(5 * 365 * 1440, Purpose.AGE, person) * 60_000
        late = person.astype(np.int64) + 1 - self._calendar.first_people
        joined = np.ceil(late / self._calendar.people_a_day).astype(np.int64) * DAY_MS
        hours = self._chance.below(86_400, Purpose.AGE, person, 1) * 1000
        since: Int64s = np.maximum(self._start_ms + np.where(late > 0, joined - hours, -age), 0)
        return since

    def card(self, person: UInt64s, second: Bools, day: Int64s) -> tuple[UInt64s, Int64s, Int64s]:
        """Token, `MethodCode` and BIN of a person's first or second instrument."""
        slot = person << np.uint64(1) | second.astype(np.uint64)
        number = self._generation(day, slot, 500, 900, Purpose.REISSUE)
        kind = chosen(_KINDS, self._chance.unit(Purpose.CARD_KIND, slot))
        plastic = (kind == MethodCode.CARD) | (kind == MethodCode.WALLET)
        return self._chance.token(Purpose.CARD, slot, number), kind, np.where(plastic, self.bin_of(slot), 0)

    def bin_of(self, slot: UInt64s) -> Int64s:
        """First six digits: scheme (4 or 5), country, bank."""
        country = self.country(slot >> np.uint64(1))
        bank = self._chance.below(ISSUERS * ISSUERS, Purpose.ISSUER, slot)
        bank = np.minimum(bank // ISSUERS, bank % ISSUERS)
        scheme = 4 + (self._chance.below(100, Purpose.ISSUER, slot, 1) < 42)
        return scheme * 100_000 + 20_000 + country * 100 + bank

    def device(self, person: UInt64s, mobile: Bools, day: Int64s) -> UInt64s:
        """The telephone or computer in use that day. One in twelve cleans up every few days."""
        shares = ~mobile & self._chance.happens(0.3, Purpose.HOUSEHOLD, person >> np.uint64(1))
        owner = np.where(shares, person >> np.uint64(1), person) << np.uint64(2)
        slot = owner | mobile.astype(np.uint64) | shares.astype(np.uint64) << np.uint64(1)
        cleaner = self._chance.happens(0.08, Purpose.CLEANER, person)
        often = self._generation(day, slot, 2, 6, Purpose.DEVICE_AGE)
        seldom = self._generation(day, slot, 150, 600, Purpose.DEVICE_AGE)
        return self._chance.token(Purpose.DEVICE, slot, np.where(cleaner, often, seldom))

    def home_ip(self, person: UInt64s, day: Int64s) -> UInt64s:
        """The household's address (IPv4) that day."""
        home = person >> np.uint64(1)
        lease = self._generation(day, home, 1, 45, Purpose.LEASE)
        return self.address_in(self.country(person), self._chance.bits(Purpose.HOME_IP, home, lease))

    @staticmethod
    def address_in(country: Int64s, draw: UInt64s) -> UInt64s:
        """An address (IPv4) of a country."""
        return _BASES[country] + (draw >> np.uint64(8)) % _SIZES[country]

    def customer(self, person: UInt64s) -> UInt64s:
        """The merchant's customer number."""
        return self._chance.token(Purpose.CUSTOMER, person)

    def email(self, person: UInt64s) -> UInt64s:
        """The e-mail address."""
        return self._chance.token(Purpose.EMAIL, person)

    def address(self, person: UInt64s) -> UInt64s:
        """Where parcels go: the household."""
        return self._chance.token(Purpose.ADDRESS, person >> np.uint64(1))

    def travels(self, person: UInt64s, day: Int64s) -> tuple[Bools, Int64s]:
        """Whether a person is abroad that day, and where. One in five months has a journey of 2-14 days for
        those who travel at all, in summer more.
        """
        month = (day // 30).astype(np.uint64)
        goes = self._chance.unit(Purpose.TRAVEL, person, month)
        begin = self._chance.below(20, Purpose.TRAVEL, person, month, 1)
        lasts = 2 + self._chance.below(12, Purpose.TRAVEL, person, month, 2)
        often = np.where(self._chance.happens(0.15, Purpose.TRAVEL, person), 0.45, 0.09)
        there = day % 30 - begin
        country = self._chance.below(len(COUNTRIES), Purpose.DESTINATION, person, month)
        return (goes < often) & (there >= 0) & (there < lasts), country

    def _generation(self, day: Int64s, owner: UInt64s, least: int, most: int, purpose: Purpose) -> UInt64s:
        """Counts up every `least` to `most` days, at another pace for each owner."""
        period = least + self._chance.below(most - least, purpose, owner)
        phase = self._chance.below(1 << 20, purpose, owner, 1) % period
        return ((day + phase) // period).astype(np.uint64)
