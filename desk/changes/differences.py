"""What a proposal changed, kept as whoever decided on it saw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

LINES_MAX: Final = 1_000
CHARACTERS_MAX: Final = 1_000


@dataclass(frozen=True)
class Difference:
    """Lines of `models.rules.ruleset_diff` against the ruleset that was in effect.

    against  its version; empty where none was
    left     lines beyond the `LINES_MAX` that are kept
    """

    against: str
    lines: tuple[str, ...]
    left: int = 0

    @classmethod
    def of(cls, against: str, lines: Sequence[str]) -> "Difference":
        """Bounded: so many lines, each so long; a line that is cut says so."""
        kept = [line if len(line) <= CHARACTERS_MAX else f"{line[:CHARACTERS_MAX]} [cut]" for line in lines]
        return cls(against, tuple(kept[:LINES_MAX]), max(0, len(kept) - LINES_MAX))

    @classmethod
    def of_column(cls, value: Mapping[str, Any]) -> "Difference":
        """From the column `difference`."""
        return cls(value["against"], tuple(value["lines"]), value["left"])

    def column(self) -> dict[str, Any]:
        """As the column holds it."""
        return {"against": self.against, "lines": list(self.lines), "left": self.left}
