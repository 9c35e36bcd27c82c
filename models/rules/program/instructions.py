"""From steps to instructions: what each step of a graph is to the interpreter.

Every value is a float64 in a register: a number (NaN is missing), the number of a text (0 is missing), a test
(1.0 or 0.0). Register i is step i's; constants lie behind them. An instruction is a row of five whole
numbers: what to do, the register of the result, and up to three operands.

Texts that rules name are numbered once a ruleset, so that "one of these texts" is "one of these numbers".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from models.arrays import Floats, Int64s, UInt32s
from models.rules.language import AFFIXES, Graph
from models.rules.program.leaves import Leaf, LeafPlan

FEATURE, LEAF, COPY, ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE = range(8)
LESS, LESS_EQUAL, EQUAL, NOT_EQUAL, GREATER_EQUAL, GREATER, AND, OR, NOT, KNOWN, AMONG, SELECT = range(8, 20)

_TWO_NUMBERS: Final = {
    "Add": ADD,
    "Sub": SUBTRACT,
    "Mult": MULTIPLY,
    "Div": DIVIDE,
    "Lt": LESS,
    "LtE": LESS_EQUAL,
    "Eq": EQUAL,
    "NotEq": NOT_EQUAL,
    "GtE": GREATER_EQUAL,
    "Gt": GREATER,
    "and": AND,
    "or": OR,
    "text same": EQUAL,
    "text other": NOT_EQUAL,
}
_ONE: Final = {"negative": NEGATE, "not": NOT, "known": KNOWN}
_TEXTS: Final = frozenset({"text", "metadata as text"})
_READ: Final = _TEXTS | {
    "number", "truth", "metadata as number", "metadata as boolean", "metadata as presence", "list", "rate",
}  # fmt: skip


@dataclass(frozen=True)
class Program:
    """What the interpreter runs for each row, and what it reads."""

    code: UInt32s
    """Instructions, shape (k, 5)."""
    constants: Floats
    """The constant of each register that has one; they lie behind the steps' registers."""
    members: Floats
    """Constants that values are looked for among, ascending within each set."""
    sets: Int64s
    """Where each set of `members` begins, and the last one ends."""
    steps: int
    leaves: LeafPlan


def lowered(graph: Graph, roots: Collection[int], places: Mapping[str, int]) -> Program:
    """The program that computes `roots`. `places`: columns of the rows' matrix by name; what is not there is
    asked for by name.
    """
    return _Lowering(graph, places).program(_wanted(graph, roots))


def _wanted(graph: Graph, roots: Collection[int]) -> list[int]:
    """The steps that `roots` need, in order."""
    wanted, left = set[int](), list(roots)
    while left:
        step = left.pop()
        if step not in wanted:
            wanted.add(step)
            left.extend(graph.inputs[step])
    return sorted(wanted)


@dataclass
class _Lowering:
    """The parts of a program while it is made."""

    graph: Graph
    places: Mapping[str, int]
    code: list[tuple[int, ...]] = field(default_factory=list)
    constants: dict[str, int] = field(default_factory=dict)
    members: list[float] = field(default_factory=list)
    sets: list[int] = field(default_factory=lambda: [0])
    texts: dict[str | None, int] = field(default_factory=lambda: {None: 0})
    leaves: list[Leaf] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys: list[Any] = self.graph.keys()
        self.bits = {step: bit for bit, step in enumerate(self.graph.leaf_steps)}

    def program(self, wanted: list[int]) -> Program:
        compared = {step for at in wanted if self.keys[at][0] in ("text same", "text other")
                    for step in self.keys[at][1:]}  # fmt: skip
        for step in wanted:
            self._lower(step, step in compared)
        constants = [float(text) for text in self.constants]
        return Program(
            np.array(self.code, np.uint32).reshape(-1, 5),
            np.concatenate([np.zeros(len(self.graph)), np.array(constants, np.float64)]),
            np.array(self.members, np.float64),
            np.array(self.sets, np.int64),
            len(self.graph),
            LeafPlan(tuple(self.leaves), self.texts),
        )

    def _lower(self, step: int, is_compared: bool) -> None:
        match self.keys[step]:
            case ("number", name) if name in self.places:
                self._add(FEATURE, step, self.places[name])
            case (kind, *of) if kind in _READ:
                name, column = (of[0], of[-1]) if kind == "list" else ("", of[0])
                self._read(step, Leaf(kind, column, self.bits[step], name, is_compared=is_compared))
            case (kind, text, parts) if kind in AFFIXES:
                of_text = self.keys[text]
                self._read(step, Leaf(kind, of_text[1], self.bits[text], of_text[0], parts))
            case (kind, left, right) if kind in _TWO_NUMBERS:
                self._add(_TWO_NUMBERS[kind], step, self._register(left), self._register(right))
            case (kind, value) if kind in _ONE:
                self._add(_ONE[kind], step, value)
            case key:
                self._lower_rest(step, key)

    def _lower_rest(self, step: int, key: Any) -> None:
        match key:
            case ("constant", truth):
                self._add(COPY, step, self._constant(float(truth)))
            case ("text known", text):
                self._add(NOT_EQUAL, step, text, self._constant(0.0))
            case ("text in", text, (only,)):
                self._add(EQUAL, step, text, self._constant(self._text(only)))
            case ("text in", text, members):
                self._among(step, text, sorted(map(self._text, members)))
            case ("number in", number, members):
                self._among(step, number, members)
            case ("amount in", currency, own, code, through_euro):
                self._add(EQUAL, step, code, self._constant(self._text(currency)))
                self._add(SELECT, step, step, own, through_euro)
            case _:
                raise AssertionError(f"no instruction for the step {key!r}")

    def _add(self, what: int, result: int, *operands: int) -> None:
        self.code.append((what, result, *operands, *(0,) * (3 - len(operands))))

    def _read(self, step: int, leaf: Leaf) -> None:
        self._add(LEAF, step, len(self.leaves))
        self.leaves.append(leaf)

    def _among(self, step: int, value: int, members: Collection[float]) -> None:
        self._add(AMONG, step, value, len(self.sets) - 1)
        self.members.extend(members)
        self.sets.append(len(self.members))

    def _register(self, operand: int | str) -> int:
        return operand if isinstance(operand, int) else self._constant(float(operand))

    def _constant(self, value: float) -> int:
        return len(self.graph) + self.constants.setdefault(repr(value), len(self.constants))

    def _text(self, text: str) -> float:
        return float(self.texts.setdefault(text, len(self.texts)))
