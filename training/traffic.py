"""Seeded payments with known fraud, as columns: enough to train and try a first model on, no more.

Customers pay at shops they know, with their own instruments and devices. Two kinds of fraud run through it:
*card testing* (24 small payments of one device and address with many cards at one shop) and *stolen cards*
(8 large payments of one card from an unknown device and address), and some single payments come from an
unknown address, mostly of travellers, a few of them fraud. About 1 % of payments are fraud.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

CUSTOMERS: Final = 20_000
SHOPS: Final = 400
FAVOURITES: Final = 5
EPISODE: Final = 1024
"""Payments among which at most one episode of fraud happens."""

MEDIANS: Final = np.array([3_200, 2_400, 1_900, 14_000, 38_000, 21_000, 900, 6_000])
"""Median amount in EUR cents of each kind of shop."""

TESTING, STOLEN = 24, 8
_CARD, _CUSTOMER, _DEVICE, _IP, _SHOP = range(5)


@dataclass(frozen=True)
class Traffic:
    """n payments in time order: ms, hashes (5, n) in the catalogue's order of entities, cents."""

    times: NDArray[np.int64]
    entities: NDArray[np.uint64]
    amounts: NDArray[np.int64]
    fraud: NDArray[np.bool_]


def traffic(seed: int, count: int, rate: float, start_ms: int = 1_700_000_000_000) -> Traffic:
    """`count` payments at `rate` a second of event time."""
    draw = np.random.default_rng(seed)
    customers = draw.integers(0, CUSTOMERS, count)
    slots = 2 * customers + draw.integers(0, 2, count)
    shops = _shops(draw, customers)
    entities = np.stack([slots, customers, slots, slots, shops])
    amounts = MEDIANS[shops % len(MEDIANS)] * np.exp(0.9 * draw.standard_normal(count))
    fraud = np.zeros(count, np.bool_)
    _travel(draw, entities, fraud)
    for start in range(0, count - EPISODE, EPISODE):
        _episode(draw, start, entities, amounts, fraud)
    times = start_ms + np.cumsum(draw.integers(0, max(1, int(2000 / rate)) + 1, count))
    kinds = np.arange(1, 6, dtype=np.uint64)[:, None] << np.uint64(56)
    return Traffic(times, kinds | entities.astype(np.uint64), np.maximum(50, amounts).astype(np.int64), fraud)


def _shops(draw: np.random.Generator, customers: NDArray[np.int64]) -> NDArray[np.int64]:
    favourites = draw.integers(0, SHOPS, (CUSTOMERS, FAVOURITES))
    known = favourites[customers, draw.integers(0, FAVOURITES, len(customers))]
    return np.where(draw.random(len(customers)) < 0.8, known, draw.integers(0, SHOPS, len(customers)))


def _travel(draw: np.random.Generator, entities: NDArray[np.int64], fraud: NDArray[np.bool_]) -> None:
    away = np.flatnonzero(draw.random(len(fraud)) < 0.02)
    entities[_IP, away] = 10**6 + draw.integers(0, 10**6, len(away))
    fraud[away[draw.random(len(away)) < 0.15]] = True


def _episode(
    draw: np.random.Generator,
    start: int,
    entities: NDArray[np.int64],
    amounts: NDArray[np.float64],
    fraud: NDArray[np.bool_],
) -> None:
    kind, stranger = draw.random(), 10**7 + draw.integers(0, 10**9)
    if kind >= 0.6:
        return
    length, stride = (TESTING, 8) if kind < 0.25 else (STOLEN, 24)
    rows = start + int(draw.integers(0, 256)) + stride * np.arange(length)
    fraud[rows] = True
    entities[_DEVICE, rows] = entities[_IP, rows] = stranger
    if kind < 0.25:
        entities[_SHOP, rows] = entities[_SHOP, rows[0]]
        amounts[rows] = draw.integers(50, 500, length)
    else:
        entities[_CARD, rows] = entities[_CARD, rows[0]]
        entities[_CUSTOMER, rows] = entities[_CUSTOMER, rows[0]]
        amounts[rows] = draw.integers(20_000, 120_000, length)
