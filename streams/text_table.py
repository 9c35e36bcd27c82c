"""Rows as columns of text, for people at a terminal."""

from collections.abc import Iterable, Sequence


def text_table(rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces between.

    >>> print(text_table([("list", "entries"), ("blocked_bins", "3")]))
    list          entries
    blocked_bins  3
    """
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )
