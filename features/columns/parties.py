"""Who takes part in payments, as hashes: what the messages say, completed by the reference tables.

An address that is malformed is absent; an IPv4 address mapped into IPv6 is the IPv4 address. The issuer's
country is what the message says, else what the table of BINs says.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import xxhash
from numpy.typing import NDArray

from features.columns.events import TOKENS
from features.columns.hashing import SEED, entity_hash
from features.columns.reference import ReferenceLookups
from models.arrays import Int64s, UInt64s
from models.messages import Method, Payment
from models.reference import network, parsed

REMEMBERED_MAX: Final = 1 << 16
BIN_DIGITS: Final = 6
_ABSENT = bytes(8)
_digest = xxhash.xxh3_64_digest
_IP_COUNTRY, _ISSUER_COUNTRY = TOKENS.index("ip_country"), TOKENS.index("issuer_country")


class _Digests(dict[str | None, bytes]):
    """Digests of texts that are few (countries, currencies, BINs). Bounded: starts afresh when full.

    The first `digits` characters count.
    """

    def __init__(self, digits: int = 128) -> None:
        self._digits = digits

    def __missing__(self, text: str | None) -> bytes:
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        digest = _ABSENT if text is None else entity_hash(text[: self._digits]).to_bytes(8)
        self[text] = digest
        return digest


_words = _Digests()
_bins = _Digests(BIN_DIGITS)


class PaymentParties(NamedTuple):
    """Who takes part in n payments, as the messages say; None is absent."""

    methods: Sequence[Method]
    merchants: Sequence[str]
    customers: Sequence[str | None]
    devices: Sequence[str | None]
    ips: Sequence[str | None]
    emails: Sequence[str | None]
    addresses: Sequence[str | None]
    merchant_countries: Sequence[str | None]
    currencies: Sequence[str]


class PartyHashes(NamedTuple):
    """Who takes part in n payments, as hashes and as rows of the reference tables."""

    tokens: UInt64s
    """Hashes in the order of `TOKENS`, shape (tokens, n)."""
    versions: NDArray[np.uint8]
    """Of the IP addresses: 4 or 6, 0 malformed or absent."""
    ip_countries: NDArray[np.uint8]
    """Countries of the IP addresses, by their number in `ReferenceLookups.ip_countries`."""
    card_kinds: NDArray[np.uint16]
    """Kinds of the cards, by their number in `ReferenceLookups.bins`."""
    country_rows: Int64s
    """The merchants' countries, by their row in `ReferenceLookups.homes`."""


def payment_parties(payments: Sequence[Payment]) -> PaymentParties:
    """Who takes part in payments."""
    merchants = [p.merchant for p in payments]
    return PaymentParties(
        [p.method for p in payments],
        [m.id for m in merchants],
        [None if p.customer is None else p.customer.id for p in payments],
        [p.device_id for p in payments],
        [p.ip for p in payments],
        [p.email_token for p in payments],
        [p.delivery_address_token for p in payments],
        [m.country for m in merchants],
        [p.currency for p in payments],
    )


def report_parties(reports: Sequence[Any]) -> PaymentParties:
    """Who takes part in the payments of outcomes and labels. They do not carry the merchant's country."""
    tokens = [m.tokens for m in reports]
    return PaymentParties(
        [t.method for t in tokens],
        [t.merchant_id for t in tokens],
        [t.customer_id for t in tokens],
        [t.device_id for t in tokens],
        [t.ip for t in tokens],
        [t.email_token for t in tokens],
        [t.delivery_address_token for t in tokens],
        [None] * len(tokens),
        [m.currency for m in reports],
    )


def party_hashes(who: PaymentParties, reference: ReferenceLookups) -> PartyHashes:
    """Hashes of all who take part, in the order of `TOKENS`."""
    addresses = parsed(who.ips)
    countries = reference.ip_countries.numbers(addresses)
    numbers = [method.bin for method in who.methods]
    kinds = reference.bins.look_up(numbers) if reference.bins else np.zeros(len(numbers), np.uint16)
    networks = [None if ip is None else network(ip) for ip in addresses.text]
    digests = {
        "card": _digests([method.token for method in who.methods]),
        "customer": _digests(who.customers),
        "device": _digests(who.devices),
        "ip": _digests(addresses.text),
        "network": _digests(networks),
        "email": _digests(who.emails),
        "merchant": _digests(who.merchants),
        "bin": [_bins[number] for number in numbers],
        "address": _digests(who.addresses),
        "ip_country": [_ABSENT] * len(numbers),
        "issuer_country": [_words[method.country] for method in who.methods],
        "merchant_country": [_words[country] for country in who.merchant_countries],
        "currency": [_words[currency] for currency in who.currencies],
    }
    joined = b"".join([digest for name in TOKENS for digest in digests[name]])
    tokens = np.frombuffer(joined, ">u8").astype(np.uint64).reshape(len(TOKENS), -1)
    tokens[_IP_COUNTRY] = reference.ip_hashes[countries]
    stated = tokens[_ISSUER_COUNTRY]
    tokens[_ISSUER_COUNTRY] = np.where(stated == 0, reference.card_countries[kinds], stated)
    row_of = reference.country_rows.get
    rows = np.array([row_of(country, 0) for country in who.merchant_countries], np.int64)
    return PartyHashes(tokens, addresses.version, countries, kinds, rows)


def _digests(texts: Sequence[str | None]) -> list[bytes]:
    """Hashes as `features.columns.hashing.entity_hashes` makes them, as bytes: in half the time."""
    try:
        return [_ABSENT if text is None else _digest(text.encode(), SEED) for text in texts]
    except UnicodeEncodeError:
        return [_ABSENT if text is None else entity_hash(text).to_bytes(8) for text in texts]
