"""Rows as columns of text, for people at a terminal."""

from collections.abc import Iterable, Sequence

WIDTH_MAX = 10_000
"""Wider than any row: a terminal wraps lines, a file or pipe keeps them."""


def text_table(rows: Iterable[Sequence[str]], *, align_right: bool = False) -> str:
    """Columns as wide as their widest cell, two spaces between. `align_right`: all but the first.

    >>> print(text_table([("list", "entries"), ("blocked_bins", "3")]))
    list          entries
    blocked_bins  3
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table, cells = Table.grid(padding=(0, 2, 0, 0)), list(rows)
    for number in range(len(cells[0]) if cells else 0):
        table.add_column(justify="right" if align_right and number else "left")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))  # brackets in a cell are no markup
    console = Console(width=WIDTH_MAX, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
