"""The reference tables in effect, as arrays and dictionaries: for columns of many payments at once."""

from collections.abc import Mapping
from functools import lru_cache
from math import nan
from typing import Any, NamedTuple

import numpy as np

from features.columns import location as places
from features.columns.hashing import entity_hashes
from models.arrays import Floats, Int64s, UInt64s
from models.money import SHIPPED, Currencies
from models.reference import BinRanges, Countries, IpCountries, MerchantCategories

NO_COUNTRIES = IpCountries.from_ranges((), ())
ROUND_UNITS = 10
"""A round amount is a multiple of ten units, of a thousand where a currency has no decimals."""
KNOWN, PREPAID, DEBIT, CREDIT = range(4)
_TYPES = {
    "": (nan, nan),
    "debit": (1.0, 0.0),
    "credit": (0.0, 1.0),
    "charge": (0.0, 1.0),
    "prepaid": (0.0, 0.0),
}
"""Debit and credit, by type of card; a charge card counts as credit."""


class ReferenceLookups(NamedTuple):
    """The tables' entries by number; what no table holds is absent, 0 or NaN."""

    ip_countries: IpCountries
    ip_hashes: UInt64s
    """Hashes of the countries, by their number in `ip_countries`."""
    ip_places: Int64s
    """Middles of those countries, packed."""
    bins: BinRanges | None
    card_kinds: Floats
    """Known, prepaid, debit, credit of each kind in `bins`, shape (kinds, 4)."""
    card_countries: UInt64s
    """Hashes of the kinds' countries."""
    groups: Mapping[str | None, float]
    """Groups of merchants by category code."""
    country_rows: Mapping[str | None, int]
    """Row of a country in `homes` and `middles`; row 0 is unknown."""
    homes: UInt64s
    """Hashes of a country's currencies, shape (2, rows)."""
    middles: Int64s
    """Middle of a country, packed."""
    round_steps: Mapping[str, int]
    """Minor units of a round amount, by currency."""

    @staticmethod
    def of(tables: Mapping[str, Any]) -> "ReferenceLookups":
        """From tables by name, as the engine has them; any may be missing."""
        names = ("ip_countries", "bins", "mccs", "countries", "currencies")
        return _reference(*(tables.get(name) for name in names))


@lru_cache(maxsize=8)
def _reference(
    ip_countries: IpCountries | None,
    bins: BinRanges | None,
    categories: MerchantCategories | None,
    countries: Countries | None,
    currencies: Currencies | None,
) -> ReferenceLookups:
    """Built once per set of tables: they never change, so the object is the key."""
    ip_countries = ip_countries or NO_COUNTRIES
    by_code = countries.by_code if countries else {}
    middles = {code: places.pack(country.latitude, country.longitude) for code, country in by_code.items()}
    kinds = bins.kinds if bins else ()
    known = [(float(number > 0), *_card(kind.prepaid, kind.type)) for number, kind in enumerate(kinds)]
    decimals = (currencies or SHIPPED).exponents
    tenders = [(*country.currencies, None, None)[:2] for country in by_code.values()]
    return ReferenceLookups(
        ip_countries=ip_countries,
        ip_hashes=entity_hashes(ip_countries.names),
        ip_places=np.array([middles.get(name or "", 0) for name in ip_countries.names], np.int64),
        bins=bins,
        card_kinds=np.array(known or [(nan,) * 4], np.float64),
        card_countries=entity_hashes([kind.country or None for kind in kinds] or [None]),
        groups={code: float(c.group) for code, c in categories.categories.items()} if categories else {},
        country_rows={code: row for row, code in enumerate(by_code, 1)},
        homes=np.stack([entity_hashes([None, *(codes[i] for codes in tenders)]) for i in range(2)]),
        middles=np.array([0, *middles.values()], np.int64),
        round_steps={c: ROUND_UNITS * 10 ** (digits or 2) for c, digits in decimals.items()},
    )


def _card(prepaid: int, type: str) -> tuple[float, float, float]:
    return (nan if prepaid < 0 else float(prepaid), *_TYPES[type])
