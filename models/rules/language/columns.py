"""What rules are run over: the rows of a batch, their columns by name, and how a column is read.

A column's values, by its type:

    number    int64 or float64; NaN is missing. Rules compute in float64: integers are exact up to 2**53
    money     a number of EUR cents
    text      objects: str, or None when missing
    boolean   bool, or objects True, False and None when missing
    raw       (metadata) objects: str, int, float, bool or None; read as the type the rule uses it as, and
              missing where it is of another type

Invariant: what is read of a row depends on that row alone, never on the other rows of the batch. A value of
a wrong type is an error of its row; a source that raises is asked row by row (`RuleRows.one`) where it can
be, otherwise all rows are in error.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Schema = Mapping[str, str]
"""Column name -> `number`, `money`, `text` or `boolean`."""

COLUMN_TYPES: Final = frozenset({"number", "money", "text", "boolean"})
METADATA: Final = "metadata."
MISSING_TEXT: Final = 0

ColumnSource = Callable[[str], NDArray[Any]]
ListSource = Callable[[str, NDArray[Any]], NDArray[np.bool_]]


@dataclass(frozen=True)
class RuleRows:
    """n payments of one batch."""

    n: int
    """How many."""
    times: NDArray[np.int64]
    """Engine times, ms."""
    sample_keys: NDArray[np.uint64]
    """Stable hashes of the payments' keys."""
    merchants: NDArray[Any]
    """Merchant ids."""
    column: ColumnSource
    """An array over the rows by name; asked for columns in `columns_used` only."""
    contains: ListSource
    """Whether each of n values, in the rows' order, is on a list at the row's time."""
    rates: Any = None
    """Exchange rates; without them only the payment's own currency and EUR compare."""
    one: Callable[[int], "RuleRows"] | None = None
    """The same for a single row, for the case that a source raises."""


class _Codes(dict[Any, int]):
    """A number for every text of the batch, from 1; missing is 0. Equal texts have equal numbers."""

    def __missing__(self, value: Any) -> int:
        if not isinstance(value, str):
            raise TypeError(f"a {type(value).__name__} is not a text")
        code = self[value] = len(self)
        return code


class RuleBatch:
    """The rows while rules run over them: columns are read once, texts numbered once."""

    def __init__(self, rows: RuleRows) -> None:
        """Reads nothing yet."""
        self.rows = rows
        self.n = rows.n
        self.codes = _Codes({None: MISSING_TEXT})
        self.errors: dict[int, NDArray[np.bool_]] = {}

    def leaf(self, step: int, read: Callable[[RuleRows], Any], missing: Any) -> Any:
        """What `read` makes of the rows. Rows that raise are noted under the step, and read as missing."""
        try:
            return self._whole(read(self.rows))
        except Exception:  # whatever a source or a value raises is the rules' error, never the decision's
            return self._row_by_row(step, read, missing)

    def _whole(self, values: Any) -> Any:
        if values.shape != (self.n,):
            raise ValueError(f"a column of shape {values.shape}, expected ({self.n},)")
        return values

    def _row_by_row(self, step: int, read: Callable[[RuleRows], Any], missing: Any) -> Any:
        erring = self.errors[step] = np.zeros(self.n, np.bool_)
        values = np.full(self.n, missing, object if missing is None else type(missing))
        for row in range(self.n):
            try:
                values[row] = read(self._one(row))[0]
            except Exception:
                erring[row] = True
        return values

    def _one(self, row: int) -> RuleRows:
        return self.rows.one(row) if self.rows.one is not None else single(self.rows, row)


def single(rows: RuleRows, row: int) -> RuleRows:
    """One row, cut out of what the sources give for all: for sources that cannot be asked for less."""

    def contains(name: str, values: NDArray[Any]) -> NDArray[np.bool_]:
        # The engine's lists know the time of each row by its place, so they are asked for n values.
        return rows.contains(name, np.repeat(values, rows.n))[row : row + 1]

    return RuleRows(
        1,
        rows.times[row : row + 1],
        rows.sample_keys[row : row + 1],
        rows.merchants[row : row + 1],
        lambda name: rows.column(name)[row : row + 1],
        contains,
        rows.rates,
    )


def text_codes(values: NDArray[Any], batch: RuleBatch) -> NDArray[np.intp]:
    """A text column as the batch's numbers of its texts."""
    return np.fromiter(map(batch.codes.__getitem__, values.tolist()), np.intp, len(values))


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


def truths(values: NDArray[Any]) -> NDArray[np.float64]:
    """A boolean column as 1, 0 and NaN (missing)."""
    if values.dtype == np.bool_:
        return values.astype(np.float64)
    return np.array([_truth(value) for value in values], np.float64)


def _truth(value: Any) -> float:
    if value is None:
        return np.nan
    if isinstance(value, bool | np.bool_):
        return float(value)
    raise TypeError(f"a {type(value).__name__} is neither true nor false")


def raw_numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """The numbers among values of any type; True and False are none."""
    return np.array([_float(v) if type(v) in (int, float) else np.nan for v in values], np.float64)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond float64 is like one that is not there
        return np.nan


def raw_texts(values: NDArray[Any]) -> NDArray[Any]:
    """The texts among values of any type."""
    texts = np.empty(len(values), object)
    texts[:] = [value if type(value) is str else None for value in values]
    return texts


def raw_truths(values: NDArray[Any]) -> NDArray[np.float64]:
    """True and False among values of any type, as 1, 0 and NaN."""
    return np.array([float(v) if type(v) is bool else np.nan for v in values], np.float64)
