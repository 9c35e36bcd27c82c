"""Named groups of countries that rules speak of: `ip_country in eu`.

Membership is a fact with a date (`models/data/country_groups.csv`: `since` inclusive, `until` exclusive). A
rule means the members of `AS_OF`, also when history is judged again: what a rule means must not change with
the payment it looks at.

    eu        the European Union (27)
    eea       the EU with Iceland, Liechtenstein and Norway: where the RTS on SCA applies
    eurozone  EU countries that pay in euro
    sepa      the geographical scope of the SEPA schemes (European Payments Council, EPC409-09)
"""

from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from models.file_formats import records

AS_OF: Final = date(2026, 11, 1)
"""The day whose members are meant."""

COLUMNS: Final = ("group", "country", "since")


def members(blob: bytes, day: date) -> Mapping[str, frozenset[str]]:
    """The countries of each group on a day. Raises `ReferenceTableError` naming the line.

    >>> table = b"group,country,since,until\\neu,FR,1958-01-01,\\neu,GB,1973-01-01,2020-02-01\\n"
    >>> sorted(members(table, date(2019, 1, 1))["eu"]), sorted(members(table, date(2021, 1, 1))["eu"])
    (['FR', 'GB'], ['FR'])
    """
    groups: dict[str, set[str]] = {}
    for _, (group, country, since, until) in records(blob, COLUMNS, ("until",)):
        if since <= day.isoformat() and (not until or day.isoformat() < until):
            groups.setdefault(group, set()).add(country)
    return MappingProxyType({group: frozenset(countries) for group, countries in groups.items()})


COUNTRY_GROUPS: Final = members(files("models").joinpath("data/country_groups.csv").read_bytes(), AS_OF)
"""Group -> ISO 3166-1 alpha-2 codes."""
