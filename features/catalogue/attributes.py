"""The payment's own facts as features: the first columns of every vector, in this order.

An attribute is one line here: catalogue, docs, rules and vectors take it from there. It is computed from the
payment and the reference tables alone. What is not known is NaN, never 0: a missing address is not an address
in another country.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np

from features.catalogue.measures import NIGHT_HOURS
from features.columns import (
    CREDIT,
    DEBIT,
    KNOWN,
    LOG_STEPS,
    PREPAID,
    TOKENS,
    PaymentFacts,
    codes,
    hints,
    log_steps,
)
from models.arrays import Floats, Int64s, UInt64s
from models.kernels import kernel
from models.messages import Channel, MethodKind, Phase
from models.units import DAY_MS, HOUR_MS

THURSDAY = 3
"""1970-01-01 was one; days of the week count from Monday, 0."""

PHASES: Mapping[str | None, float] = {phase: float(code) for code, phase in enumerate(Phase)}
CHANNELS: Mapping[str | None, float] = {channel: float(code) for code, channel in enumerate(Channel)}
METHODS: Mapping[str | None, float] = {kind: float(code) for code, kind in enumerate(MethodKind)}
_TOKEN = {name: row for row, name in enumerate(TOKENS)}


class Lookup(NamedTuple):
    """What one kernel looks up for each payment, for many attributes in one pass."""

    what: int
    """`HAS`, `SAME`, `SAID` or `CARD`."""
    first: int
    """Row of a token; column of hints or of the card."""
    second: int = 0
    """Row of the other token."""


HAS, SAME, SAID, CARD = range(4)


@dataclass(frozen=True)
class Attribute:
    """One fact of the payment as a number: `of` takes columns of p payments and returns float64[p], or says
    what is looked up.
    """

    name: str
    unit: str
    meaning: str
    of: Callable[[PaymentFacts], Floats] | Lookup
    default: float = nan


class _Plan:
    """The last attributes that were asked for, sorted by how they come about: made once a catalogue."""

    def __init__(self, attributes: Sequence[Attribute]) -> None:
        self.attributes = attributes
        looked = [(row, each.of) for row, each in enumerate(attributes) if isinstance(each.of, Lookup)]
        self.looked = np.array([(row, *of) for row, of in looked], np.int64).reshape(-1, 4)
        self.computed = [
            (row, each.of) for row, each in enumerate(attributes) if not isinstance(each.of, Lookup)
        ]


_plans = [_Plan(())]


def attribute_columns(facts: PaymentFacts, attributes: Sequence[Attribute]) -> Floats:
    """`[K, p]`: these attributes of each payment, in their order."""
    plan = _plans[0]
    if plan.attributes is not attributes:
        plan = _plans[0] = _Plan(attributes)
    columns = np.empty((len(attributes), len(facts.payments)), np.float64)
    _look_up(plan.looked, facts.tokens, facts.hints, facts.card, columns)
    for row, of in plan.computed:
        columns[row] = of(facts)
    return columns


@kernel
def _look_up(looked: Int64s, tokens: UInt64s, hints: Floats, card: Floats, columns: Floats) -> None:
    for at in range(looked.shape[0]):
        row, what, first, second = looked[at, 0], looked[at, 1], looked[at, 2], looked[at, 3]
        for payment in range(columns.shape[1]):
            if what == SAID:
                columns[row, payment] = hints[payment, first]
            elif what == CARD:
                columns[row, payment] = card[payment, first]
            elif what == HAS:
                columns[row, payment] = 1.0 if tokens[first, payment] != 0 else 0.0
            elif tokens[first, payment] == 0 or tokens[second, payment] == 0:
                columns[row, payment] = np.nan
            else:
                columns[row, payment] = 1.0 if tokens[first, payment] == tokens[second, payment] else 0.0


def warm() -> None:
    """Compile the kernels (or load them from the cache) before the first payment."""
    _log_steps(np.zeros(1, np.int64), np.zeros(1, np.float64))
    none = np.zeros((0, 0))
    _look_up(np.zeros((0, 4), np.int64), np.zeros((0, 0), np.uint64), none, none, none)


@kernel
def _log_steps(amounts: Int64s, steps: Floats) -> None:
    for row in range(amounts.shape[0]):
        steps[row] = log_steps(amounts[row])


def _log2(facts: PaymentFacts) -> Floats:
    steps = np.empty(len(facts.amount), np.float64)
    _log_steps(facts.amount, steps)
    return _rated(facts, steps / LOG_STEPS)


def _rated(facts: PaymentFacts, values: Floats) -> Floats:
    return np.where(facts.unrated, nan, values)


def _is_round(facts: PaymentFacts) -> Floats:
    """A currency that is not known never comes here: its payments are refused before."""
    step = facts.round_steps.get
    rests = [p.amount % step(p.currency, 1) for p in facts.payments]
    return np.equal(np.array(rests, np.float64), 0).astype(np.float64)


def _customer_age(facts: PaymentFacts) -> Floats:
    since = [
        nan if p.customer is None or p.customer.created_at is None else p.customer.created_at
        for p in facts.payments
    ]
    return np.maximum(facts.at - np.array(since, np.float64), 0.0) / DAY_MS


def _lag(facts: PaymentFacts) -> Floats:
    occurred = np.array([p.occurred_at for p in facts.payments], np.float64)
    return np.maximum(facts.at - occurred, 0.0) / 1000


def _weekday(facts: PaymentFacts) -> Floats:
    return ((facts.at // DAY_MS + THURSDAY) % 7).astype(np.float64)


def _hour(facts: PaymentFacts) -> Floats:
    return (facts.at % DAY_MS // HOUR_MS).astype(np.float64)


def _same(first: str, second: str) -> Lookup:
    """Whether two tokens of a payment are equal; unknown unless both are there."""
    return Lookup(SAME, _TOKEN[first], _TOKEN[second])


def _is_home_currency(facts: PaymentFacts) -> Floats:
    paid = facts.tokens[_TOKEN["currency"]]
    first, second = facts.homes
    return np.where(first == 0, nan, (paid == first) | (paid == second))


def _has(token: str) -> Lookup:
    return Lookup(HAS, _TOKEN[token])


def _card(column: int) -> Lookup:
    return Lookup(CARD, column)


def _hint(number: int) -> Lookup:
    """What is said of authentication, by its column in `features.columns.hints`."""
    return Lookup(SAID, number)


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(
        "amount_eur_cents",
        "EUR cents",
        "the amount at the day's exchange rate; unknown without a rate",
        lambda facts: _rated(facts, facts.amount.astype(np.float64)),
    ),
    Attribute(
        "amount_log2",
        "doublings",
        "logarithm to base 2 of EUR cents plus one, rounded down to a 256th; unknown without a rate",
        _log2,
    ),
    Attribute(
        "amount_is_round",
        "0 or 1",
        "1 for a multiple of ten units of the currency (of a thousand, where it has no decimals)",
        _is_round,
    ),
    Attribute("hour_of_day", "hours", "hour of the day in UTC, 0 to 23", _hour),
    Attribute("day_of_week", "days", "day of the week in UTC, 0 is Monday", _weekday),
    Attribute(
        "is_weekend",
        "0 or 1",
        "1 on Saturday and Sunday (UTC)",
        lambda facts: (_weekday(facts) >= 5).astype(float),
    ),
    Attribute(
        "is_night",
        "0 or 1",
        "1 from 00:00 to 05:59 UTC",
        lambda facts: (_hour(facts) < NIGHT_HOURS).astype(np.float64),
    ),
    Attribute("lag_seconds", "seconds", "how much later than it happened the payment is decided", _lag),
    Attribute(
        "attempt_number",
        "attempts",
        "1 for the first attempt at this payment, 2 for the next one after a soft decline",
        lambda facts: np.array([p.attempt for p in facts.payments], np.float64),
    ),
    Attribute(
        "phase_code",
        "code",
        "when the decision is asked for: 0 before authorisation, 1 after 3-D Secure, 2 after authorisation",
        lambda facts: codes([p.phase for p in facts.payments], PHASES),
    ),
    Attribute(
        "channel_code",
        "code",
        "where the payment was made: 0 online, 1 app, 2 point of sale, 3 mail or telephone, 4 recurring",
        lambda facts: codes([p.channel for p in facts.payments], CHANNELS),
    ),
    Attribute(
        "method_code",
        "code",
        "how it is paid: 0 card, 1 wallet, 2 bank debit, 3 bank transfer, 4 pay later",
        lambda facts: codes([p.method.kind for p in facts.payments], METHODS),
    ),
    Attribute(
        "customer_age_days",
        "days",
        "how long the merchant has known the customer; unknown without the date",
        _customer_age,
    ),
    Attribute(
        "bin_is_known",
        "0 or 1",
        "1 when the table of BINs has the card's; unknown without a BIN",
        _card(KNOWN),
    ),
    Attribute(
        "bin_is_prepaid",
        "0 or 1",
        "1 for a prepaid card by its BIN; unknown without an entry",
        _card(PREPAID),
    ),
    Attribute(
        "bin_is_debit", "0 or 1", "1 for a debit card by its BIN; unknown without an entry", _card(DEBIT)
    ),
    Attribute(
        "bin_is_credit",
        "0 or 1",
        "1 for a credit or charge card by its BIN; unknown without an entry",
        _card(CREDIT),
    ),
    Attribute(
        "issuer_country_is_ip_country",
        "0 or 1",
        "1 when the card was issued in the country of the IP address; unknown without both",
        _same("issuer_country", "ip_country"),
    ),
    Attribute(
        "issuer_country_is_merchant_country",
        "0 or 1",
        "1 for a domestic payment: the card was issued in the merchant's country; unknown without both",
        _same("issuer_country", "merchant_country"),
    ),
    Attribute(
        "ip_country_is_merchant_country",
        "0 or 1",
        "1 when the IP address is of the merchant's country; unknown without both",
        _same("ip_country", "merchant_country"),
    ),
    Attribute(
        "currency_is_merchant_countrys",
        "0 or 1",
        "1 when the payment is in a currency of the merchant's country; unknown without the country",
        _is_home_currency,
    ),
    Attribute(
        "merchant_group",
        "code",
        "number of the merchant's group by its category code, see the table of merchant categories; unknown "
        "without one",
        lambda facts: facts.group,
    ),
    Attribute(
        "three_ds_code",
        "code",
        "3-D Secure result from proven to refused: 0 Y, 1 A, 2 I, 3 C, 4 U, 5 N, 6 R",
        _hint(hints.THREE_DS_CODE),
    ),
    Attribute(
        "three_ds_is_authenticated",
        "0 or 1",
        "1 when 3-D Secure authenticated the payer, tried to or only informed (Y, A, I); 0 for C, U, N, R",
        _hint(hints.IS_AUTHENTICATED),
    ),
    Attribute("eci_code", "code", "electronic commerce indicator as a number", _hint(hints.ECI_CODE)),
    Attribute(
        "has_liability_shift",
        "0 or 1",
        "1 when the issuer bears the loss of a fraud",
        _hint(hints.SHIFT),
    ),
    Attribute(
        "has_sca_exemption",
        "0 or 1",
        "1 when an exemption from customer authentication is asked for; unknown without authentication",
        _hint(hints.EXEMPTION),
    ),
    Attribute(
        "cvv_matches", "0 or 1", "1 when the security code is right, 0 when wrong", _hint(hints.CVV_MATCHES)
    ),
    Attribute(
        "avs_match",
        "share",
        "address check: 1 all of it matches, 0.5 street or postal code alone, 0 nothing",
        _hint(hints.AVS_MATCH),
    ),
    Attribute(
        "is_merchant_initiated",
        "0 or 1",
        "1 when the merchant started the payment without the customer; unknown without authentication",
        _hint(hints.INITIATED),
    ),
    Attribute("has_customer", "0 or 1", "1 with a customer, 0 for a guest", _has("customer")),
    Attribute("has_device", "0 or 1", "1 with a device", _has("device")),
    Attribute("has_email", "0 or 1", "1 with an e-mail address", _has("email")),
    Attribute("has_ip", "0 or 1", "1 with a well-formed IP address", _has("ip")),
    Attribute("has_delivery_address", "0 or 1", "1 with a delivery address", _has("address")),
    Attribute(
        "ip_is_v6",
        "0 or 1",
        "1 for an IPv6 address, 0 for IPv4; unknown without one",
        lambda facts: np.where(facts.version == 0, nan, facts.version == 6),
    ),
    Attribute(
        "has_location",
        "0 or 1",
        "1 when the place of the device or terminal is given",
        lambda facts: np.array([p.location is not None for p in facts.payments], np.float64),
    ),
)
