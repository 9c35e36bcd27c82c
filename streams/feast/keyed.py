"""KeyedVectors with who took part and when: the rows that Feast's views are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from features.catalogue import Catalogue
from models.arrays import Floats, Int64s
from models.messages import Payment
from streams.feast.definitions import AS_OF, EVENT_TIME, LOGGED, PAYMENT_KEY, join_keys, view_of
from streams.feast.keys import token_texts

_TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class KeyedVectors:
    """KeyedVectors `[n, F]` of payments, their engine times (ms) and their numbers in log order."""

    payments: Sequence[Payment]
    times: Int64s
    numbers: Int64s
    matrix: Floats


def schema(catalogue: Catalogue) -> pa.Schema:
    """Times, keys, `as_of_ms`, then one float64 per feature."""
    times = [(EVENT_TIME, _TIME), (LOGGED, _TIME), (AS_OF, pa.int64())]
    keys = [(key, pa.string()) for key in all_keys(catalogue)]
    return pa.schema([*times, *keys, *((name, pa.float64()) for name in catalogue.names)])


def all_keys(catalogue: Catalogue) -> list[str]:
    """Every join key of every view, once."""
    views = view_of(catalogue)
    keys = [key for view in views for key in join_keys(catalogue, view)]
    return list(dict.fromkeys([PAYMENT_KEY, *keys]))


def table(vectors: KeyedVectors, catalogue: Catalogue, tables: Mapping[str, Any]) -> pa.RecordBatch:
    """The rows as columns. `created_timestamp` stands for the place on the log (microseconds since 1970 are
    the row's number), so that of two payments at one time the later one counts.
    """
    texts: dict[str, Any] = {**token_texts(vectors.payments, tables)}
    texts[PAYMENT_KEY] = [payment.payment_id for payment in vectors.payments]
    arrays = [
        pa.array(vectors.times * 1000, pa.int64()).cast(_TIME),
        pa.array(vectors.numbers, pa.int64()).cast(_TIME),
        pa.array(vectors.times, pa.int64()),
        *(pa.array(texts[key], pa.string()) for key in all_keys(catalogue)),
        *(pa.array(column) for column in np.ascontiguousarray(vectors.matrix.T)),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema(catalogue))
