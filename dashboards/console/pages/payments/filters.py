"""What is chosen on the page Payments: read from its address, put into its query, written back as an address.

Everything stands in the address, so that a selection is a link, and can be kept as a named view. What
cannot be read is left out, and said.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlencode

from models.messages import Verdict
from models.money import EXPONENTS

VERDICTS: Final = tuple(verdict.value for verdict in Verdict)
TRUTHS: Final = {"fraud": "Fraud", "not_fraud": "Not fraud", "not_known": "Not known yet"}
"""By the label that stands. Friendly fraud is not fraud; *unknown* is as no label."""
RELATIVE: Final = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "90d": ("Last 90 days", timedelta(days=90)),
    "365d": ("Last year", timedelta(days=365)),
}
DEFAULT: Final = "24h"
LISTS: Final = {
    "verdict": "verdicts", "merchant": "merchants", "account": "chosen_accounts", "rule": "rules",
    "country": "countries", "merchant_country": "merchant_countries", "bin": "bins", "currency": "currencies",
    "truth": "truths",
}  # fmt: skip
"""Name in the address -> field, of which several values may be chosen."""
FORMS: Final = {
    "countries": re.compile(r"[A-Z]{2}"), "merchant_countries": re.compile(r"[A-Z]{2}"),
    "currencies": re.compile(r"[A-Z]{3}"), "bins": re.compile(r"[0-9]{6,8}"),
    "rules": re.compile(r"[a-z][a-z0-9_]{0,63}"), "verdicts": re.compile("|".join(VERDICTS)),
    "truths": re.compile("|".join(TRUTHS)),
}  # fmt: skip
COLUMNS: Final = {
    "time": "Time (UTC)", "payment": "Payment", "verdict": "Verdict", "amount": "Amount",
    "merchant": "Merchant", "decided_by": "Decided by", "fraud": "Fraud probability", "card": "Card",
    "account": "Account",
}  # fmt: skip
"""What the list can show, in its order; a payment always leads to its page."""
VALUES_MAX: Final = 50
LENGTH_MAX: Final = 200
AMOUNT_MAX: Final = 2**62
PLACE: Final = re.compile(r"(\d{1,15})\.(\d{1,19})")
SEQUENCE_END: Final = 2**64 - 1
AHEAD: Final = timedelta(minutes=10)
"""Clocks differ: a relative range reaches a little beyond now."""


@dataclass(frozen=True)
class PaymentFilters:
    """A selection of payments, newest first. Empty means any."""

    verdicts: tuple[str, ...] = ()
    merchants: tuple[str, ...] = ()
    chosen_accounts: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    merchant_countries: tuple[str, ...] = ()
    bins: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    truths: tuple[str, ...] = ()
    """What is known of the payments by now, by their labels: keys of `TRUTHS`."""
    within: str = DEFAULT
    """A relative range; empty where the range is fixed."""
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    """In the chosen currency where it is one, else in EUR."""
    columns: tuple[str, ...] = ()
    """Those that are shown; none: all."""
    place: tuple[int, int] | None = None
    """Where the list goes on: time (ms) and sequence of the last row shown."""

    @property
    def amount_currency(self) -> str:
        """What amounts are compared in."""
        return self.currencies[0] if len(self.currencies) == 1 else "EUR"

    def after(self, row: Mapping[str, Any]) -> "PaymentFilters":
        """The same selection, from the row after this one on."""
        moment = row["engine_time"]
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return replace(self, place=(milliseconds(moment), int(row["sequence"])))

    def parameters(self, engine: str, now: datetime, rows: int) -> dict[str, Any]:
        """Of the query `payments/selection`."""
        since, until = self.range(now)
        until_ms, below = milliseconds(until) - 1, SEQUENCE_END
        if self.place is not None:
            until_ms, below = min(until_ms, self.place[0]), self.place[1]
        digits = EXPONENTS.get(self.amount_currency, 0)
        low, high = self.amount_from, self.amount_to
        return {
            "engine": engine,
            "since": milliseconds(since),
            "until": until_ms,
            "below_sequence": below,
            "in_currency": len(self.currencies) == 1,
            "amount_from": -AMOUNT_MAX if low is None else int(low.scaleb(digits)),
            "amount_to": AMOUNT_MAX if high is None else int(high.scaleb(digits)),
            "rows": rows,
            **{name: list(getattr(self, name)) for name in LISTS.values()},
        }

    def range(self, now: datetime) -> tuple[datetime, datetime]:
        """From when, and until when (exclusive)."""
        if self.within:
            return now - RELATIVE[self.within][1], now + AHEAD
        return self.since or datetime(1970, 1, 1, tzinfo=UTC), self.until or now + AHEAD

    def pairs(self) -> list[tuple[str, str]]:
        """What stands in the address, without the place."""
        found = [(name, value) for name, column in LISTS.items() for value in getattr(self, column)]
        if self.within:
            found += [("within", self.within)] if self.within != DEFAULT else []
        else:
            found += [
                (name, _minute(getattr(self, name))) for name in ("since", "until") if getattr(self, name)
            ]
        amounts = (("amount_from", self.amount_from), ("amount_to", self.amount_to))
        found += [(name, f"{value:f}") for name, value in amounts if value is not None]
        return found + ([("columns", ",".join(self.columns))] if self.columns else [])

    def query_string(self) -> str:
        """The address of the selection, with its place."""
        place = [] if self.place is None else [("place", f"{self.place[0]}.{self.place[1]}")]
        return urlencode([*self.pairs(), *place])

    def without(self, name: str, value: str) -> str:
        """The address of the selection without one of its values."""
        return urlencode([pair for pair in self.pairs() if pair != (name, value)])


def filters_of(asked: Iterable[tuple[str, str]]) -> tuple[PaymentFilters, list[str]]:
    """The selection that an address names, and what of it could not be read."""
    given: dict[str, list[str]] = {}
    for name, value in asked:
        if value.strip():
            given.setdefault(name, []).append(value.strip()[:LENGTH_MAX])
    faults: list[str] = []
    lists: dict[str, Any] = {
        column: _values(column, name, given.get(name, ()), faults) for name, column in LISTS.items()
    }
    chosen = PaymentFilters(**lists, columns=_columns(given.get("columns", ())))
    filters = replace(chosen, **_time(given, faults), place=_place(given))
    return replace(filters, **_amounts(given, filters.amount_currency, faults)), faults


def milliseconds(moment: datetime) -> int:
    """Since 1970, exactly.

    >>> milliseconds(datetime(2026, 6, 1, 0, 0, 0, 206_000, tzinfo=UTC))
    1780272000206
    """
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _values(column: str, name: str, given: Sequence[str], faults: list[str]) -> tuple[str, ...]:
    """Several values may stand in one field, with commas or spaces between them."""
    splits = column not in ("merchants", "chosen_accounts")
    words = [word for text in given for word in (re.split(r"[,\s]+", text) if splits else text.split(","))]
    upper = column in ("countries", "merchant_countries", "currencies")
    found: list[str] = []
    for word in (each.strip() for each in words):
        value = word.upper() if upper else word
        if not value or value in found:
            continue
        if column in FORMS and not FORMS[column].fullmatch(value):
            faults.append(f"{name.replace('_', ' ')} {word!r} is none: it was left out")
        elif len(found) < VALUES_MAX:
            found.append(value)
    return tuple(found)


def _columns(given: Sequence[str]) -> tuple[str, ...]:
    """In the order of the list, the payment always among them; none where all are, or nothing is known."""
    asked = {name.strip() for text in given for name in text.split(",")} & COLUMNS.keys()
    found = tuple(name for name in COLUMNS if name in asked | {"payment"})
    return found if asked and len(found) < len(COLUMNS) else ()


def _time(given: Mapping[str, Sequence[str]], faults: list[str]) -> dict[str, Any]:
    since = _moment("since", given, faults)
    until = _moment("until", given, faults)
    if since and until and since >= until:
        faults.append("the range ends before it begins: the last 24 hours are shown")
    elif since or until:
        return {"within": "", "since": since, "until": until}
    within = given.get("within", [DEFAULT])[-1]
    return {"within": within if within in RELATIVE else DEFAULT}


def _moment(name: str, given: Mapping[str, Sequence[str]], faults: list[str]) -> datetime | None:
    if name not in given:
        return None
    try:
        moment = datetime.fromisoformat(given[name][-1])
    except ValueError:
        faults.append(f"{given[name][-1]!r} is no time: write it as 2026-06-01 or 2026-06-01T12:30 (UTC)")
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M")


def _amounts(given: Mapping[str, Sequence[str]], currency: str, faults: list[str]) -> dict[str, Any]:
    return {
        name: _amount(given[name][-1], currency, faults)
        for name in ("amount_from", "amount_to")
        if name in given
    }


def _amount(text: str, currency: str, faults: list[str]) -> Decimal | None:
    digits = EXPONENTS.get(currency, 0)
    try:
        value = Decimal(text.replace(" ", ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value < 10**15 or value.scaleb(digits) % 1:
        faults.append(
            f"{text!r} is no amount of {currency}: write it as 1234{'.' + '0' * digits if digits else ''}"
        )
        return None
    return value


def _place(given: Mapping[str, Sequence[str]]) -> tuple[int, int] | None:
    place = PLACE.fullmatch(given.get("place", [""])[-1])
    return (int(place[1]), min(int(place[2]), SEQUENCE_END)) if place else None
