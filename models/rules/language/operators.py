"""The operators of the rule language, as steps of a graph.

What a step makes of its row (`models.rules.program`): a number (NaN is missing), the number of a text (0 is
missing), or a test, true or false. A test with a missing value is false, also where it is negative (`!=`,
`not in`, `not between`); arithmetic with one is missing, and so is a division by zero.

A key holds constant numbers as their `repr`: 1.0 and 1 are one dictionary key, -0.0 and 0.0 too, and NaN is
no key of itself.
"""

from collections.abc import Callable
from math import nan
from operator import add, eq, ge, gt, le, lt, mul, sub
from typing import Any, Final

from models.rules.language.columns import METADATA
from models.rules.language.graph import Graph

Operand = int | float
"""A step's number (int) or a constant number (always float)."""


def _ratio(left: float, right: float) -> float:
    return left / right if right else nan


def _unlike(left: float, right: float) -> bool:
    return left < right or left > right


ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "Add": add,
    "Sub": sub,
    "Mult": mul,
    "Div": _ratio,
}
"""By Python's names of the operators. A division by zero is missing."""

COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "Lt": lt,
    "LtE": le,
    "Eq": eq,
    "NotEq": _unlike,
    "GtE": ge,
    "Gt": gt,
}
"""NaN makes all of these false; "not equal" is less or greater for that reason."""

_MIRRORED: Final = {"Lt": "Gt", "LtE": "GtE", "Gt": "Lt", "GtE": "LtE", "Eq": "Eq", "NotEq": "NotEq"}
_METADATA_AS: Final = frozenset({"number", "boolean", "text", "presence"})


def arithmetic(graph: Graph, operator: str, left: Operand, right: Operand) -> Operand:
    """`left operator right`; of two constants a constant."""
    if isinstance(left, float) and isinstance(right, float):
        return float(ARITHMETIC[operator](left, right))
    return _binary(graph, operator, left, right)


def comparison(graph: Graph, operator: str, left: Operand, right: Operand) -> int:
    """A test of two numbers; a constant goes to the right, so that `5 < x` is the same step as `x > 5`."""
    if isinstance(left, float) and not isinstance(right, float):
        operator, left, right = _MIRRORED[operator], right, left
    if isinstance(left, float) and isinstance(right, float):
        return constant(graph, bool(COMPARISONS[operator](left, right)))
    return _binary(graph, operator, left, right)


def _binary(graph: Graph, name: str, left: Operand, right: Operand) -> int:
    inputs = [operand for operand in (left, right) if isinstance(operand, int)]
    return graph.add((name, _key(left), _key(right)), inputs)


def _key(operand: Operand) -> Any:
    return repr(operand) if isinstance(operand, float) else operand


def negated(graph: Graph, number: Operand) -> Operand:
    """`-number`."""
    if isinstance(number, float):
        return -number
    return graph.add(("negative", number), (number,))


def constant(graph: Graph, truth: bool) -> int:
    """True or False of every row."""
    return graph.add(("constant", truth), ())


def both(graph: Graph, left: int, right: int) -> int:
    """`left and right`."""
    return _connected(graph, "and", left, right)


def either(graph: Graph, left: int, right: int) -> int:
    """`left or right`."""
    return _connected(graph, "or", left, right)


def _connected(graph: Graph, name: str, left: int, right: int) -> int:
    low, high = sorted((left, right))
    return low if low == high else graph.add((name, low, high), (low, high))


def inverted(graph: Graph, test: int) -> int:
    """`not test`."""
    return graph.add(("not", test), (test,))


def number_column(graph: Graph, name: str) -> int:
    """A column of numbers."""
    return graph.add_leaf(("number", name))


def truth_column(graph: Graph, name: str) -> int:
    """A column of true (1.0), false (0.0) and missing."""
    return graph.add_leaf(("truth", name))


def text_column(graph: Graph, name: str) -> int:
    """A column of texts."""
    return graph.add_leaf(("text", name))


def metadata_column(graph: Graph, name: str, used_as: str) -> int:
    """One metadata key, as the type it is used as: `number`, `boolean`, `text` or `presence`."""
    assert used_as in _METADATA_AS
    return graph.add_leaf((f"metadata as {used_as}", METADATA + name))


def number_known(graph: Graph, number: int) -> int:
    """Where a number is not missing."""
    return graph.add(("known", number), (number,))


def text_known(graph: Graph, text: int) -> int:
    """Where a text is not missing."""
    return graph.add(("text known", text), (text,))


def text_equal(graph: Graph, left: int, right: int) -> int:
    """Two texts are known and the same."""
    low, high = sorted((left, right))
    same = graph.add(("text same", low, high), (low, high))
    return both(graph, same, text_known(graph, low))


def text_different(graph: Graph, left: int, right: int) -> int:
    """Two texts are known and not the same."""
    low, high = sorted((left, right))
    other = graph.add(("text other", low, high), (low, high))
    return both(graph, both(graph, other, text_known(graph, low)), text_known(graph, high))


def text_in(graph: Graph, text: int, members: frozenset[str]) -> int:
    """One of constant texts."""
    return graph.add(("text in", text, tuple(sorted(members))), (text,))


def text_not(graph: Graph, text: int, test: int) -> int:
    """A text is known, and a test of it that is false for missing texts does not hold."""
    return both(graph, inverted(graph, test), text_known(graph, text))


def number_in(graph: Graph, number: int, members: frozenset[float]) -> int:
    """One of constant numbers."""
    return graph.add(("number in", number, tuple(sorted(members))), (number,))


def listed(graph: Graph, name: str, text: int, column: str) -> int:
    """On a list of the log; a missing text is on none."""
    return both(graph, graph.add_leaf(("list", name, column)), text_known(graph, text))


def text_part(graph: Graph, test: str, text: int, parts: tuple[str, ...]) -> int:
    """`starts_with`, `ends_with` or `contains` one of constant texts."""
    return graph.add((test, text, parts), (text,))
