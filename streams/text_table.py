"""Rows as columns of text, for people at a terminal."""

from collections.abc import Iterable, Sequence


def text_table(rows: Iterable[Sequence[str]], *, align_right: bool = False) -> str:
    """Columns as wide as their widest cell, two spaces between. `align_right`: all but the first.

    >>> print(text_table([("list", "entries"), ("blocked_bins", "3")]))
    list          entries
    blocked_bins  3
    """
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    sides = ["<", *(">" if align_right else "<" for _ in widths[1:])]
    layout = "  ".join(f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True))
    return "\n".join(layout.format(*row).rstrip() for row in table)
