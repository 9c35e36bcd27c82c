"""Where a rule changes its mind: the values of one input at which some test of the rules turns.

An input is a column that the rules read, or membership of a column's value on a list. For numbers the turning
points of every comparison are solved for (Newton's steps on left - right, all other inputs as they are, exact
at once where the input enters linearly); for texts they are the constants it is compared with. Values found
here are candidates only: the caller runs the rules again.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Protocol

import numpy as np

from models.rules.compiled_ruleset import CompiledRuleset
from models.rules.language import (
    AFFIXES,
    COMPARISONS,
    Graph,
    RuleRows,
    Schema,
    compile_expression,
)
from models.rules.program import Program, lowered, step_values

SOLVING_STEPS: Final = 8
OTHER_TEXT: Final = "(any other)"
"""In place of a text that no rule names."""

Key = Any


@dataclass(frozen=True)
class RuleInput:
    """A column that rules read, or a column's place on a list."""

    column: str
    """Its name."""
    kind: str
    """`whole`, `real`, `flag` (0 or 1), `text`, `boolean` or `list`."""
    list: str = ""
    """The list, for kind `list`."""


@dataclass(frozen=True)
class RuleInputs:
    """What the live rules of a ruleset read, and the graph of their tests."""

    graph: Graph
    inputs: tuple[RuleInput, ...]
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Texts that are compared with other columns of text."""

    @cached_property
    def keys(self) -> list[Any]:
        """What each step of the graph does."""
        return list(self.graph.keys())

    @cached_property
    def _program(self) -> Program:
        return lowered(self.graph, range(len(self.graph)), {})

    @classmethod
    def of(cls, ruleset: CompiledRuleset, schema: Schema, kinds: Mapping[str, str]) -> "RuleInputs":
        """`kinds`: `whole`, `real` or `flag` of number columns; `real` where not given."""
        graph = Graph()
        for rule in ruleset.rules:
            if rule.runs == "live":
                compile_expression(rule.when, schema, graph)
        keys = graph.keys()
        inputs = dict.fromkeys(each for key in keys for each in _inputs(key, kinds))
        return cls(graph, tuple(inputs), _texts(keys), _alike(keys))

    def values(
        self,
        rule_input: RuleInput,
        now: Any,
        turning: Sequence[float],
        known: Mapping[str, Any] = MappingProxyType({}),
    ) -> list[Any]:
        """What to try for an input, `now` its value. None: missing. `known`: the payment's values."""
        if rule_input.kind == "list":
            return [not now]
        if rule_input.kind == "boolean":
            return [truth for truth in (True, False) if truth is not now]
        if rule_input.kind == "text":
            return [text for text in self._texts_of(rule_input.column, known) if text != now]
        candidates = [1.0, 0.0] if rule_input.kind == "flag" else _around(rule_input.kind, turning)
        least = 0.0 if now is None or now >= 0 else -np.inf
        numbers = [value for value in candidates if value != now and value >= least]
        if now is not None:
            return [*numbers, None]
        return sorted(numbers, key=lambda value: min(abs(value - point) for point in (*turning, np.inf)))

    def _texts_of(self, column: str, known: Mapping[str, Any]) -> Iterable[str | None]:
        """The constants of the rules, what it is compared with, any other, none at all; what is only looked
        for on lists has the list turned instead.
        """
        constants = self.texts.get(column, ())
        others = [known.get(other) for other in self.alike.get(column, ())]
        alike = [text for text in others if text is not None]
        if not constants and column not in self.alike:
            return (None,)
        return dict.fromkeys((*constants, *alike, OTHER_TEXT, None))

    def turning(self, rows: "ProbeSource", numbers: Mapping[str, float | None]) -> dict[str, list[float]]:
        """Turning points of each number. `numbers`: their values now."""
        pairs = [(key, name) for key in self.keys for name in self._of_comparison(key, numbers)]
        at = np.array([numbers[name] or 0.0 for _, name in pairs], np.float64)
        for _ in range(SOLVING_STEPS if pairs else 0):
            here = self._differences(rows, pairs, at)
            slope = self._differences(rows, pairs, at + 1.0) - here
            with np.errstate(all="ignore"):
                at = at - np.where(here == 0.0, 0.0, here / slope)
        points: dict[str, list[float]] = {}
        for (_, name), point in zip(pairs, at.tolist(), strict=True):
            if np.isfinite(point):
                points.setdefault(name, []).append(point)
        for key in self.keys:
            for name, members in self._members(key, numbers):
                points.setdefault(name, []).extend(members)
        return {name: sorted(set(found)) for name, found in points.items()}

    def _of_comparison(self, key: Key, numbers: Mapping[str, Any]) -> Iterable[str]:
        if key[0] not in COMPARISONS:
            return
        read = 0
        for operand in key[1:]:
            read |= self.graph.leaves[operand] if isinstance(operand, int) else 0
        yield from (name for name in self._leaves(read) if name in numbers)

    def _members(self, key: Key, numbers: Mapping[str, Any]) -> Iterable[tuple[str, tuple[float, ...]]]:
        if key[0] == "number in":
            yield from ((n, key[2]) for n in self._leaves(self.graph.leaves[key[1]]) if n in numbers)

    def _leaves(self, bits: int) -> Iterable[str]:
        for bit, step in enumerate(self.graph.leaf_steps):
            if bits >> bit & 1 and self.keys[step][0] in ("number", "metadata as number"):
                yield self.keys[step][1]

    def _differences(
        self, rows: "ProbeSource", pairs: Sequence[tuple[Key, str]], points: np.ndarray
    ) -> np.ndarray:
        """Left less right of each pair's comparison, its column set to `points`."""
        probes = [{name: value} for (_, name), value in zip(pairs, points.tolist(), strict=True)]
        asked = rows.probes(probes)
        values = step_values(self._program, asked.matrix, self._program.leaves.read(asked))
        out = np.full(len(pairs), np.nan)
        for row, (key, _) in enumerate(pairs):
            left, right = (_operand(values, operand, row) for operand in key[1:])
            out[row] = left - right
        return out


class ProbeSource(Protocol):
    """Makes rows of one payment with some of its columns changed; see
    `models.policy.counterfactual.Situation`."""

    def probes(self, changed: Sequence[Mapping[str, Any]]) -> RuleRows:
        """One row for each mapping of column to value."""


def _operand(values: np.ndarray, operand: int | str, row: int) -> float:
    return float(operand) if isinstance(operand, str) else float(values[row, operand])


def _around(kind: str, turning: Sequence[float]) -> list[float]:
    """Values on, just below and just above each point; for whole numbers the whole ones next to it."""
    around: list[float] = []
    for point in turning:
        if kind == "whole":
            near = round(point)
            around += [near - 1.0, float(near), near + 1.0]
        else:
            around += [float(np.nextafter(point, -np.inf)), point, float(np.nextafter(point, np.inf))]
    return sorted(set(around))


def _inputs(key: Key, kinds: Mapping[str, str]) -> Iterable[RuleInput]:
    match key:
        case ("number", str(name)):
            yield RuleInput(name, kinds.get(name, "real"))
        case ("metadata as number", str(name)):
            yield RuleInput(name, "real")
        case ("truth" | "metadata as boolean", str(name)):
            yield RuleInput(name, "boolean")
        case ("text" | "metadata as text" | "metadata as presence", str(name)):
            yield RuleInput(name, "text")
        case ("list", str(listed), str(column)):
            yield RuleInput(column, "list", listed)


def _texts(keys: Sequence[Hashable]) -> dict[str, tuple[str, ...]]:
    """The constants that each text is compared with."""
    texts: dict[str, set[str]] = {}
    all_keys: list[Any] = list(keys)
    for key in all_keys:
        if key[0] in ("text in", *AFFIXES):
            leaf = all_keys[key[1]]
            texts.setdefault(leaf[1], set()).update(key[2])
    return {name: tuple(sorted(found)) for name, found in texts.items()}


def _alike(keys: Sequence[Hashable]) -> dict[str, tuple[str, ...]]:
    """Columns of text that are compared with each other."""
    alike: dict[str, tuple[str, ...]] = {}
    all_keys: list[Any] = list(keys)
    for key in all_keys:
        if key[0] in ("text same", "text other"):
            one, other = (all_keys[step][1] for step in key[1:])
            alike[one] = (*alike.get(one, ()), other)
            alike[other] = (*alike.get(other, ()), one)
    return alike
