"""The people, cards, devices, addresses and shops that simulated payments repeat, so that velocity means
something.

Every member is a function of (seed, its number). Countries, currencies and IPv4 blocks are real ones (RIR
delegations), people and shops are not. Tokens hold letters or few digits: nothing can look like a card
number.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from statistics import NormalDist
from typing import Final

import numpy as np

from models.messages import Customer, Merchant, Method, MethodKind
from models.units import DAY_MS
from simulation.draws import Draws

CUSTOMERS: Final = 20_000
MERCHANTS: Final = 400
FAVOURITES: Final = 5


@dataclass(frozen=True)
class Land:
    """A country: share of customers in percent, currency, minor units per EUR cent (a fraction), an IPv4
    block.
    """

    code: str
    share: int
    currency: str
    per_cent: tuple[int, int]
    block: tuple[str, int]


LANDS: Final = (
    Land("DE", 26, "EUR", (1, 1), ("93.192.0.0", 22)),
    Land("FR", 20, "EUR", (1, 1), ("90.0.0.0", 23)),
    Land("ES", 10, "EUR", (1, 1), ("83.32.0.0", 21)),
    Land("IT", 9, "EUR", (1, 1), ("79.0.0.0", 22)),
    Land("NL", 7, "EUR", (1, 1), ("145.96.0.0", 21)),
    Land("GB", 12, "GBP", (85, 100), ("25.0.0.0", 24)),
    Land("US", 8, "USD", (110, 100), ("16.0.0.0", 24)),
    Land("JP", 5, "JPY", (16, 10), ("133.0.0.0", 24)),
    Land("TN", 3, "TND", (34, 1), ("197.0.0.0", 21)),
)
FOREIGN: Final = (
    Land("BR", 0, "USD", (110, 100), ("179.128.0.0", 21)),
    Land("NG", 0, "USD", (110, 100), ("105.112.0.0", 20)),
    Land("VN", 0, "USD", (110, 100), ("14.160.0.0", 21)),
    Land("RO", 0, "EUR", (1, 1), ("109.96.0.0", 19)),
)
"""Where simulated fraudsters sit; nobody's customers live there."""

SHOPS: Final = (("5411", 3_200), ("5812", 2_400), ("5942", 1_900), ("5732", 14_000), ("5944", 38_000),
                ("4511", 21_000), ("5816", 900), ("5651", 6_000))  # fmt: skip
"""MCC and median amount in EUR cents."""

KINDS: Final = ((MethodKind.CARD, 80), (MethodKind.WALLET, 10), (MethodKind.BANK_DEBIT, 5),
                (MethodKind.PAY_LATER, 3), (MethodKind.BANK_TRANSFER, 2))  # fmt: skip

_LETTERS: Final = "bcdfghjklmnpqrst"

# Purposes of draws: members of the population come from 100 up, payments from 0 up.
_LAND, _AGE, _NEW, _KIND, _IP, _FAVOURITE, _V6 = 100, 101, 102, 103, 104, 105, 106
_SHOP, _SHOP_LAND = 110, 111


def spread() -> np.ndarray:
    """Quantiles of a lognormal (median 1, sigma 0.9) in thousandths: what an amount is multiplied by."""
    normal = NormalDist()
    return np.array([round(1000 * math.exp(0.9 * normal.inv_cdf((k + 0.5) / 4096))) for k in range(4096)])


def letters(number: int, width: int = 6) -> str:
    """A number below 16**width in letters.

    >>> letters(18)
    'bbbbcd'
    """
    return "".join(_LETTERS[number >> shift & 15] for shift in range(4 * width - 4, -1, -4))


def address(land: Land, draw: int) -> str:
    """An IPv4 address of this country."""
    base, bits = land.block
    return str(IPv4Address(int(IPv4Address(base)) + draw % (1 << bits)))


def objects(values: Sequence[object]) -> np.ndarray:
    """A column of Python objects that can be indexed by an array."""
    column = np.empty(len(values), object)
    column[:] = values
    return column


class Population:
    """Everybody of one seed, indexed by customer number; instruments by `2 * customer + (0 or 1)`."""

    def __init__(self, seed: int, start_ms: int, customers: int = CUSTOMERS) -> None:
        self.size = customers
        self.start_ms = start_ms
        self._draws = Draws(seed)
        numbers = np.arange(customers, dtype=np.uint64)
        shares = np.cumsum([land.share for land in LANDS])
        self.land = np.searchsorted(shares, self._draws.below(100, _LAND, numbers), side="right")
        self.customers = objects(self._customers(numbers))
        self.methods = objects(self._methods(np.arange(2 * customers, dtype=np.uint64)))
        self.addresses = objects(self._addresses(np.arange(2 * customers, dtype=np.uint64)))
        self.devices = objects([f"dev_{letters(number)}" for number in range(2 * customers)])
        self.emails = objects([f"eml_{letters(number)}" for number in range(customers)])
        self._settle_merchants(numbers)

    def _customers(self, numbers: np.ndarray) -> list[object]:
        """Three in a hundred are known for less than a week, the others for up to five years."""
        newcomer = self._draws.below(100, _NEW, numbers) < 3
        age = self._draws.below(5 * 365 * 24 * 60, _AGE, numbers) * 60_000
        age = np.where(newcomer, age % (7 * DAY_MS), age + 7 * DAY_MS)
        created = np.maximum(self.start_ms - age, 0).tolist()
        return [Customer(f"cus_{letters(number)}", at) for number, at in enumerate(created)]

    def _methods(self, slots: np.ndarray) -> list[object]:
        shares = np.cumsum([share for _, share in KINDS])
        kinds = np.searchsorted(shares, self._draws.below(100, _KIND, slots), side="right").tolist()
        return [self._method(slot, KINDS[kind][0]) for slot, kind in enumerate(kinds)]

    def _method(self, slot: int, kind: MethodKind) -> Method:
        land = LANDS[self.land[slot // 2]]
        token = f"{kind.value}_{letters(slot)}"
        if kind not in (MethodKind.CARD, MethodKind.WALLET):
            return Method(kind, token, None, land.code)
        return Method(kind, token, f"4{2 + slot % 7}{LANDS.index(land):02}{slot % 50:02}", land.code)

    def _addresses(self, slots: np.ndarray) -> list[object]:
        draws = self._draws(_IP, slots).tolist()
        v6 = (self._draws.below(50, _V6, slots) == 0).tolist()
        base = int(IPv6Address("2001:db8::"))
        return [
            str(IPv6Address(base + draw)) if is_v6 else address(LANDS[self.land[slot // 2]], draw >> 8)
            for slot, (draw, is_v6) in enumerate(zip(draws, v6, strict=True))
        ]

    def _settle_merchants(self, customers: np.ndarray) -> None:
        shops = np.arange(MERCHANTS, dtype=np.uint64)
        kind = self._draws.below(len(SHOPS), _SHOP, shops)
        land = self._draws.below(len(LANDS), _SHOP_LAND, shops)
        # Every country has shops: the first few numbers are dealt out in turn.
        land[: 4 * len(LANDS)] = np.arange(4 * len(LANDS)) % len(LANDS)
        self.merchant_land = land
        self.merchant_median = np.array([SHOPS[k][1] for k in kind])
        self.merchants = objects(
            [Merchant(f"mer_{letters(n, 3)}", SHOPS[k][0], LANDS[at].code)
             for n, (k, at) in enumerate(zip(kind.tolist(), land.tolist(), strict=True))]
        )  # fmt: skip
        self.favourites = self._favourites(customers)

    def _favourites(self, customers: np.ndarray) -> np.ndarray:
        """Shops a customer comes back to, all in the own country; shape (customers, FAVOURITES)."""
        at_home = [np.flatnonzero(self.merchant_land == land) for land in range(len(LANDS))]
        count = np.array([len(shops) for shops in at_home])
        table = np.zeros((len(LANDS), count.max()), np.int64)
        for land, shops in enumerate(at_home):
            table[land, : len(shops)] = shops
        slots = customers[:, None] * np.uint64(FAVOURITES) + np.arange(FAVOURITES, dtype=np.uint64)
        pick = self._draws(_FAVOURITE, slots) >> np.uint64(33)
        chosen = (pick % count[self.land].astype(np.uint64)[:, None]).astype(np.int64)
        favourites: np.ndarray = table[self.land[:, None], chosen]
        return favourites
