"""What the operators of the rule language do to columns, and what missing values mean to them.

A value is an array over the rows of a batch or one constant. A text is missing where it is None, a number
where it is NaN. Every test (comparison, membership) with a missing value is false; arithmetic with one is
missing.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# What follows are types of functions; a Value is an array over the rows of a batch, or one constant.
ColumnSource = Callable[[str], NDArray[Any]]
ListSource = Callable[[str, NDArray[Any]], NDArray[np.bool_]]
Value = Any


class Columns:
    """The columns of one batch while its rules run: each is fetched once, each missing mask made once."""

    def __init__(self, column: ColumnSource, contains: ListSource) -> None:
        """`column(name)` gives an array over the rows, `contains(list, values)` who is on a list."""
        self._source = column
        self.contains = contains
        self._columns: dict[str, NDArray[Any]] = {}
        self._present: dict[int, tuple[Value, Value]] = {}

    def column(self, name: str) -> NDArray[Any]:
        """The column's values; fetched at first use."""
        values = self._columns.get(name)
        if values is None:
            values = self._columns[name] = self._source(name)
        return values

    def present(self, texts: Value) -> Value:
        """Where a text is not missing."""
        known = self._present.get(id(texts))
        if known is None:
            # The texts are kept beside their mask, so that their id cannot be given to others.
            known = self._present[id(texts)] = (texts, np.asarray(texts) != None)  # noqa: E711 - elementwise
        return known[1]


Evaluate = Callable[[Columns], Value]
Compare = Callable[[Any, Any], Any]


def number_test(compare: Compare, left: Evaluate, right: Evaluate) -> Evaluate:
    """Compare numbers; NaN makes every ufunc but `not_equal` false by itself."""
    if compare is np.not_equal:
        return lambda columns: _differ(left(columns), right(columns))
    return lambda columns: compare(left(columns), right(columns))


def _differ(left: Value, right: Value) -> Value:
    # Less or greater is "not equal, and neither is NaN".
    return np.logical_or(np.less(left, right), np.greater(left, right))


def text_test(equal: bool, left: Evaluate, right: Evaluate) -> Evaluate:
    """Equal or different texts, false where one is missing."""

    def same(columns: Columns) -> Value:
        first, second = left(columns), right(columns)
        return np.logical_and(np.equal(first, second), columns.present(first))

    def different(columns: Columns) -> Value:
        first, second = left(columns), right(columns)
        both = np.logical_and(columns.present(first), columns.present(second))
        return np.logical_and(np.not_equal(first, second), both)

    return same if equal else different


def text_constant_test(equal: bool, text: Evaluate, constant: str) -> Evaluate:
    """The same against a constant, which needs no second missing mask."""
    if equal:
        return lambda columns: np.equal(text(columns), constant)

    def different(columns: Columns) -> Value:
        texts = text(columns)
        return np.logical_and(np.not_equal(texts, constant), columns.present(texts))

    return different


def list_test(name: str, wanted: bool, text: Evaluate) -> Evaluate:
    """On (or not on) a list of the log; a missing text is neither."""

    def evaluate(columns: Columns) -> Value:
        texts = text(columns)
        found = columns.contains(name, texts)
        return np.logical_and(found if wanted else ~found, columns.present(texts))

    return evaluate


def text_members_test(members: frozenset[str], wanted: bool, text: Evaluate) -> Evaluate:
    """One of (or none of) constant texts; a missing text is neither."""

    def evaluate(columns: Columns) -> Value:
        texts = text(columns)
        found = np.fromiter((value in members for value in texts), np.bool_, len(texts))
        return np.logical_and(found if wanted else ~found, columns.present(texts))

    return evaluate


def number_members_test(members: tuple[float, ...], wanted: bool, number: Evaluate) -> Evaluate:
    """One of (or none of) constant numbers; a missing number is neither."""
    array = np.array(members, np.float64)

    def evaluate(columns: Columns) -> Value:
        values = as_float(number(columns))
        found = np.isin(values, array)
        return found if wanted else np.logical_and(~found, values == values)  # noqa: PLR0124 - NaN is missing

    return evaluate


def as_float(value: Value) -> Value:
    """Arithmetic is on float64: integers are exact up to 2**53."""
    return np.asarray(value, np.float64)


def divide(left: Value, right: Value) -> Value:
    """Division; by zero it is missing."""
    return np.divide(left, np.where(np.equal(right, 0.0), np.nan, right))


COMPARISONS: Final[dict[str, Compare]] = {
    "Lt": np.less,
    "LtE": np.less_equal,
    "Eq": np.equal,
    "NotEq": np.not_equal,
    "GtE": np.greater_equal,
    "Gt": np.greater,
}
ARITHMETIC: Final[dict[str, Compare]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mult": np.multiply,
    "Div": divide,
}
