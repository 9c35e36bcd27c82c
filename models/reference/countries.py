"""Countries: their positions and currencies.

A table is CSV with the columns `country` (ISO 3166-1 alpha-2), `latitude`, `longitude` (degrees, WGS 84, of a
point near the middle) and `currencies` (ISO 4217 codes that are legal tender, the most used one first, at
most two, separated by a blank; may be empty).
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple, Self

from models.file_formats import ReferenceTableError, country_code, records

CURRENCIES_MAX: Final = 2
COLUMNS: Final = ("country", "latitude", "longitude", "currencies")
_CURRENCY = re.compile(r"[A-Z]{3}")


class Country(NamedTuple):
    """A point near the country's middle, in degrees, and its currencies."""

    latitude: float
    longitude: float
    currencies: tuple[str, ...]


class Countries:
    """Countries by code.

    >>> table = Countries.from_bytes(b"country,latitude,longitude,currencies\\nPA,9,-80,PAB USD\\n")
    >>> table.by_code["PA"]
    Country(latitude=9.0, longitude=-80.0, currencies=('PAB', 'USD'))
    """

    def __init__(self, by_code: Mapping[str, Country]) -> None:
        """`by_code`: by ISO 3166-1 alpha-2."""
        self.by_code = dict(by_code)

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read CSV. Raises `ReferenceTableError` naming the line."""
        by_code: dict[str, Country] = {}
        for number, (text, latitude, longitude, currencies) in records(blob, COLUMNS):
            code = country_code(text, number)
            if code in by_code:
                raise ReferenceTableError(f"line {number}: country {code} is in an earlier line already")
            by_code[code] = Country(
                _degrees(latitude, 90, "latitude", number),
                _degrees(longitude, 180, "longitude", number),
                _currencies(currencies, number),
            )
        if not by_code:
            raise ReferenceTableError(
                f"line 1: no country: a header `{','.join(COLUMNS)}` and rows are needed"
            )
        return cls(by_code)


def _degrees(text: str, limit: int, what: str, number: int) -> float:
    try:
        degrees = float(text)
    except ValueError:
        raise ReferenceTableError(f"line {number}: {what} {text[:20]!r} is not a number") from None
    if not -limit <= degrees <= limit:
        raise ReferenceTableError(f"line {number}: {what} {text[:20]} is outside -{limit} .. {limit}")
    return degrees


def _currencies(text: str, number: int) -> tuple[str, ...]:
    codes = tuple(text.split())
    if len(codes) > CURRENCIES_MAX or not all(_CURRENCY.fullmatch(code) for code in codes):
        raise ReferenceTableError(
            f"line {number}: currencies {text[:40]!r} are not up to {CURRENCIES_MAX} ISO 4217 codes"
        )
    return codes
