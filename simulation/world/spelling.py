"""Columns of a world as payment messages: tokens in letters, amounts in the shop's currency, addresses."""

from typing import Final

import numpy as np

from models.arrays import Int64s, UInt64s
from models.messages import Channel, Customer, Method, MethodKind, Payment, Phase
from models.money import LIMITS
from simulation.permutation import Permutation, spell
from simulation.population import objects
from simulation.world.columns import Columns
from simulation.world.people import COUNTRIES
from simulation.world.shops import Shops

KINDS: Final = [MethodKind.CARD, MethodKind.WALLET, MethodKind.BANK_DEBIT, MethodKind.BANK_TRANSFER,
                MethodKind.PAY_LATER]  # fmt: skip
CHANNELS: Final = objects([Channel.ECOMMERCE, Channel.APP, Channel.POS, Channel.MOTO, Channel.RECURRING])
ACCOUNTS: Final = objects(
    ["acme-eu"] * 5 + ["acme-uk", "acme-us", "acme-apac", "acme-mena", "acme-us", "acme-mena", "acme-apac",
                       "acme-eu"]
)  # fmt: skip
"""Merchant account by the country of the shop, in the order of `COUNTRIES`."""

_CODES: Final = [country.code for country in COUNTRIES]
_CURRENCIES: Final = objects([country.currency for country in COUNTRIES])
_RATIO: Final = np.array([country.per_cent for country in COUNTRIES])
_LIMITS: Final = np.array([LIMITS[country.currency] for country in COUNTRIES])


def payments(paid: Columns, shops: Shops, shuffle: Permutation, prefix: str) -> list[Payment]:
    """The payments in their order."""
    land = shops.land[paid.shop]
    count = len(paid)
    return list(map(
        Payment, ACCOUNTS[land].tolist(), ids(paid.index, shuffle, prefix), paid.at.tolist(),
        amounts(paid.cents, land).tolist(), _CURRENCIES[land].tolist(), _methods(paid),
        shops.merchants[paid.shop].tolist(), [1] * count, [Phase.PRE_AUTH] * count, _customers(paid),
        _tokens("dev_", paid.device), _addresses(paid.ip), _tokens("eml_", paid.email),
        _tokens("adr_", paid.address), CHANNELS[paid.channel].tolist(),
    ))  # fmt: skip


def ids(index: UInt64s, shuffle: Permutation, prefix: str) -> list[str]:
    """Payment ids of indexes."""
    return [prefix + word for word in spell(shuffle.apply(index))]


def amounts(cents: Int64s, land: Int64s) -> Int64s:
    """Minor units of a country's currency, within its limits."""
    minor = cents * _RATIO[land, 0] // _RATIO[land, 1]
    within: Int64s = np.clip(minor, _LIMITS[land, 0], _LIMITS[land, 1])
    return within


def _methods(paid: Columns) -> list[Method]:
    prefixes = [f"{kind.value}_" for kind in KINDS]
    return [
        Method(KINDS[kind], prefixes[kind] + word, str(digits) if digits else None, _CODES[land])
        for kind, word, digits, land in zip(
            paid.kind.tolist(), spell(paid.card), paid.bin.tolist(), paid.land.tolist(), strict=True
        )
    ]


def _customers(paid: Columns) -> list[Customer | None]:
    return [
        Customer("cus_" + word, since) if known else None
        for known, word, since in zip(
            (paid.customer > 0).tolist(), spell(paid.customer), paid.created_at.tolist(), strict=True
        )
    ]


def _tokens(prefix: str, tokens: UInt64s) -> list[str | None]:
    return [
        prefix + word if known else None
        for known, word in zip((tokens > 0).tolist(), spell(tokens), strict=True)
    ]


def _addresses(ips: UInt64s) -> list[str | None]:
    """IPv4 in dotted decimals."""
    return [f"{ip >> 24}.{ip >> 16 & 255}.{ip >> 8 & 255}.{ip & 255}" if ip else None for ip in ips.tolist()]
