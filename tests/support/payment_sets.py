"""The published payment sets as rows of `Events`, with labels that are released after a delay.

Read straight from the files' columns, apart from `features.ingest` and the replay's maps. Where a set
has a column that reads as no token, it stands in for one (category for BIN, say), so that more of the
catalogue is busy.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet
import pytest

from features.columns.events import LABEL_CODES, TOKENS, Events, Stream
from features.columns.hashing import entity_hash
from features.columns.location import pack
from models.messages.label import LabelValue

DATA = Path(__file__).parents[3] / "shared" / "data"
SECOND, HOUR, DAY = 1_000, 3_600_000, 86_400_000
YEAR_2009 = 1_230_768_000_000
APRIL_2018 = 1_522_540_800_000

Columns = dict[str, npt.NDArray[Any]]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PaymentSet:
    """Payments in time order, and which of them turned out to be fraud."""

    payments: Events
    fraud: npt.NDArray[np.bool_]

    @property
    def at(self) -> Int64s:
        """When the payments were made, ms."""
        return self.payments.at

    def taken(self, order: npt.NDArray[np.intp]) -> "PaymentSet":
        """These payments in this order, which must be one of time."""
        assert (np.diff(self.at[order]) >= 0).all()
        payments = Events._make(np.ascontiguousarray(column[..., order]) for column in self.payments)
        return PaymentSet(payments, self.fraud[order])


def needs(name: str) -> None:
    """Skips a test where the set is not there; fails it in continuous integration."""
    if not (DATA / name / "payments.parquet").exists():
        assert "CI" not in os.environ, f"{DATA / name} is missing"
        pytest.skip(f"needs the {name} set under ../shared/data")


def load(name: str, rows: int) -> PaymentSet:
    """The first payments of a set."""
    table = pyarrow.parquet.read_table(DATA / name / "payments.parquet").slice(0, rows)
    return SETS[name]({column: table[column].to_numpy() for column in table.column_names})


def _handbook(columns: Columns) -> PaymentSet:
    customers, terminals = columns["CUSTOMER_ID"], columns["TERMINAL_ID"]
    return _payment_set(
        APRIL_2018 + columns["TX_TIME_SECONDS"].astype(np.int64) * SECOND,
        np.rint(columns["TX_AMOUNT"] * 100).astype(np.int64),
        columns["TX_FRAUD"] == 1,
        card=_hashes(f"card_{number}" for number in customers),
        customer=_hashes(f"customer_{number}" for number in customers),
        merchant=_hashes(f"terminal_{number}" for number in terminals),
    )


def _sparkov(columns: Columns) -> PaymentSet:
    latitudes, longitudes = columns["merch_lat_milli"] / 1000, columns["merch_long_milli"] / 1000
    places = [pack(float(lat), float(long)) for lat, long in zip(latitudes, longitudes, strict=True)]
    return _payment_set(
        columns["unix_time"].astype(np.int64) * SECOND,
        columns["amt_cents"].astype(np.int64),
        columns["is_fraud"] == 1,
        np.array(places, np.int64),
        card=_hashes(f"card_{number}" for number in columns["cust_id"]),
        customer=_hashes(f"customer_{number}" for number in columns["cust_id"]),
        merchant=_hashes(columns["merchant"]),
        bin=_hashes(columns["category"]),
    )


def _ucsd_fico(columns: Columns) -> PaymentSet:
    days, hours, numbers = columns["day"], columns["hour1"], columns["seq"]
    zips = zip(columns["state1"], columns["zip1"], strict=True)
    return _payment_set(
        YEAR_2009 + days * DAY + hours * HOUR + numbers,
        np.rint(columns["amount"] * 100).astype(np.int64),
        columns["label"] == 1,
        card=_hashes(f"card_{token}" for token in columns["custAttr1"]),
        email=_hashes(columns["custAttr2"]),
        device=_hashes(f"device_{number}" for number in columns["field3"]),
        merchant=_hashes("ucsd-fico" for _ in numbers),
        address=_hashes(f"{state}-{code}" for state, code in zips),
        ip_country=_hashes(columns["state1"]),
    )


SETS: dict[str, Callable[[Columns], PaymentSet]] = {
    "handbook": _handbook,
    "sparkov": _sparkov,
    "ucsd_fico": _ucsd_fico,
}


def _hashes(texts: Iterable[object]) -> npt.NDArray[np.uint64]:
    known: dict[str, int] = {}
    return np.array([known.get(t) or known.setdefault(t, entity_hash(t)) for t in map(str, texts)], np.uint64)


def _payment_set(
    at: Int64s,
    amount: Int64s,
    fraud: npt.NDArray[np.bool_],
    place: Int64s | None = None,
    **tokens: npt.NDArray[np.uint64],
) -> PaymentSet:
    payments = Events.empty(len(at))
    payments.at[:] = payments.occurred_at[:] = at
    payments.amount[:] = amount
    payments.place[:] = 0 if place is None else place
    for name, hashes in tokens.items():
        payments.tokens[TOKENS.index(name)] = hashes
    return PaymentSet(payments, fraud)


def labels(made: PaymentSet, delays: Int64s | int) -> Events:
    """A label for each payment, in the payments' order, each at its own release."""
    codes = LABEL_CODES[LabelValue.FRAUD], LABEL_CODES[LabelValue.LEGITIMATE]
    return made.payments._replace(
        at=made.at + delays,
        stream=np.full(len(made.at), Stream.LABEL, np.int64),
        code=np.where(made.fraud, *codes).astype(np.int64),
    )


def merged(payments: Events, released: Events, *, labels_first: bool = True) -> Events:
    """One log by time, each stream in its own order; at equal times labels come before payments."""
    at = np.concatenate([payments.at, released.at])
    is_payment = np.repeat([labels_first, not labels_first], [len(payments.at), len(released.at)])
    order = np.lexsort((is_payment, at))
    order = order[at[order] <= payments.at[-1]]
    pairs = zip(payments, released, strict=True)
    return Events._make(np.ascontiguousarray(np.concatenate(pair, axis=-1)[..., order]) for pair in pairs)


def with_labels(made: PaymentSet, delays: Int64s | int = 7 * DAY, *, labels_first: bool = True) -> Events:
    """Payments and their labels as one log up to the last payment."""
    return merged(made.payments, labels(made, delays), labels_first=labels_first)
