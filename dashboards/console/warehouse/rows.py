"""What a query gives."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rows:
    """A table: names of columns, and rows in their order. `cut` says that there were more than the limit.

    >>> rows = Rows(("day", "n"), [("2026-06-01", 3), ("2026-06-02", 5)])
    >>> [row["n"] for row in rows], rows.column("day"), len(rows)
    ([3, 5], ['2026-06-01', '2026-06-02'], 2)
    """

    columns: tuple[str, ...]
    values: Sequence[Sequence[Any]]
    cut: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.values)

    def column(self, name: str) -> list[Any]:
        """All values of one column. Raises ValueError where there is no such column."""
        position = self.columns.index(name)
        return [row[position] for row in self.values]

    def first(self) -> dict[str, Any] | None:
        """The first row, if there is one."""
        return next(iter(self), None)
