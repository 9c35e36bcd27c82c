"""Every reference table by name: how the engine reads it, and how a file that people have becomes one.

What `prepare` lets pass, `load` reads: it loads the table itself before it gives it out.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from models.money import Currencies, ReferenceRates
from models.reference import ip_delegations
from models.reference.bins import MAGIC as BINS_MAGIC
from models.reference.bins import BinRanges
from models.reference.countries import Countries
from models.reference.ip_countries import MAGIC, MAGIC_BOTH, IpCountries
from models.reference.merchant_categories import MerchantCategories


class ReferenceTable(NamedTuple):
    """`load` reads an artefact, `prepare` makes one from a file; both raise `ReferenceTableError`."""

    meaning: str
    load: Callable[[bytes], Any]
    prepare: Callable[[bytes], bytes]


def _ip_countries(blob: bytes) -> bytes:
    prepared = blob.startswith((MAGIC, MAGIC_BOTH))
    table = IpCountries.from_bytes(blob) if prepared else ip_delegations.from_text(blob)
    return table.to_bytes()


def _bins(blob: bytes) -> bytes:
    table = BinRanges.from_bytes(blob) if blob.startswith(BINS_MAGIC) else BinRanges.from_csv(blob)
    return table.to_bytes()


def _categories(blob: bytes) -> bytes:
    return MerchantCategories.from_bytes(blob).to_bytes()


def _unchanged(load: Callable[[bytes], Any]) -> Callable[[bytes], bytes]:
    """For tables that the engine reads as text."""

    def prepare(blob: bytes) -> bytes:
        load(blob)
        return blob

    return prepare


REFERENCE_TABLES: Final[Mapping[str, ReferenceTable]] = {
    "bins": ReferenceTable("what is known of a card by its first digits", BinRanges.from_bytes, _bins),
    "countries": ReferenceTable(
        "positions and currencies of countries", Countries.from_bytes, _unchanged(Countries.from_bytes)
    ),
    "currencies": ReferenceTable(
        "what can be paid with, and its decimals", Currencies.from_bytes, _unchanged(Currencies.from_bytes)
    ),
    "fx": ReferenceTable(
        "exchange rates to the euro", ReferenceRates.from_bytes, _unchanged(ReferenceRates.from_bytes)
    ),
    "ip_countries": ReferenceTable("country of an IP address", IpCountries.from_bytes, _ip_countries),
    "mccs": ReferenceTable(
        "groups of merchants by category code", MerchantCategories.from_bytes, _categories
    ),
}


def agreed(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Loaded tables by name, their exchange rates counting minor units as their currencies do."""
    rates, currencies = tables.get("fx"), tables.get("currencies")
    if rates is None or currencies is None:
        return dict(tables)
    return {**tables, "fx": _under(rates, currencies)}


@lru_cache(maxsize=4)
def _under(rates: ReferenceRates, currencies: Currencies) -> ReferenceRates:
    return rates.under(currencies.exponents)
