"""Messages to rows one at a time, in plain Python: slow, obvious, no code shared with
`features.ingest`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import inf, nan
from typing import Any

from features.columns.events import LABEL_CODES, OUTCOME_CODES, TOKENS
from features.columns.hashing import entity_hash
from features.columns.location import pack
from models.messages.label import Label
from models.messages.outcome import Outcome, OutcomeKind
from models.messages.payment import Channel, MethodKind, Payment, Phase
from models.reference.merchant_categories import GROUPS

NETWORKS = {"81.2.69.0/24": "GB", "203.0.112.0/20": "AU", "2001:db8::/32": "DE", "2001:db9:1::/64": "US"}
BINS = {
    "411111": ("credit", "US", None),
    "4111112": ("debit", "FR", False),
    "41111122": ("prepaid", "DE", True),
    "520000": ("", "", True),
}
CATEGORIES = {"7995": "gambling", "5411": "grocery"}
COUNTRIES: dict[str, tuple[float, float, tuple[str, ...]]] = {
    "GB": (54, -2, ("GBP",)),
    "DE": (51, 9, ("EUR",)),
    "PA": (9, -80, ("PAB", "USD")),
    "US": (38, -97, ("USD",)),
    "AQ": (-90, 0, ()),
}
RATED = {"EUR", "USD", "JPY"}
DIGITS = {"EUR": 2, "USD": 2, "JPY": 0, "TND": 3, "PAB": 2, "XYZ": 4}

CSV = {
    "ip_countries": "network,country\n" + "".join(f"{net},{country}\n" for net, country in NETWORKS.items()),
    "bins": "bin,type,country,prepaid\n"
    + "".join(
        f"{bin},{type},{country},{'' if prepaid is None else 'yes' if prepaid else 'no'}\n"
        for bin, (type, country, prepaid) in BINS.items()
    ),
    "mccs": "mcc,group\n" + "".join(f"{code},{group}\n" for code, group in CATEGORIES.items()),
    "countries": "country,latitude,longitude,currencies\n"
    + "".join(f"{code},{c[0]},{c[1]},{' '.join(c[2])}\n" for code, c in COUNTRIES.items()),
    "currencies": "AlphabeticCode,MinorUnit\n"
    + "".join(f"{code},{digits}\n" for code, digits in DIGITS.items()),
    "fx": "Date,USD,JPY\n2024-01-01,1.1,160\n",
}
"""The same tables as files."""


def address(ip: str | None) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(ip or "")
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return None if found.scope_id else found.ipv4_mapped or found
    return found


def country_of(ip: IPv4Address | IPv6Address | None) -> str | None:
    if ip is None:
        return None
    found = [country for net, country in NETWORKS.items() if ip in ip_network(net)]
    return found[0] if found else None


def network_of(ip: IPv4Address | IPv6Address) -> str:
    return str(ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def card_of(bin: str | None) -> tuple[str, str, bool | None] | None:
    """Type, country and prepaid by the longest beginning of the BIN that the table has."""
    digits = bin if bin is not None and bin.isascii() and bin.isdigit() else ""
    return next((BINS[digits[:n]] for n in (8, 7, 6) if len(digits) >= n and digits[:n] in BINS), None)


def texts(message: Payment | Outcome | Label) -> dict[str, str | None]:
    """What the message is known by, by token."""
    if isinstance(message, Payment):
        method, merchant, country = message.method, message.merchant.id, message.merchant.country
        customer = message.customer.id if message.customer else None
        device, ip, email = message.device_id, message.ip, message.email_token
        delivery = message.delivery_address_token
    else:
        told = message.tokens
        method, merchant, country, customer = told.method, told.merchant_id, None, told.customer_id
        device, ip, email, delivery = told.device_id, told.ip, told.email_token, told.delivery_address_token
    where, card = address(ip), card_of(method.bin)
    return {
        "card": method.token,
        "customer": customer,
        "device": device,
        "ip": str(where) if where else None,
        "network": network_of(where) if where else None,
        "email": email,
        "merchant": merchant,
        "bin": method.bin[:6] if method.bin is not None else None,
        "address": delivery,
        "ip_country": country_of(where),
        "issuer_country": method.country or (card[1] if card and card[1] else None),
        "merchant_country": country,
        "currency": message.currency,
    }


def place(message: Payment | Outcome | Label) -> int:
    known = texts(message)
    if isinstance(message, Payment):
        if message.location:
            return pack(message.location.latitude, message.location.longitude)
        if message.channel == Channel.POS and known["merchant_country"] in COUNTRIES:
            return pack(*COUNTRIES[known["merchant_country"]][:2])
    return pack(*COUNTRIES[known["ip_country"]][:2]) if known["ip_country"] in COUNTRIES else 0


def row(message: Payment | Outcome | Label, at: int, amount: int, adds: bool) -> dict[str, Any]:
    """The columns of one message, as `Events` has them."""
    stream, code = 0, 0
    if isinstance(message, Label):
        stream, code = 2, LABEL_CODES[message.label]
    elif isinstance(message, Outcome):
        declined = message.kind == OutcomeKind.DECLINED
        stream, code = 1, OUTCOME_CODES[message.kind, message.decline_group if declined else None]
    known = texts(message)
    hashes = [0 if known[name] is None else entity_hash(known[name] or "") for name in TOKENS]
    return {
        "at": at,
        "stream": stream,
        "code": code,
        "adds": adds,
        "amount": amount,
        "occurred_at": message.occurred_at,
        "place": place(message),
        "tokens": hashes,
    }


def _same(one: str | None, other: str | None) -> float:
    return nan if one is None or other is None else float(one == other)


def attributes(payment: Payment, at: int, amount: int) -> dict[str, float]:
    """The attributes of one payment by name."""
    known, card, when = texts(payment), card_of(payment.method.bin), datetime.fromtimestamp(at // 1000, UTC)
    rated = amount != 0 or payment.currency in RATED
    since = payment.customer.created_at if payment.customer else None
    where = address(payment.ip)
    home = COUNTRIES.get(known["merchant_country"] or "", (0, 0, ()))[2]
    group = CATEGORIES.get(payment.merchant.mcc or "")
    digits = DIGITS[payment.currency]
    tens = 1000 if digits == 0 else 10 ** (digits + 1)
    return {
        "amount_eur_cents": float(amount) if rated else nan,
        "amount_log2": (((amount + 1) ** 256).bit_length() - 1) / 256 if rated else nan,
        "amount_is_round": float(payment.amount % tens == 0),
        "hour_of_day": float(when.hour),
        "day_of_week": float(when.weekday()),
        "is_weekend": float(when.weekday() in {5, 6}),
        "is_night": float(when.hour < 6),
        "lag_seconds": max(0, at - payment.occurred_at) / 1000,
        "attempt_number": float(payment.attempt),
        "phase_code": float(list(Phase).index(payment.phase)),
        "channel_code": float(list(Channel).index(payment.channel)),
        "method_code": float(list(MethodKind).index(payment.method.kind)),
        "customer_age_days": nan if since is None else max(0, at - since) / 86_400_000,
        "bin_is_known": nan if payment.method.bin is None else float(card is not None),
        "bin_is_prepaid": nan if card is None or card[2] is None else float(card[2]),
        "bin_is_debit": nan if card is None or not card[0] else float(card[0] == "debit"),
        "bin_is_credit": nan if card is None or not card[0] else float(card[0] in {"credit", "charge"}),
        "issuer_country_is_ip_country": _same(known["issuer_country"], known["ip_country"]),
        "issuer_country_is_merchant_country": _same(known["issuer_country"], known["merchant_country"]),
        "ip_country_is_merchant_country": _same(known["ip_country"], known["merchant_country"]),
        "currency_is_merchant_countrys": float(payment.currency in home) if home else nan,
        "merchant_group": nan if group is None else float(GROUPS.index(group)),
        **_authentication(payment),
        "has_customer": float(payment.customer is not None),
        "has_device": float(payment.device_id is not None),
        "has_email": float(payment.email_token is not None),
        "has_ip": float(where is not None),
        "has_delivery_address": float(payment.delivery_address_token is not None),
        "ip_is_v6": nan if where is None else float(where.version == 6),
        "has_location": float(payment.location is not None),
    }


def metadata(payment: Payment, keys: Sequence[str]) -> dict[str, float]:
    """The metadata of one payment by the name of its columns; a text counts where all of it is a number."""
    given = payment.metadata or {}
    return {f"metadata_{key}": _number(given.get(key)) for key in keys}


def _number(value: str | float | None) -> float:
    if value is None or (isinstance(value, str) and set(value) - set("0123456789+-.eE")):
        return nan
    try:
        number = float(value)
    except ValueError:
        return nan
    return number if number not in {inf, -inf} else nan


def _authentication(payment: Payment) -> dict[str, float]:
    names = (
        "three_ds_code",
        "three_ds_is_authenticated",
        "eci_code",
        "has_liability_shift",
        "has_sca_exemption",
        "cvv_matches",
        "avs_match",
        "is_merchant_initiated",
    )
    hints = payment.authentication
    if hints is None:
        return dict.fromkeys(names, nan)
    result, eci, avs = hints.three_ds_result or "?", hints.eci or "?", hints.avs_result or "?"
    values = (
        float("YAICUNR".index(result)) if result in set("YAICUNR") else nan,
        float(result in set("YAI")) if result in set("YAICUNR") else nan,
        float(eci) if eci in {"5", "05", "6", "06", "7", "07", "0", "00", "02"} else nan,
        nan if hints.liability_shift is None else float(hints.liability_shift),
        float(hints.sca_exemption is not None),
        {"M": 1.0, "Y": 1.0, "N": 0.0}.get(hints.cvv_result or "", nan),
        1.0 if avs in set("YXDFM") else 0.5 if avs in set("ABPTWZ") else 0.0 if avs == "N" else nan,
        float(hints.merchant_initiated),
    )
    return dict(zip(names, values, strict=True))
