"""Progress on standard error: bars on a terminal, otherwise a line every few seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

EVERY_S = 5.0
Progress = Callable[[int, int | None], None]


def say(text: str) -> None:
    """A line on standard error."""
    click.echo(text, err=True)


@contextmanager
def rows_progress(what: str) -> Iterator[Progress]:
    """To be called with how much is done and how much there is."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    last = time.monotonic()

    def report(done: int, expected: int | None) -> None:
        nonlocal last
        bars.update(task, completed=done, total=expected)
        if not console.is_terminal and time.monotonic() - last > EVERY_S:
            last = time.monotonic()
            say(f"{what} {done:,}{'' if expected is None else f' of {expected:,}'}")

    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield report
