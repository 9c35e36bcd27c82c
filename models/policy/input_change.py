"""A change of one rule input: how small it is, how it is put into a payment, and how people read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from models.rules import OTHER_TEXT, RuleInput

FLIP: Final = 1.0
MISSING: Final = 2.0
ON_LIST: Final = "list:"
_AMOUNTS: Final = ("reference_amount", "amount_eur_cents", "amount")


@dataclass(frozen=True)
class InputChange:
    """One input, its value and the value it would need. For a list: whether the value is on it."""

    input: RuleInput
    """The input."""
    before: Any
    """Its value; None: missing."""
    after: Any
    """The value it would need; None: missing."""

    @property
    def size(self) -> float:
        """How small the change is; see the module."""
        if self.before is None or self.after is None:
            return MISSING
        if self.input.kind not in ("whole", "real"):
            return FLIP
        return float(abs(self.after - self.before) / max(abs(self.after), abs(self.before)))

    def words(self) -> str:
        """The change in words."""
        name = self.input.column
        if self.input.kind == "list":
            return f"{name} were {'on' if self.after else 'not on'} the list {self.input.list}"
        text = f"{name} were {_shown(self.after)} instead of {_shown(self.before)}"
        if self.input.kind in ("whole", "real") and self.before is not None and self.after is not None:
            text += f" ({_shown(self.after - self.before, sign=True)})"
        return text


def as_probe(changes: Sequence[InputChange], values: Mapping[str, Any]) -> dict[str, Any]:
    probe: dict[str, Any] = {}
    for change in changes:
        column = change.input.column
        if change.input.kind == "list":
            probe[f"{ON_LIST}{change.input.list}:{column}"] = change.after
        elif column in _AMOUNTS and change.before and change.after is not None:
            share = change.after / change.before
            moved = {n: values[n] * share for n in _AMOUNTS if values.get(n) is not None}
            probe |= {name: float(round(value)) for name, value in moved.items()}
            probe[column] = change.after
        else:
            probe[column] = change.after
    return probe


def _shown(value: Any, *, sign: bool = False) -> str:
    if value is None:
        return "missing"
    if isinstance(value, str):
        return value if value == OTHER_TEXT else f'"{value}"'
    if isinstance(value, bool):
        return str(value)
    shown = f"{value:+.12g}" if sign else f"{value:.12g}"
    near = float(shown)
    if not sign and near != value:
        return f"just {'under' if value < near else 'over'} {shown}"
    return shown
