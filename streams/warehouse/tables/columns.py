"""Columns of a block: from Python values to Arrow, as ClickHouse takes them."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from streams.warehouse.tables.row import Row

MILLIS: Final = pa.timestamp("ms", tz="UTC")
STRINGS: Final = pa.list_(pa.string())
TEXT_MAP: Final = pa.map_(pa.string(), pa.string())

Columns = dict[str, pa.Array]


def texts(values: Iterable[str | None]) -> pa.Array:
    """Texts; none is empty."""
    return pa.array([value or "" for value in values], pa.string())


def numbers(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    """Numbers or truth values of this type; None is null."""
    return pa.array(list(values), kind)


def times(millis: Sequence[int] | np.ndarray[Any, Any]) -> pa.Array:
    """Epoch milliseconds as times."""
    return pa.array(np.asarray(millis, np.int64).view("datetime64[ms]"), MILLIS)


def times_or_null(millis: Iterable[int | None]) -> pa.Array:
    """The same, null where there is none."""
    return pa.array(list(millis), pa.int64()).cast(MILLIS)


def lists(values: Iterable[Sequence[str]]) -> pa.Array:
    """Lists of texts."""
    return pa.array([list(value) for value in values], STRINGS)


def appended_at(rows: Sequence[Row]) -> pa.Array:
    """When Kafka took the messages."""
    return times([row.appended_at for row in rows])


def coordinates(rows: Sequence[Row]) -> Columns:
    """Of which engine the rows are, and where on its log: together they name a row."""
    topics = [row.topic.rpartition(".") for row in rows]
    return {
        "engine": pa.array([engine for engine, _, _ in topics], pa.string()),
        "log_topic": pa.array([role for _, _, role in topics], pa.string()),
        "log_partition": pa.array([row.partition for row in rows], pa.uint32()),
        "log_offset": pa.array([row.offset for row in rows], pa.uint64()),
    }
