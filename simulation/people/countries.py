"""The countries of a world: currencies and IPv4 blocks are real ones (RIR delegations), shares are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True)
class CountryProfile:
    """What a country lends to the people and shops in it."""

    code: str
    """ISO 3166-1 alpha-2."""

    share: int
    """Percentage of people who live there."""

    currency: str
    """ISO 4217."""

    per_cent: tuple[int, int]
    """Minor units of the currency per EUR cent, as a fraction."""

    block: tuple[str, int]
    """An IPv4 block: its first address, and the number of bits that vary."""


HOME_COUNTRIES: Final = (
    CountryProfile("DE", 26, "EUR", (1, 1), ("93.192.0.0", 22)),
    CountryProfile("FR", 20, "EUR", (1, 1), ("90.0.0.0", 23)),
    CountryProfile("ES", 10, "EUR", (1, 1), ("83.32.0.0", 21)),
    CountryProfile("IT", 9, "EUR", (1, 1), ("79.0.0.0", 22)),
    CountryProfile("NL", 7, "EUR", (1, 1), ("145.96.0.0", 21)),
    CountryProfile("GB", 12, "GBP", (85, 100), ("25.0.0.0", 24)),
    CountryProfile("US", 8, "USD", (110, 100), ("16.0.0.0", 24)),
    CountryProfile("JP", 5, "JPY", (16, 10), ("133.0.0.0", 24)),
    CountryProfile("TN", 3, "TND", (34, 1), ("197.0.0.0", 21)),
)
"""Where people live."""

COUNTRIES: Final = (
    *HOME_COUNTRIES,
    CountryProfile("BR", 0, "USD", (110, 100), ("179.128.0.0", 21)),
    CountryProfile("NG", 0, "USD", (110, 100), ("105.112.0.0", 20)),
    CountryProfile("VN", 0, "USD", (110, 100), ("14.160.0.0", 21)),
    CountryProfile("RO", 0, "EUR", (1, 1), ("109.96.0.0", 19)),
)
"""Where people live (the first ones) and where they also travel to."""

_LETTERS: Final = "bcdfghjklmnpqrst"


def letters(number: int, width: int = 6) -> str:
    """A number below 16**width in letters, which cannot be mistaken for a card number.

    >>> letters(18)
    'bbbbcd'
    """
    return "".join(_LETTERS[number >> shift & 15] for shift in range(4 * width - 4, -1, -4))


def objects(values: Sequence[object]) -> np.ndarray:
    """A column of Python objects that can be indexed by an array."""
    column = np.empty(len(values), object)
    column[:] = values
    return column
