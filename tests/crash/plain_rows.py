"""What the engine should have told its features: the inputs in journalled order as rows, read plainly.

Engine time, idempotency and euros are written down here a second time, in the plainest way, from their
documented rules. Tokens, places and attributes are those of `tests/support/plain_intake.py`, a copy of which
reads the seed's tables here.
"""

import csv
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Message

from features.catalogue.attributes import ATTRIBUTES
from features.columns.events import Events
from models.messages.codec import decode_input
from models.messages.label import Label
from models.messages.outcome import Outcome
from models.messages.payment import Payment
from models.reference.ip_countries import IpCountries
from tests.support import plain_intake

DATA = Path(__file__).parents[2] / "models" / "data"
AHEAD_MS = 5_000


def _table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


EXPONENTS = {
    row["AlphabeticCode"]: int(row["MinorUnit"])
    for row in _table("iso4217.csv")
    if row["MinorUnit"].isdigit()
}
RATES = sorted(_table("fx_sample.csv"), key=lambda row: row["Date"])
IP_COUNTRIES = IpCountries.from_bytes((DATA / "ipv4_countries.bin").read_bytes())


def _plain() -> Any:
    """A copy of the plain reading, with the seed's tables for its own; there is none of BINs."""
    spec = importlib.util.find_spec(plain_intake.__name__)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.BINS, module.DIGITS = {}, EXPONENTS
    module.CATEGORIES = {row["mcc"]: row["group"] for row in _table("mcc_groups.csv")}
    module.COUNTRIES = {
        row["country"]: (float(row["latitude"]), float(row["longitude"]), tuple(row["currencies"].split()))
        for row in _table("countries.csv")
    }
    module.RATED = {"EUR", *RATES[0].keys()} - {"Date"}
    module.country_of = country_of
    return module


@lru_cache(maxsize=100_000)
def country_of(ip: IPv4Address | IPv6Address | None) -> str | None:
    """By the table's own look-up, which its tests compare with the registries' files."""
    return None if ip is None else IP_COUNTRIES.countries([str(ip)])[0]


plain = _plain()


@dataclass(frozen=True)
class Told:
    """One row: the message, its engine time, EUR cents, and whether an attempt enters the windows."""

    message: Payment | Outcome | Label
    at: int
    amount: int
    adds: bool = True


def told(records: Iterable[Message], refused: set[tuple[str, int]]) -> Iterator[Told]:
    """Each new payment, outcome and label at its engine time. `refused`: coordinates to skip.

    What is heard again within the horizon says nothing new; no test of these lasts as long as that.
    """
    time = 0
    decided: set[tuple[object, ...]] = set()
    seen: set[tuple[object, ...]] = set()
    for record in records:
        if (record.topic(), record.offset()) in refused or record.topic().endswith(".artefacts"):
            continue
        message = decode_input(record.value())
        if not isinstance(message, Payment | Outcome | Label):
            continue
        latest = record.timestamp()[1] + AHEAD_MS
        attempt = (message.merchant_account, message.payment_id, message.attempt)
        request = (*attempt, *_request(message))
        if request in decided and isinstance(message, Payment):
            continue
        time = max(time, min(_happened(message), latest))
        if request in decided:
            continue
        adds = not isinstance(message, Payment) or attempt not in seen
        yield Told(message, time, euro_cents(message.amount, message.currency, time), adds)
        decided.add(request)
        if isinstance(message, Payment):
            seen.add(attempt)


def _request(message: Payment | Outcome | Label) -> tuple[object, ...]:
    if isinstance(message, Payment):
        return ("payment", message.phase)
    if isinstance(message, Outcome):
        return ("outcome", message.kind, message.at)
    return ("label", message.label)


def _happened(message: Payment | Outcome | Label) -> int:
    if isinstance(message, Payment):
        return message.occurred_at
    return message.at if isinstance(message, Outcome) else message.known_at


@lru_cache(maxsize=1_000)
def cents_a_unit(currency: str, day: str) -> Fraction:
    """EUR cents of one minor unit by the last rate not after `day`, or the first one; 0 without a rate."""
    if currency == "EUR":
        return Fraction(1)
    quoted = [row for row in RATES if row.get(currency)]
    if not quoted:
        return Fraction(0)
    rate = Fraction(([row for row in quoted if row["Date"] <= day] or quoted[:1])[-1][currency])
    return Fraction(100, 10 ** EXPONENTS[currency]) / rate


def euro_cents(amount: int, currency: str, at_ms: int) -> int:
    """Half a cent is rounded away from zero."""
    day = datetime.fromtimestamp(at_ms // 1000, UTC).date().isoformat()
    return int(amount * cents_a_unit(currency, day) + Fraction(1, 2))


def events_of(rows: list[Told]) -> Events:
    """The rows as the oracle takes them."""
    events = Events.empty(len(rows))
    for index, row in enumerate(rows):
        columns: dict[str, Any] = plain.row(row.message, row.at, row.amount, row.adds)
        events.tokens[:, index] = np.array(columns.pop("tokens"), np.uint64)
        for name, value in columns.items():
            getattr(events, name)[index] = value
    return events


def attributes_of(row: Told) -> list[float]:
    """The attributes of a payment's row, in the catalogue's order."""
    values = plain.attributes(row.message, row.at, row.amount) | {"bin_is_known": nan}
    return [values[attribute.name] for attribute in ATTRIBUTES]
