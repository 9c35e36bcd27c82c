"""Values of a rule while it is checked: their types, and what they are counted in."""

from dataclasses import dataclass
from typing import Any

from models.rules.language.operators import Operand


@dataclass(frozen=True)
class Term:
    """A typed value of a rule: `operand` is its step, or its value where it is a constant number.

    `unit` is `money`, `""` or `mixed`; `truth` the step of a boolean column with its missing values;
    `currency` that of a money literal.
    """

    type: str
    operand: Operand = 0
    constant: Any = None
    unit: str = ""
    column: str = ""
    truth: int | None = None
    currency: str = ""

    @property
    def step(self) -> int:
        """The step of what is not a constant."""
        assert isinstance(self.operand, int)
        return self.operand


def boolean_of(step: int) -> Term:
    """A step that is true or false of each row, as a term."""
    return Term("boolean", step)


def truth_of(term: Term) -> Operand:
    """What a boolean compares by: a column with its missing values, a test as it is."""
    return term.step if term.truth is None else term.truth


def unit_of(operator: str, left: str, right: str) -> str:
    """What `left operator right` is counted in, as far as money goes."""
    if operator in ("Add", "Sub"):
        return left if left == right else "mixed"
    if operator == "Mult":
        return left or right if not (left and right) else "mixed"
    return left if not right else "" if left == right == "money" else "mixed"
