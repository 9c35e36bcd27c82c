"""Reference data: what is known of a card by its BIN, of an IP address, a country, a merchant category.

Invariant: a table is a function of its file, whose content hash is on the log. Imports money, file formats
and kernels.
"""

from models.reference import bins, ip_countries
from models.reference.bins import BinRanges
from models.reference.countries import Countries
from models.reference.country_groups import COUNTRY_GROUPS
from models.reference.ip_addresses import network, parsed
from models.reference.ip_countries import AddressRange, IpCountries
from models.reference.merchant_categories import GROUPS, MerchantCategories
from models.reference.tables import REFERENCE_TABLES, agreed

__all__ = [
    "COUNTRY_GROUPS",
    "GROUPS",
    "REFERENCE_TABLES",
    "AddressRange",
    "BinRanges",
    "Countries",
    "IpCountries",
    "MerchantCategories",
    "agreed",
    "bins",
    "ip_countries",
    "network",
    "parsed",
]
