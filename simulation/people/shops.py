"""The shops of a world: what they sell, where, for how much, and how many people go there."""

from typing import Final, NamedTuple

import numpy as np

from models.arrays import Bools, Floats, Int64s, UInt64s
from models.messages import Merchant
from simulation.chance import Chance, Purpose, chosen, cumulated, lognormal
from simulation.people.countries import COUNTRIES, letters, objects

SHOPS_MIN, SHOPS_MAX = 400, 20_000
FAVOURITES: Final = 6
PRICES: Final = 12
"""Prices of a shop that sells by a list."""


class ShopCategory(NamedTuple):
    """A kind of shop."""

    mcc: str
    share: float
    """Of shops."""

    cents: int
    """Median amount in EUR cents."""

    sigma: float
    """Spread of amounts (of their logarithm)."""

    terminal: float
    """Share of payments at a terminal."""

    parcel: bool
    """Whether what is sold is delivered as a parcel."""

    listed: float
    """Share of shops that sell by a price list."""

    resale: float
    """How much thieves like to resell it."""


CATEGORIES: Final = (
    ShopCategory("5411", 16, 3_100, 0.65, 0.55, True, 0.05, 0.1),
    ShopCategory("5812", 13, 2_600, 0.65, 0.60, False, 0.10, 0.1),
    ShopCategory("5541", 6, 4_400, 0.35, 0.95, False, 0.00, 0.0),
    ShopCategory("5651", 12, 4_600, 0.55, 0.20, True, 0.60, 0.6),
    ShopCategory("5732", 6, 6_800, 0.75, 0.12, True, 0.60, 2.0),
    ShopCategory("5944", 2, 10_000, 0.70, 0.25, True, 0.40, 1.4),
    ShopCategory("4511", 3, 10_500, 0.55, 0.00, False, 0.20, 1.0),
    ShopCategory("7011", 4, 8_500, 0.50, 0.25, False, 0.30, 0.5),
    ShopCategory("5816", 9, 1_499, 0.60, 0.00, False, 0.95, 1.6),
    ShopCategory("5968", 6, 1_299, 0.30, 0.00, False, 0.97, 0.2),
    ShopCategory("5942", 7, 1_900, 0.60, 0.15, True, 0.50, 0.2),
    ShopCategory("5977", 5, 3_200, 0.55, 0.25, True, 0.60, 0.7),
    ShopCategory("4121", 4, 1_700, 0.55, 0.00, False, 0.00, 0.2),
    ShopCategory("8398", 2, 2_000, 0.70, 0.00, False, 0.70, 0.0),
)
_SHARES: Final = cumulated(np.array([category.share for category in CATEGORIES]))
SUBSCRIBED: Final = [category.mcc for category in CATEGORIES].index("5968")
TRAVEL_CATEGORIES: Final = tuple(
    row for row, category in enumerate(CATEGORIES) if category.mcc in ("4511", "7011")
)
PARCELS: Final = np.array([category.parcel for category in CATEGORIES])
TERMINAL: Final = np.array([category.terminal for category in CATEGORIES])
RESALE: Final = np.array([category.resale for category in CATEGORIES])
DIGITAL: Final = np.array([category.mcc in ("5816", "5968") for category in CATEGORIES])
_CENTS: Final = np.array([category.cents for category in CATEGORIES], float)
_LISTED: Final = np.array([category.listed for category in CATEGORIES])
_SIGMAS: Final = sorted({category.sigma for category in CATEGORIES})
_SPREADS: Final = np.stack([lognormal(sigma) for sigma in _SIGMAS])
_SIGMA_OF: Final = np.array([_SIGMAS.index(category.sigma) for category in CATEGORIES])


class Shops:
    """All shops, by number; the lower the number, the better known."""

    def __init__(self, chance: Chance, per_day: int) -> None:
        self._chance = chance
        self.count = int(np.clip(per_day // 5, SHOPS_MIN, SHOPS_MAX))
        numbers = np.arange(self.count, dtype=np.uint64)
        self.category = chosen(_SHARES, chance.unit(Purpose.SHOP_KIND, numbers))
        self.country = _countries(chance, numbers)
        self._scale = chance.factor(0.25, Purpose.SHOP_SCALE, numbers)
        self._listed: Bools = chance.unit(Purpose.SHOP_PRICES, numbers) < _LISTED[self.category]
        self.popularity = np.asarray(1.0 / (np.arange(self.count) + 8.0) ** 0.75, np.float64)
        self._everywhere = cumulated(self.popularity)
        self._at_home = [np.flatnonzero(self.country == country) for country in range(len(COUNTRIES))]
        self._shares = [cumulated(self.popularity[shops]) for shops in self._at_home]
        self._targets: dict[tuple[int, int], tuple[Int64s, Floats]] = {}
        self.merchants = objects([
            Merchant(f"mer_{letters(number, 4)}", CATEGORIES[category].mcc, COUNTRIES[country].code)
            for number, category, country in zip(
                range(self.count), self.category.tolist(), self.country.tolist(), strict=True
            )
        ])  # fmt: skip

    def anywhere(self, share: Floats) -> Int64s:
        """A shop of any country, by popularity."""
        return chosen(self._everywhere, share)

    def in_country(self, country: Int64s, share: Floats) -> Int64s:
        """A shop of a country, by popularity; `share` uniform in [0, 1)."""
        chosen_shops = np.zeros(len(country), np.int64)
        for code in np.unique(country).tolist():
            rows = country == code
            chosen_shops[rows] = self._at_home[code][chosen(self._shares[code], share[rows])]
        return chosen_shops

    def favourite(self, person: UInt64s, country: Int64s, share: Floats) -> Int64s:
        """One of the shops a person comes back to; the first ones more often. One in six is abroad."""
        slot = (share * np.sqrt(share) * FAVOURITES).astype(np.uint64)
        place = self._chance.unit(Purpose.FAVOURITE, person, slot)
        abroad = self._chance.happens(1 / 6, Purpose.FAVOURITE, person, slot, 1)
        return np.where(abroad, self.anywhere(place), self.in_country(country, place))

    def target(self, vogue: int, country: int, share: Floats) -> Int64s:
        """A shop where thieves buy: what can be resold, and the categories and shops in vogue among them this
        month; of one country, or of any (-1).
        """
        if (vogue, country) not in self._targets:
            liked = self._chance.bits(Purpose.VOGUE, np.arange(self.count, dtype=np.uint64), vogue)
            weights = self.popularity * (0.05 + RESALE[self.category])
            categories = self._chance.bits(Purpose.VOGUE, self.category.astype(np.uint64), vogue, 1)
            weights *= np.where(liked % np.uint64(12) == 0, 12.0, 1.0) * (
                (self.country == country) | (country < 0)
            )
            weights *= np.where(categories % np.uint64(4) == 0, 8.0, 1.0)
            self._targets[vogue, country] = np.flatnonzero(weights), cumulated(weights[weights > 0])
        shops, cumulative = self._targets[vogue, country]
        return shops[chosen(cumulative, share)]

    def cents(self, shop: Int64s, wealth: Floats, *keys: UInt64s) -> Int64s:
        """An amount usual there, EUR cents: from the price list, or by the buyer's purse."""
        chance, category = self._chance, self.category[shop]
        pick = chance.unit(Purpose.PRICE, *keys)
        price = (pick * pick * PRICES).astype(np.uint64)
        median = _CENTS[category] * self._scale[shop]
        place = np.where(
            self._listed[shop],
            chance.below(4096, Purpose.SHOP_PRICES, shop.astype(np.uint64), price, 1),
            chance.below(4096, Purpose.AMOUNT, *keys),
        )
        free = np.floor(median * _spread(category, place) * np.where(self._listed[shop], 1.0, wealth))
        tidy = np.where(self._listed[shop], np.floor(free / 100) * 100 + 99, free)
        return np.maximum(tidy, 99).astype(np.int64)


def _spread(category: Int64s, place: Int64s) -> Floats:
    factors: Floats = _SPREADS[_SIGMA_OF[category], place]
    return factors


def _countries(chance: Chance, numbers: UInt64s) -> Int64s:
    """Countries by their share of people; every country has shops, the first few dealt out in turn."""
    shares = cumulated(np.array([max(country.share, 1) for country in COUNTRIES], float))
    country = chosen(shares, chance.unit(Purpose.SHOP_COUNTRY, numbers))
    dealt = np.arange(4 * len(COUNTRIES)) + 20
    country[dealt] = (dealt - 20) % len(COUNTRIES)
    return country
