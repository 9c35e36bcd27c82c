"""Payments with vectors to put into Feast, and whether Feast is there."""

import os
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from features.catalogue import Catalogue, Entity, Family
from features.catalogue.attributes import ATTRIBUTES
from features.catalogue.measures import HOURS_SINCE_LAST, PAYMENT_COUNT
from models.messages.payment import Customer, Merchant, Method, MethodKind, Payment
from streams.feast import keyed

SMALL = Catalogue(
    (
        Entity("card", "a card"),
        Entity("customer", "a customer"),
        Entity("card_merchant", "this card at this merchant", ("card", "merchant")),
    ),
    (
        Family("card", PAYMENT_COUNT, ("1h",)),
        Family("card", HOURS_SINCE_LAST),
        Family("customer", PAYMENT_COUNT, ("24h",)),
        Family("card_merchant", PAYMENT_COUNT, ("30d",)),
    ),
    ATTRIBUTES[:2],
)
NOW = 1_700_000_000_000


def need_feast() -> None:
    """Skips where Feast is not installed; with CI set that is a failure."""
    if os.environ.get("CI"):
        import feast  # noqa: F401
    else:
        pytest.importorskip("feast", reason="Feast is not installed: `make test` installs it")


def payment(number: int, card: int, merchant: int = 1, customer: int | None = 1) -> Payment:
    return Payment(
        "shop",
        f"p{number}",
        NOW,
        100,
        "EUR",
        Method(MethodKind.CARD, f"card_{card}"),
        Merchant(f"m{merchant}"),
        customer=None if customer is None else Customer(f"c{customer}"),
    )


def vectors(rows: int, seed: int, ties: int = 4) -> keyed.KeyedVectors:
    """Random payments of few cards in log order, many at equal times, with random vectors."""
    rng = np.random.default_rng(seed)
    payments = [
        payment(number, int(rng.integers(6)), int(rng.integers(3)), [None, 1, 2][int(rng.integers(3))])
        for number in range(rows)
    ]
    times = NOW + np.sort(rng.integers(0, rows // ties, rows)) * 1000
    matrix = rng.random((rows, len(SMALL.names)))
    matrix[rng.random(matrix.shape) < 0.1] = np.nan
    return keyed.KeyedVectors(payments, times, np.arange(rows), matrix)


def table(rows: keyed.KeyedVectors) -> pa.RecordBatch:
    return keyed.table(rows, SMALL, {})


def one(number: int, at: int, value: float, **who: Any) -> pa.RecordBatch:
    """One payment at `at` ms after NOW, all of whose features are `value`."""
    row = keyed.KeyedVectors(
        [payment(number, **{"card": 1} | who)],
        np.array([NOW + at]),
        np.array([number]),
        np.full((1, len(SMALL.names)), value),
    )
    return table(row)
