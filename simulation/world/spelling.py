"""Columns of payments as payment messages: tokens in letters, amounts in the shop's currency, addresses."""

from typing import Final, NamedTuple

import numpy as np

from models.arrays import Int64s, UInt64s
from models.messages import Authentication, Channel, Customer, Method, MethodKind, Payment, Phase
from models.money import LIMITS
from simulation.chance import Permutation, spell
from simulation.payments import PaymentColumns
from simulation.people import COUNTRIES, Shops, objects

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


class Variety(NamedTuple):
    """What only traffic varies, one entry a payment; a world's payments are first attempts, without."""

    attempts: list[int]
    phases: list[Phase]
    authentications: list[Authentication | None]
    metadata: list[dict[str, int] | None]
    addresses: list[str | None]
    """On the internet."""


def spelled_payments(
    paid: PaymentColumns, shops: Shops, ids: list[str], variety: Variety | None = None
) -> list[Payment]:
    """The payments in their order."""
    country = shops.country[paid.shop]
    varied = variety or _plain(paid)
    return list(map(
        Payment, ACCOUNTS[country].tolist(), ids, paid.occurred_at.tolist(),
        amounts(paid.cents, country).tolist(), _CURRENCIES[country].tolist(), _methods(paid),
        shops.merchants[paid.shop].tolist(), varied.attempts, varied.phases, _customers(paid),
        _tokens("dev_", paid.device), varied.addresses, _tokens("eml_", paid.email),
        _tokens("adr_", paid.address), CHANNELS[paid.channel].tolist(),
        varied.authentications, varied.metadata,
    ))  # fmt: skip


def spelled_ids(index: UInt64s, shuffle: Permutation, prefix: str) -> list[str]:
    """Payment ids of indexes."""
    return [prefix + word for word in spell(shuffle.apply(index))]


def amounts(cents: Int64s, country: Int64s) -> Int64s:
    """Minor units of a country's currency, within its limits."""
    minor = cents * _RATIO[country, 0] // _RATIO[country, 1]
    within: Int64s = np.clip(minor, _LIMITS[country, 0], _LIMITS[country, 1])
    return within


def _methods(paid: PaymentColumns) -> list[Method]:
    prefixes = [f"{kind.value}_" for kind in KINDS]
    return [
        Method(KINDS[kind], prefixes[kind] + word, str(digits) if digits else None, _CODES[country])
        for kind, word, digits, country in zip(
            paid.kind.tolist(), spell(paid.card), paid.bin.tolist(), paid.country.tolist(), strict=True
        )
    ]


def _customers(paid: PaymentColumns) -> list[Customer | None]:
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


def spelled_addresses(ips: UInt64s) -> list[str | None]:
    """IPv4 in dotted decimals."""
    return [f"{ip >> 24}.{ip >> 16 & 255}.{ip >> 8 & 255}.{ip & 255}" if ip else None for ip in ips.tolist()]


def _plain(paid: PaymentColumns) -> Variety:
    count = len(paid)
    nothing = [None] * count
    return Variety([1] * count, [Phase.PRE_AUTH] * count, [*nothing], [*nothing], spelled_addresses(paid.ip))
