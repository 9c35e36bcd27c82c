"""The shops of a world: what they sell, where, for how much, and how many people go there."""

from typing import Final, NamedTuple

import numpy as np

from models.arrays import Bools, Floats, Int64s, UInt64s
from models.messages import Merchant
from simulation.population import letters, objects
from simulation.world.chance import Chance, chosen, cumulated, lognormal
from simulation.world.people import COUNTRIES
from simulation.world.purposes import Purpose

SHOPS_MIN, SHOPS_MAX = 400, 20_000
FAVOURITES: Final = 6
PRICES: Final = 12
"""Prices of a shop that sells by a list."""


class Trade(NamedTuple):
    """A kind of shop: category code, share of shops, median amount in EUR cents, spread of amounts, share of
    payments at a terminal, whether what is sold is delivered as a parcel, sold by a price list, resold by
    thieves.
    """

    mcc: str
    share: float
    cents: int
    sigma: float
    terminal: float
    parcel: bool
    listed: float
    resale: float


TRADES: Final = (
    Trade("5411", 16, 3_100, 0.65, 0.55, True, 0.05, 0.1),
    Trade("5812", 13, 2_600, 0.65, 0.60, False, 0.10, 0.1),
    Trade("5541", 6, 4_400, 0.35, 0.95, False, 0.00, 0.0),
    Trade("5651", 12, 4_600, 0.55, 0.20, True, 0.60, 0.6),
    Trade("5732", 6, 6_800, 0.75, 0.12, True, 0.60, 2.0),
    Trade("5944", 2, 10_000, 0.70, 0.25, True, 0.40, 1.4),
    Trade("4511", 3, 10_500, 0.55, 0.00, False, 0.20, 1.0),
    Trade("7011", 4, 8_500, 0.50, 0.25, False, 0.30, 0.5),
    Trade("5816", 9, 1_499, 0.60, 0.00, False, 0.95, 1.6),
    Trade("5968", 6, 1_299, 0.30, 0.00, False, 0.97, 0.2),
    Trade("5942", 7, 1_900, 0.60, 0.15, True, 0.50, 0.2),
    Trade("5977", 5, 3_200, 0.55, 0.25, True, 0.60, 0.7),
    Trade("4121", 4, 1_700, 0.55, 0.00, False, 0.00, 0.2),
    Trade("8398", 2, 2_000, 0.70, 0.00, False, 0.70, 0.0),
)
_SHARES: Final = cumulated(np.array([trade.share for trade in TRADES]))
SUBSCRIBED: Final = [trade.mcc for trade in TRADES].index("5968")
TRAVEL_TRADES: Final = tuple(at for at, trade in enumerate(TRADES) if trade.mcc in ("4511", "7011"))
PARCELS: Final = np.array([trade.parcel for trade in TRADES])
TERMINAL: Final = np.array([trade.terminal for trade in TRADES])
RESALE: Final = np.array([trade.resale for trade in TRADES])
DIGITAL: Final = np.array([trade.mcc in ("5816", "5968") for trade in TRADES])
_CENTS: Final = np.array([trade.cents for trade in TRADES], float)
_LISTED: Final = np.array([trade.listed for trade in TRADES])
_SIGMAS: Final = sorted({trade.sigma for trade in TRADES})
_SPREADS: Final = np.stack([lognormal(sigma) for sigma in _SIGMAS])
_SIGMA_OF: Final = np.array([_SIGMAS.index(trade.sigma) for trade in TRADES])


class Shops:
    """All shops, by number; the lower the number, the better known."""

    def __init__(self, chance: Chance, per_day: int) -> None:
        self._chance = chance
        self.count = int(np.clip(per_day // 5, SHOPS_MIN, SHOPS_MAX))
        numbers = np.arange(self.count, dtype=np.uint64)
        self.trade = chosen(_SHARES, chance.unit(Purpose.SHOP_KIND, numbers))
        self.land = _lands(chance, numbers)
        self._scale = chance.factor(0.25, Purpose.SHOP_SCALE, numbers)
        self._listed: Bools = chance.unit(Purpose.SHOP_PRICES, numbers) < _LISTED[self.trade]
        self.popularity = np.asarray(1.0 / (np.arange(self.count) + 8.0) ** 0.75, np.float64)
        self._everywhere = cumulated(self.popularity)
        self._at_home = [np.flatnonzero(self.land == land) for land in range(len(COUNTRIES))]
        self._shares = [cumulated(self.popularity[shops]) for shops in self._at_home]
        self._targets: dict[tuple[int, int], tuple[Int64s, Floats]] = {}
        self.merchants = objects([
            Merchant(f"mer_{letters(number, 4)}", TRADES[trade].mcc, COUNTRIES[land].code)
            for number, (trade, land) in enumerate(zip(self.trade.tolist(), self.land.tolist(), strict=True))
        ])  # fmt: skip

    def anywhere(self, at: Floats) -> Int64s:
        """A shop of any country, by popularity."""
        return chosen(self._everywhere, at)

    def in_land(self, land: Int64s, at: Floats) -> Int64s:
        """A shop of a country, by popularity; `at` uniform in [0, 1)."""
        found = np.zeros(len(land), np.int64)
        for code in np.unique(land).tolist():
            rows = land == code
            found[rows] = self._at_home[code][chosen(self._shares[code], at[rows])]
        return found

    def favourite(self, person: UInt64s, land: Int64s, at: Floats) -> Int64s:
        """One of the shops a person comes back to; the first ones more often. One in six is abroad."""
        slot = (at * np.sqrt(at) * FAVOURITES).astype(np.uint64)
        place = self._chance.unit(Purpose.FAVOURITE, person, slot)
        abroad = self._chance.happens(1 / 6, Purpose.FAVOURITE, person, slot, 1)
        return np.where(abroad, self.anywhere(place), self.in_land(land, place))

    def target(self, vogue: int, land: int, at: Floats) -> Int64s:
        """A shop where thieves buy: what can be resold, and the trades and shops in vogue among them this
        month; of one country, or of any (-1).
        """
        if (vogue, land) not in self._targets:
            liked = self._chance.bits(Purpose.VOGUE, np.arange(self.count, dtype=np.uint64), vogue)
            weights = self.popularity * (0.05 + RESALE[self.trade])
            trades = self._chance.bits(Purpose.VOGUE, self.trade.astype(np.uint64), vogue, 1)
            weights *= np.where(liked % np.uint64(12) == 0, 12.0, 1.0) * ((self.land == land) | (land < 0))
            weights *= np.where(trades % np.uint64(4) == 0, 8.0, 1.0)
            self._targets[vogue, land] = np.flatnonzero(weights), cumulated(weights[weights > 0])
        shops, shares = self._targets[vogue, land]
        return shops[chosen(shares, at)]

    def cents(self, shop: Int64s, wealth: Floats, *keys: UInt64s) -> Int64s:
        """An amount usual there, EUR cents: from the price list, or by the buyer's purse."""
        chance, trade = self._chance, self.trade[shop]
        pick = chance.unit(Purpose.PRICE, *keys)
        price = (pick * pick * PRICES).astype(np.uint64)
        median = _CENTS[trade] * self._scale[shop]
        place = np.where(
            self._listed[shop],
            chance.below(4096, Purpose.SHOP_PRICES, shop.astype(np.uint64), price, 1),
            chance.below(4096, Purpose.AMOUNT, *keys),
        )
        free = np.floor(median * _spread(trade, place) * np.where(self._listed[shop], 1.0, wealth))
        tidy = np.where(self._listed[shop], np.floor(free / 100) * 100 + 99, free)
        return np.maximum(tidy, 99).astype(np.int64)


def _spread(trade: Int64s, place: Int64s) -> Floats:
    found: Floats = _SPREADS[_SIGMA_OF[trade], place]
    return found


def _lands(chance: Chance, numbers: UInt64s) -> Int64s:
    """Countries by their share of people; every country has shops, the first few dealt out in turn."""
    shares = cumulated(np.array([max(land.share, 1) for land in COUNTRIES], float))
    land = chosen(shares, chance.unit(Purpose.SHOP_LAND, numbers))
    dealt = np.arange(4 * len(COUNTRIES)) + 20
    land[dealt] = (dealt - 20) % len(COUNTRIES)
    return land
