"""Seeded messages with known fraud: enough to train and try a first model on, no more.

Customers pay at shops they know, with their own instruments and devices. Two kinds of fraud run through it:
*card testing* (24 small payments of one device and address with many cards at one shop) and *stolen cards*
(8 large payments of one card from an unknown device and address), and some single payments come from an
unknown address, mostly of travellers, a few of them fraud. About 1 % of payments are fraud.

Frauds, and one in twenty of the others, get their label some thousands of payments later. Where the issuer's
answers are sent, fraudsters are declined more often than others, and most approved payments are captured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.messages import (
    Customer,
    DeclineGroup,
    Label,
    LabelValue,
    Merchant,
    Method,
    MethodKind,
    Outcome,
    OutcomeKind,
    Payment,
    Tokens,
)

Message = Payment | Outcome | Label

CUSTOMERS: Final = 20_000
SHOPS: Final = 400
FAVOURITES: Final = 5
EPISODE: Final = 1024
"""Payments among which at most one episode of fraud happens."""

MEDIANS: Final = np.array([3_200, 2_400, 1_900, 14_000, 38_000, 21_000, 900, 6_000])
"""Median amount in EUR cents of each kind of shop."""

TESTING, STOLEN = 24, 8
LABEL_FROM, LABEL_REACH = 4096, 8192
"""A label comes this many payments later."""

ANSWER_MS: Final = 2_000
"""The issuer answers within this time."""
CAPTURE_MS: Final = 3_600_000
DECLINES: Final = {
    False: (DeclineGroup.INSUFFICIENT_FUNDS, DeclineGroup.DO_NOT_HONOUR, DeclineGroup.LIMIT_EXCEEDED),
    True: (DeclineGroup.INVALID_CARD, DeclineGroup.WRONG_CVV, DeclineGroup.LOST_OR_STOLEN),
}
"""Why an issuer declines payments that are fraud, and others."""

DECLINED: Final = {False: 0.04, True: 0.5}
"""Share of payments it declines."""

_CARD, _CUSTOMER, _DEVICE, _IP, _SHOP = range(5)


@dataclass(frozen=True)
class Traffic:
    """Messages in time order with their times (ms), amounts in EUR cents; `fraud` is of the payments."""

    messages: list[Message]
    times: NDArray[np.int64]
    fraud: NDArray[np.bool_]


def traffic(
    seed: int, count: int, rate: float, start_ms: int = 1_700_000_000_000, answers: bool = True
) -> Traffic:
    """`count` payments at `rate` a second of event time, with labels, and with outcomes if `answers`."""
    draw = np.random.default_rng(seed)
    customers = draw.integers(0, CUSTOMERS, count)
    slots = 2 * customers + draw.integers(0, 2, count)
    shops = _shops(draw, customers)
    parties = np.stack([slots, customers, slots, slots, shops])
    amounts = MEDIANS[shops % len(MEDIANS)] * np.exp(0.9 * draw.standard_normal(count))
    fraud = np.zeros(count, np.bool_)
    _travel(draw, parties, fraud)
    for start in range(0, count - EPISODE, EPISODE):
        _episode(draw, start, parties, amounts, fraud)
    times = start_ms + np.cumsum(draw.integers(0, max(1, int(2000 / rate)) + 1, count))
    cents = np.maximum(50, amounts).astype(np.int64)
    rows = zip(times.tolist(), cents.tolist(), *parties.tolist(), strict=True)
    payments = [_payment(number, *row) for number, row in enumerate(rows)]
    later = list(_labels(draw, payments, times, fraud))
    if answers:
        later += _outcomes(draw, payments, fraud)
    return _in_order(payments, times, later, fraud)


def _in_order(
    payments: Sequence[Payment],
    times: NDArray[np.int64],
    later: list[tuple[int, Message]],
    fraud: NDArray[np.bool_],
) -> Traffic:
    """What comes after the last payment is left out."""
    later = [(at, message) for at, message in later if at <= times[-1]]
    at = np.concatenate([times, np.array([at for at, _ in later], np.int64)])
    order = np.argsort(at, kind="stable")
    messages: list[Message] = [*payments, *(message for _, message in later)]
    return Traffic([messages[row] for row in order.tolist()], at[order], fraud)


def _shops(draw: np.random.Generator, customers: NDArray[np.int64]) -> NDArray[np.int64]:
    favourites = draw.integers(0, SHOPS, (CUSTOMERS, FAVOURITES))
    known = favourites[customers, draw.integers(0, FAVOURITES, len(customers))]
    return np.where(draw.random(len(customers)) < 0.8, known, draw.integers(0, SHOPS, len(customers)))


def _travel(draw: np.random.Generator, parties: NDArray[np.int64], fraud: NDArray[np.bool_]) -> None:
    away = np.flatnonzero(draw.random(len(fraud)) < 0.02)
    parties[_IP, away] = 10**6 + draw.integers(0, 10**6, len(away))
    fraud[away[draw.random(len(away)) < 0.15]] = True


def _episode(
    draw: np.random.Generator,
    start: int,
    parties: NDArray[np.int64],
    amounts: NDArray[np.float64],
    fraud: NDArray[np.bool_],
) -> None:
    kind, stranger = draw.random(), 10**6 + draw.integers(0, 10**7)
    if kind >= 0.6:
        return
    length, stride = (TESTING, 8) if kind < 0.25 else (STOLEN, 24)
    rows = start + int(draw.integers(0, 256)) + stride * np.arange(length)
    fraud[rows] = True
    parties[_DEVICE, rows] = parties[_IP, rows] = stranger
    if kind < 0.25:
        parties[_SHOP, rows] = parties[_SHOP, rows[0]]
        amounts[rows] = draw.integers(50, 500, length)
    else:
        parties[_CARD, rows] = parties[_CARD, rows[0]]
        parties[_CUSTOMER, rows] = parties[_CUSTOMER, rows[0]]
        amounts[rows] = draw.integers(20_000, 120_000, length)


def _payment(
    number: int, at: int, cents: int, card: int, customer: int, device: int, ip: int, shop: int
) -> Payment:
    """Addresses lie far enough apart that few share a network."""
    return Payment(
        merchant_account="acme",
        payment_id=f"p{number}",
        occurred_at=at,
        amount=cents,
        currency="EUR",
        method=Method(MethodKind.CARD, f"tok_{card}"),
        merchant=Merchant(f"shop_{shop}"),
        customer=Customer(f"cus_{customer}"),
        device_id=f"dev_{device}",
        ip=str(IPv4Address(0x0B000000 + 101 * ip)),
    )


def _labels(
    draw: np.random.Generator,
    payments: Sequence[Payment],
    times: NDArray[np.int64],
    fraud: NDArray[np.bool_],
) -> Iterator[tuple[int, Message]]:
    count = len(payments)
    wait = LABEL_FROM + draw.integers(0, LABEL_REACH, count)
    rows = np.flatnonzero(fraud | (draw.random(count) < 0.05))
    for row in rows[rows + wait[rows] < count].tolist():
        known_at = int(times[row + wait[row]])
        value = LabelValue.FRAUD if fraud[row] else LabelValue.LEGITIMATE
        p = payments[row]
        yield (
            known_at,
            Label(
                p.merchant_account,
                p.payment_id,
                value,
                known_at,
                p.occurred_at,
                p.amount,
                p.currency,
                _tokens(p),
            ),
        )


def _outcomes(
    draw: np.random.Generator, payments: Sequence[Payment], fraud: NDArray[np.bool_]
) -> Iterator[tuple[int, Message]]:
    count = len(payments)
    columns = draw.random(count), draw.integers(1, ANSWER_MS, count), draw.integers(0, 3, count)
    for p, bad, chance, wait, reason in zip(
        payments, fraud.tolist(), *(column.tolist() for column in columns), strict=True
    ):
        at = p.occurred_at + wait
        if chance < DECLINED[bad]:
            yield at, _outcome(p, OutcomeKind.DECLINED, at, DECLINES[bad][reason])
            continue
        yield at, _outcome(p, OutcomeKind.AUTHORISED, at)
        if chance < 0.95:
            captured = at + CAPTURE_MS
            yield captured, _outcome(p, OutcomeKind.CAPTURED, captured)


def _outcome(p: Payment, kind: OutcomeKind, at: int, group: DeclineGroup | None = None) -> Outcome:
    return Outcome(
        p.merchant_account, p.payment_id, kind, at, p.occurred_at, p.amount, p.currency, _tokens(p),
        decline_group=group,
    )  # fmt: skip


def _tokens(p: Payment) -> Tokens:
    customer = p.customer.id if p.customer else None
    return Tokens(p.method, p.merchant.id, customer, p.device_id, p.ip, p.email_token)
