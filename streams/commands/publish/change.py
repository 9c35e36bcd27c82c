"""Publishing a change: on which engine, by whom, and the line printed afterwards."""

from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from streams.control_plane import LoggedControl


class Author(NamedTuple):
    """The options of `tollgate publish`, which its sub-commands share."""

    engine: str
    author: str
    reason: str


def publish_change(by: Author, change: object) -> None:
    """Checks a change, publishes it and prints what was written into it and its offset. Raises
    `TollgateError`.
    """
    from streams.control_plane import check_and_publish, completed
    from streams.settings import Settings

    whole = completed(change)  # type: ignore[arg-type]
    for note in whole.notes:
        click.echo(note)
    say_published(check_and_publish(Settings(), by.engine, whole.change, by.author, by.reason), by.engine)


def say_published(control: "LoggedControl", engine: str) -> None:
    """One line for the person at the terminal."""
    click.echo(f"published on {engine}.controls at offset {control.offset}; effective from that offset")
