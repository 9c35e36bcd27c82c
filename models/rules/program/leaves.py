"""What a program reads that lies in no matrix: fields of payments, metadata, lists, rates, parts of texts.

Each leaf is a column of float64 over the rows. A row that cannot be read is an error of every rule that reads
the leaf, and counts as missing meanwhile; where a source raises it is asked row by row.

Texts that rules name have the ruleset's numbers. Others only need to differ from these, and from each other
where rules compare two columns: then they are numbered as they come, once a batch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Floats
from models.rules.language import (
    METADATA,
    RuleRows,
    cents_a_unit,
    numbers,
    raw_numbers,
    raw_texts,
    raw_truths,
    single,
    truths,
)

_TEXT_TYPES: Final = frozenset({str, type(None)})
Values = NDArray[Any] | list[Any]
"""A list or an array of objects."""


class Leaf(NamedTuple):
    """One column that is read."""

    kind: str
    """As in the key of its step, see `models.rules.language.operators`."""
    column: str
    """Its name; of a rate, the currency."""
    bit: int
    """The leaf of the graph that errors are noted under."""
    of: str = ""
    """Of a list its name; of a part of texts, the kind of the column of texts."""
    parts: tuple[str, ...] = ()
    is_compared: bool = False
    """Texts that rules compare with another column."""


class LeafValues(NamedTuple):
    """What was read of n rows."""

    values: Floats
    """Shape (leaves, n)."""
    errors: dict[int, Bools]
    """Rows that could not be read, by the graph's leaf."""


class _Numbers(dict[Any, int]):
    """The ruleset's numbers of texts, and further ones as other texts come."""

    def __init__(self, known: Mapping[str | None, int]) -> None:
        self._known = known

    def __missing__(self, value: Any) -> int:
        number = self._known.get(value)
        if number is None:
            if not isinstance(value, str):
                raise TypeError(f"a {type(value).__name__} is not a text")
            number = len(self._known) + len(self)
        self[value] = number
        return number


@dataclass(frozen=True)
class LeafPlan:
    """The leaves of a program, and the numbers of the texts that its rules name; None is 0."""

    leaves: tuple[Leaf, ...]
    texts: Mapping[str | None, int]

    def read(self, rows: RuleRows) -> LeafValues:
        """All leaves of the rows."""
        values, errors = np.empty((len(self.leaves), rows.n)), dict[int, Bools]()
        numbered = _Numbers(self.texts)
        for leaf, into in zip(self.leaves, values, strict=True):
            try:
                into[:] = _whole(self._values(leaf, rows, numbered), rows.n)
            except Exception:  # whatever a source or a value raises is the rules' error, never the decision's
                into[:] = self._row_by_row(leaf, rows, numbered, errors)
        return LeafValues(values, errors)

    def _row_by_row(
        self, leaf: Leaf, rows: RuleRows, numbered: _Numbers, errors: dict[int, Bools]
    ) -> list[float]:
        values, erring = [_MISSING[leaf.kind]] * rows.n, np.zeros(rows.n, np.bool_)
        for row in range(rows.n):
            one = rows.one(row) if rows.one is not None else single(rows, row)
            try:
                values[row] = float(self._values(leaf, one, numbered)[0])
            except Exception:
                erring[row] = True
        errors[leaf.bit] = errors.get(leaf.bit, False) | erring
        return values

    def _values(self, leaf: Leaf, rows: RuleRows, numbered: _Numbers) -> Any:
        if leaf.kind in _TEXTS:
            texts = _texts(leaf.kind, rows.column(leaf.column))
            return _numbered(texts, numbered if leaf.is_compared else None, self.texts)
        return _READERS[leaf.kind](leaf, rows)


def _whole(values: Any, n: int) -> Any:
    if len(values) != n:
        raise ValueError(f"a column of {len(values)} rows, expected {n}")
    return values


def _texts(kind: str, values: Values) -> Values:
    return raw_texts(values) if kind == "metadata as text" else values


def _listed(values: Values) -> list[Any]:
    return values if isinstance(values, list) else values.tolist()


def _numbered(values: Values, numbered: _Numbers | None, known: Mapping[str | None, int]) -> Floats:
    texts = _listed(values)
    if numbered is not None:
        return np.fromiter(map(numbered.__getitem__, texts), np.float64, len(texts))
    if not _TEXT_TYPES.issuperset(map(type, texts)):
        _refuse_others(texts)
    return np.fromiter(map(known.get, texts, repeat(len(known))), np.float64, len(texts))


def _refuse_others(texts: list[Any]) -> None:
    for text in texts:
        if text is not None and not isinstance(text, str):
            raise TypeError(f"a {type(text).__name__} is not a text")


def _on_list(leaf: Leaf, rows: RuleRows) -> Any:
    values = rows.column(leaf.column)
    is_raw = leaf.column.startswith(METADATA)
    return np.asarray(rows.contains(leaf.of, raw_texts(values) if is_raw else values), np.bool_)


def _with_part(leaf: Leaf, rows: RuleRows) -> Floats:
    """Asked once a distinct text; a missing one has no part."""
    holds, parts = PARTS[leaf.kind], leaf.parts
    texts = _listed(_texts(leaf.of, rows.column(leaf.column)))
    found = {text: text is not None and holds(text, parts) for text in set(texts)}
    return np.fromiter(map(found.__getitem__, texts), np.float64, len(texts))


PARTS: Final[dict[str, Callable[[str, tuple[str, ...]], bool]]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": lambda text, parts: any(str.__contains__(text, part) for part in parts),
}
_READERS: Final[dict[str, Callable[[Leaf, RuleRows], Any]]] = {
    "number": lambda leaf, rows: numbers(rows.column(leaf.column)),
    "truth": lambda leaf, rows: truths(rows.column(leaf.column)),
    "metadata as number": lambda leaf, rows: raw_numbers(rows.column(leaf.column)),
    "metadata as boolean": lambda leaf, rows: raw_truths(rows.column(leaf.column)),
    "metadata as presence": lambda leaf, rows: [value is not None for value in rows.column(leaf.column)],
    "rate": lambda leaf, rows: cents_a_unit(leaf.column, rows),
    "list": _on_list,
    **dict.fromkeys(PARTS, _with_part),
}
_TEXTS: Final = frozenset({"text", "metadata as text"})
_TESTS: Final = frozenset({"list", "metadata as presence", *PARTS})
_MISSING: Final = dict.fromkeys(_READERS, np.nan) | dict.fromkeys(_TEXTS | _TESTS, 0.0)
