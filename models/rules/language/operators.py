"""What the operators of the rule language do to columns, as steps of a graph.

Values of steps are arrays over the batch's rows: numbers float64 (NaN is missing), texts as the batch's
numbers of them (0 is missing), tests bool. A test with a missing value is false, also where it is negative
(`!=`, `not in`, `not between`); arithmetic with one is missing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from models.rules.language.columns import (
    METADATA,
    MISSING_TEXT,
    RuleBatch,
    numbers,
    raw_numbers,
    raw_texts,
    raw_truths,
    text_codes,
    truths,
)
from models.rules.language.graph import Graph, Step

Operand = int | float
"""A step's number (int) or a constant number (always float)."""
Function = Callable[[Any, Any], Any]

ARITHMETIC: Final[dict[str, Function]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mult": np.multiply,
    "Div": lambda left, right: np.divide(left, np.where(np.equal(right, 0.0), np.nan, right)),
}
"""By Python's names of the operators. A division by zero is missing."""

COMPARISONS: Final[dict[str, Function]] = {
    "Lt": np.less,
    "LtE": np.less_equal,
    "Eq": np.equal,
    "NotEq": lambda left, right: np.less(left, right) | np.greater(left, right),
    "GtE": np.greater_equal,
    "Gt": np.greater,
}
"""NaN makes all of these false; "not equal" is less or greater for that reason."""

_MIRRORED: Final = {"Lt": "Gt", "LtE": "GtE", "Gt": "Lt", "GtE": "LtE", "Eq": "Eq", "NotEq": "NotEq"}


def arithmetic(graph: Graph, operator: str, left: Operand, right: Operand) -> Operand:
    """`left operator right`; of two constants a constant."""
    function = ARITHMETIC[operator]
    if isinstance(left, float) and isinstance(right, float):
        with np.errstate(all="ignore"):
            return float(function(left, right))
    return _binary(graph, operator, function, left, right)


def comparison(graph: Graph, operator: str, left: Operand, right: Operand) -> int:
    """A test of two numbers; a constant goes to the right, so that `5 < x` is the same step as `x > 5`."""
    if isinstance(left, float) and not isinstance(right, float):
        operator, left, right = _MIRRORED[operator], right, left
    function = COMPARISONS[operator]
    if isinstance(left, float) and isinstance(right, float):
        return constant(graph, bool(function(left, right)))
    return _binary(graph, operator, function, left, right)


def _binary(graph: Graph, name: str, function: Function, left: Operand, right: Operand) -> int:
    inputs = [operand for operand in (left, right) if isinstance(operand, int)]
    return graph.add((name, _key(left), _key(right)), inputs, _step(function, left, right))


def _step(function: Function, left: Operand, right: Operand) -> Step:
    if isinstance(left, int) and isinstance(right, int):
        return lambda _, values: function(values[left], values[right])
    if isinstance(left, int):
        return lambda _, values: function(values[left], right)
    assert isinstance(right, int)
    return lambda _, values: function(left, values[right])


def _key(operand: Operand) -> Any:
    # repr: 1.0 and 1 are one dictionary key, -0.0 and 0.0 too, and NaN is no key of itself.
    return repr(operand) if isinstance(operand, float) else operand


def negated(graph: Graph, number: Operand) -> Operand:
    """`-number`."""
    if isinstance(number, float):
        return -number
    return graph.add(("negative", number), (number,), lambda _, values: np.negative(values[number]))


def constant(graph: Graph, truth: bool) -> int:
    """True or False of every row."""
    return graph.add(("constant", truth), (), lambda batch, _: np.full(batch.n, truth))


def both(graph: Graph, left: int, right: int) -> int:
    """`left and right`."""
    return _connected(graph, "and", np.logical_and, left, right)


def either(graph: Graph, left: int, right: int) -> int:
    """`left or right`."""
    return _connected(graph, "or", np.logical_or, left, right)


def _connected(graph: Graph, name: str, function: Function, left: int, right: int) -> int:
    low, high = sorted((left, right))
    if low == high:
        return low
    return graph.add((name, low, high), (low, high), lambda _, values: function(values[low], values[high]))


def inverted(graph: Graph, test: int) -> int:
    """`not test`."""
    return graph.add(("not", test), (test,), lambda _, values: np.logical_not(values[test]))


def number_column(graph: Graph, name: str) -> int:
    """A column of numbers."""
    return _leaf(graph, "number", name, lambda values, _: numbers(values), np.nan)


def truth_column(graph: Graph, name: str) -> int:
    """A column of true (1.0), false (0.0) and missing."""
    return _leaf(graph, "truth", name, lambda values, _: truths(values), np.nan)


def text_column(graph: Graph, name: str) -> int:
    """A column of texts."""
    return _leaf(graph, "text", name, text_codes, MISSING_TEXT)


def metadata_column(graph: Graph, name: str, used_as: str) -> int:
    """One metadata key, as the type it is used as."""
    reads: dict[str, tuple[Callable[[Any, RuleBatch], Any], Any]] = {
        "number": (lambda values, _: raw_numbers(values), np.nan),
        "boolean": (lambda values, _: raw_truths(values), np.nan),
        "text": (lambda values, batch: text_codes(raw_texts(values), batch), MISSING_TEXT),
        "presence": (lambda values, _: np.array([value is not None for value in values], np.bool_), False),
    }
    read, missing = reads[used_as]
    return _leaf(graph, f"metadata as {used_as}", METADATA + name, read, missing)


def _leaf(graph: Graph, kind: str, name: str, read: Callable[[Any, RuleBatch], Any], missing: Any) -> int:
    def made(number: int) -> Step:
        return lambda batch, _: batch.leaf(number, lambda rows: read(rows.column(name), batch), missing)

    return graph.add_leaf((kind, name), made)


def number_known(graph: Graph, number: int) -> int:
    """Where a number is not missing."""
    return graph.add(("known", number), (number,), lambda _, v: np.equal(v[number], v[number]))


def text_known(graph: Graph, text: int) -> int:
    """Where a text is not missing."""
    return graph.add(("text known", text), (text,), lambda _, v: np.not_equal(v[text], MISSING_TEXT))


def text_equal(graph: Graph, left: int, right: int) -> int:
    """Two texts are known and the same."""
    low, high = sorted((left, right))
    same = graph.add(("text same", low, high), (low, high), lambda _, v: np.equal(v[low], v[high]))
    return both(graph, same, text_known(graph, low))


def text_different(graph: Graph, left: int, right: int) -> int:
    """Two texts are known and not the same."""
    low, high = sorted((left, right))
    other = graph.add(("text other", low, high), (low, high), lambda _, v: np.not_equal(v[low], v[high]))
    return both(graph, both(graph, other, text_known(graph, low)), text_known(graph, high))


def text_in(graph: Graph, text: int, members: frozenset[str]) -> int:
    """One of constant texts."""

    def step(batch: RuleBatch, values: list[Any]) -> Any:
        chosen = np.zeros(len(batch.codes), np.bool_)
        chosen[[batch.codes[member] for member in members if member in batch.codes]] = True
        return chosen[values[text]]

    def is_one(batch: RuleBatch, values: list[Any]) -> Any:
        return np.equal(values[text], batch.codes.get(only, -1))

    (only,) = members if len(members) == 1 else ("",)
    key = ("text in", text, tuple(sorted(members)))
    return graph.add(key, (text,), is_one if len(members) == 1 else step)


def text_not(graph: Graph, text: int, test: int) -> int:
    """A text is known, and a test of it that is false for missing texts does not hold."""
    return both(graph, inverted(graph, test), text_known(graph, text))


def number_in(graph: Graph, number: int, members: frozenset[float]) -> int:
    """One of constant numbers."""
    array = np.array(sorted(members), np.float64)
    key = ("number in", number, tuple(array.tolist()))
    return graph.add(key, (number,), lambda _, values: np.isin(values[number], array))


def listed(graph: Graph, name: str, text: int, column: str, used_as: str) -> int:
    """On a list of the log; a missing text is on none."""

    def made(number: int) -> Step:
        read = partial(_on_list, name, column, used_as == "raw")
        return lambda batch, _: batch.leaf(number, read, False)

    return both(graph, graph.add_leaf(("list", name, column), made), text_known(graph, text))


def _on_list(name: str, column: str, raw: bool, rows: Any) -> Any:
    values = rows.column(column)
    return np.asarray(rows.contains(name, raw_texts(values) if raw else values), np.bool_)


def text_part(graph: Graph, test: str, text: int, parts: tuple[str, ...]) -> int:
    """`starts_with`, `ends_with` or `contains` one of constant texts: asked once a distinct text."""
    holds = _PARTS[test]

    def step(batch: RuleBatch, values: list[Any]) -> Any:
        present = np.zeros(len(batch.codes), np.bool_)
        present[values[text]] = True
        chosen = np.zeros(len(batch.codes), np.bool_)
        for code, word in enumerate(batch.codes):
            if present[code] and code != MISSING_TEXT and holds(word, parts):
                chosen[code] = True
        return chosen[values[text]]

    return graph.add((test, text, parts), (text,), step)


_PARTS: Final[dict[str, Callable[[str, tuple[str, ...]], bool]]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": lambda word, parts: any(part in word for part in parts),
}
