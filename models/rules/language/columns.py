"""What rules are run over: the rows of a batch, their columns by name, and how a column is read.

A column's values, by its type:

    number    int64 or float64; NaN is missing. Rules compute in float64: integers are exact up to 2**53
    money     a number of EUR cents
    text      objects or a list: str, or None when missing
    boolean   bool, or objects True, False and None when missing
    raw       (metadata) objects or a list: str, int, float, bool or None; read as the type the rule uses it
              as, and missing where it is of another type

Invariant: what is read of a row depends on that row alone, never on the other rows of the batch. A value of
a wrong type is an error of its row; a source that raises is asked row by row (`RuleRows.one`) where it can
be, otherwise all rows are in error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Schema = Mapping[str, str]
"""Column name -> `number`, `money`, `text` or `boolean`."""

COLUMN_TYPES: Final = frozenset({"number", "money", "text", "boolean"})
METADATA: Final = "metadata."

ColumnSource = Callable[[str], Any]
"""An array over the rows, or a list of them, by name."""
ListSource = Callable[[str, Any], NDArray[np.bool_]]
NO_MATRIX: Final[NDArray[np.float64]] = np.zeros((0, 0))
"""Of rows whose columns are all asked for by name."""
NO_PLACES: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True)
class RuleRows:
    """n payments of one batch."""

    n: int
    """How many."""
    times: NDArray[np.int64]
    """Engine times, ms."""
    sample_keys: NDArray[np.uint64]
    """Stable hashes of the payments' keys."""
    merchants: NDArray[Any] | list[str]
    """Merchant ids."""
    column: ColumnSource
    """An array over the rows by name; asked for columns in `columns_used` only."""
    contains: ListSource
    """Whether each of n values, in the rows' order, is on a list at the row's time."""
    rates: Any = None
    """Exchange rates; without them only the payment's own currency and EUR compare."""
    one: Callable[[int], "RuleRows"] | None = None
    """The same for a single row, for the case that a source raises."""
    matrix: NDArray[np.float64] = field(default_factory=lambda: NO_MATRIX)
    """Columns of numbers that need not be asked for, shape (n, columns)."""
    places: Mapping[str, int] = field(default_factory=lambda: NO_PLACES)
    """Where in `matrix` a column is, by name. The same object for all rows of one source."""


def single(rows: RuleRows, row: int) -> RuleRows:
    """One row, cut out of what the sources give for all: for sources that cannot be asked for less."""

    def contains(name: str, values: NDArray[Any]) -> NDArray[np.bool_]:
        # The engine's lists know the time of each row by its place, so they are asked for n values.
        repeated = values * rows.n if isinstance(values, list) else np.repeat(values, rows.n)
        return rows.contains(name, repeated)[row : row + 1]

    return RuleRows(
        1,
        rows.times[row : row + 1],
        rows.sample_keys[row : row + 1],
        rows.merchants[row : row + 1],
        lambda name: rows.column(name)[row : row + 1],
        contains,
        rows.rates,
        matrix=rows.matrix[row : row + 1],
        places=rows.places,
    )


def numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """A number column as float64; objects must be numbers or None."""
    if values.dtype == object:
        return np.array([_number(value) for value in values], np.float64)
    if values.dtype.kind not in "iufb":
        raise TypeError(f"{values.dtype} values are not numbers")
    return np.ascontiguousarray(values, np.float64)


def _number(value: Any) -> float:
    if value is None:
        return np.nan
    if isinstance(value, int | float | np.number):
        return float(value)
    raise TypeError(f"a {type(value).__name__} is not a number")


def truths(values: NDArray[Any] | list[Any]) -> NDArray[np.float64]:
    """A boolean column as 1, 0 and NaN (missing)."""
    if not isinstance(values, list) and values.dtype == np.bool_:
        return values.astype(np.float64)
    return np.array([_truth(value) for value in values], np.float64)


def _truth(value: Any) -> float:
    if value is None:
        return np.nan
    if isinstance(value, bool | np.bool_):
        return float(value)
    raise TypeError(f"a {type(value).__name__} is neither true nor false")


def raw_numbers(values: Any) -> NDArray[np.float64]:
    """The numbers among values of any type; True and False are none."""
    return np.array([_float(v) if type(v) in (int, float) else np.nan for v in values], np.float64)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond float64 is like one that is not there
        return np.nan


def raw_texts(values: NDArray[Any] | list[Any]) -> NDArray[Any] | list[Any]:
    """The texts among values of any type."""
    texts = [value if type(value) is str else None for value in values]
    if isinstance(values, list):
        return texts
    objects = np.empty(len(texts), object)
    objects[:] = texts
    return objects


def raw_truths(values: Any) -> NDArray[np.float64]:
    """True and False among values of any type, as 1, 0 and NaN."""
    return np.array([float(v) if type(v) is bool else np.nan for v in values], np.float64)
