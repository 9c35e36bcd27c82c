"""Who takes part in payments, as texts: what other teams look features up by.

The same derivations as `features.columns.parties`, which makes hashes of them: an IP address in its canonical
form, its network, six digits of the BIN, countries completed by the reference tables.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from features.columns import BIN_DIGITS, TOKENS, ReferenceLookups
from models.messages import Payment
from models.reference import network, parsed

Texts = list[str | None]


def token_texts(payments: Sequence[Payment], tables: Mapping[str, Any]) -> dict[str, Texts]:
    """Texts of every token of `features.columns.events.TOKENS`, one a payment; None where it is absent."""
    reference = ReferenceLookups.of(tables)
    addresses = parsed([p.ip for p in payments])
    countries = reference.ip_countries.numbers(addresses).tolist()
    bins = [p.method.bin for p in payments]
    columns: dict[str, Texts] = {
        "card": [p.method.token for p in payments],
        "customer": [None if p.customer is None else p.customer.id for p in payments],
        "device": [p.device_id for p in payments],
        "ip": list(addresses.text),
        "network": [None if ip is None else network(ip) for ip in addresses.text],
        "email": [p.email_token for p in payments],
        "merchant": [p.merchant.id for p in payments],
        "bin": [None if number is None else number[:BIN_DIGITS] for number in bins],
        "address": [p.delivery_address_token for p in payments],
        "ip_country": [reference.ip_countries.names[number] for number in countries],
        "issuer_country": _issuer_countries(payments, bins, reference),
        "merchant_country": [p.merchant.country for p in payments],
        "currency": [p.currency for p in payments],
    }
    return {name: columns[name] for name in TOKENS}


def _issuer_countries(payments: Sequence[Payment], bins: Texts, reference: ReferenceLookups) -> Texts:
    stated: Texts = [p.method.country for p in payments]
    if reference.bins is None:
        return stated
    kinds = reference.bins.look_up(bins).tolist()
    known = [kind.country or None for kind in reference.bins.kinds]
    return [country or known[kind] for country, kind in zip(stated, kinds, strict=True)]
