"""`tollgate lists`: who is allowed, blocked and watched. Each change is a control on the log."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.commands.publish.author import AUTHOR, REASON, SIGN_ONLY
from streams.option_types import ENGINE

if TYPE_CHECKING:
    from models.lists import EntryError, ListFileEntry

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN_MAX = 1_000


@click.group("lists")
def command() -> None:
    """Show and change lists.

    Rules ask for them: `bin in list("blocked_bins")`. What a list is of and for is seen from its name, as in
    blocked_bins, trusted_customers, watched_devices. An entry acts from its place in the log on.
    """


@command.command("show")
@click.argument("name", required=False)
@click.option("--value", help="Only this value.")
@ENGINE
def show(name: str | None, value: str | None, engine: str) -> None:
    """The lists there are, or the entries of the list NAME."""
    found = _entries(engine)
    if name is None and value is None:
        sizes: dict[str, int] = {}
        for entry in found:
            sizes[entry.list] = sizes.get(entry.list, 0) + 1
        _say([("list", "entries"), *((list_name, f"{size:,}") for list_name, size in sizes.items())])
        return
    chosen = [e for e in found if e.list == (name or e.list) and e.value == (value or e.value)]
    rows = [_row(entry) for entry in chosen[:SHOWN_MAX]]
    _say([("list", "value", "expires", "since (UTC)", "author", "reason"), *rows])
    if len(chosen) > SHOWN_MAX:
        click.echo(f"and {len(chosen) - SHOWN_MAX:,} more: `tollgate lists export` writes all of them")


@command.command("add")
@click.argument("name")
@click.argument("value")
@SIGN_ONLY
@ENGINE
@AUTHOR
@REASON
@click.option(
    "--expires-at", help="From when on the entry no longer counts: 2026-12-31, or with a time (UTC)."
)
@click.option("--hours", type=click.IntRange(1, 24 * 3650), help="The same, as hours from now.")
def add(
    name: str, value: str, engine: str, author: str, reason: str, expires_at: str | None, hours: int | None
) -> None:
    """Put VALUE on the list NAME, e.g. `lists add blocked_bins 411111 --hours 48`."""
    from models.lists import EntryError, check_entry, instant, purpose_of
    from models.messages import ListChange

    if expires_at is not None and hours is not None:
        raise click.UsageError("--expires-at and --hours exclude each other: give one of them")
    now = _now()
    try:
        until = instant(expires_at or "") if hours is None else now + hours * 3_600_000
        check_entry(name, value, now, until)
    except EntryError as error:
        raise _refused(error) from error
    _publish(engine, ListChange(name, value, True, until, purpose_of(name)), author, reason)


@command.command("remove")
@click.argument("name")
@click.argument("value")
@SIGN_ONLY
@ENGINE
@AUTHOR
@REASON
def remove(name: str, value: str, engine: str, author: str, reason: str) -> None:
    """Take VALUE off the list NAME."""
    from models.lists import purpose_of
    from models.messages import ListChange
    from streams.errors import Misconfigured

    if not any(entry.list == name and entry.value == value for entry in _entries(engine)):
        raise Misconfigured(f"that value is not on the list {name!r} of {engine}: nothing was published")
    _publish(engine, ListChange(name, value, False, None, purpose_of(name)), author, reason)


@command.command("import")
@click.argument("file", type=FILE)
@SIGN_ONLY
@ENGINE
@AUTHOR
@REASON
@click.option("--check", is_flag=True, help="Check the file and publish nothing.")
def import_(file: Path, engine: str, author: str, reason: str, check: bool) -> None:
    """Put the entries of FILE on their lists, all of them or none.

    CSV: value, list, and where wanted reason, author, expires_at. Mistakes are reported by line. Entries
    already on a list are published again, with the new reason and expiry.
    """
    from models.lists import ListFileError, read_entries
    from streams.errors import Misconfigured

    try:
        changes = read_entries(file.read_bytes(), _now())
    except ListFileError as error:
        lines = (f"{file}:{line}: {why}" for line, why in error.problems)
        raise Misconfigured("\n".join(["nothing was imported", *lines])) from error
    if check:
        click.echo(f"{file}: {len(changes):,} entries, each can be imported")
        return
    if not changes:
        raise Misconfigured(f"{file} holds no entries: nothing was imported")
    from streams.control_plane import publish
    from streams.keys import keyring_of
    from streams.settings import Settings

    settings = Settings()
    offsets = publish(settings.kafka("publisher"), engine, changes, author, reason, keyring_of(settings))
    where = f"{engine}.controls at offsets {offsets[0]} to {offsets[-1]}"
    click.echo(f"{len(offsets):,} entries published on {where}")


@command.command("export")
@click.argument("names", nargs=-1)
@ENGINE
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write.  [default: -]")
def export(names: tuple[str, ...], engine: str, out: Path | None) -> None:
    """Write the entries of the lists NAMES (default: all) as CSV, as `import` reads it."""
    from models.lists import write_entries

    text = write_entries(entry for entry in _entries(engine) if not names or entry.list in names)
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@command.command("history")
@click.argument("name", required=False)
@click.option("--value", help="Only this value.")
@ENGINE
def history(name: str | None, value: str | None, engine: str) -> None:
    """Every change of the lists, or of the list NAME: when, who, why."""
    from streams.control_plane import changes
    from streams.settings import Settings

    rows = [("offset", "when (UTC)", "", "list", "value", "expires", "author", "reason")]
    for offset, appended_at, change, author, reason in changes(Settings().kafka(), engine):
        if change.list == (name or change.list) and change.value == (value or change.value):
            sign = "+" if change.present else "-"
            rows.append(
                (str(offset), _time(appended_at), sign, change.list, change.value,
                 _time(change.expires_at), author, reason)
            )  # fmt: skip
    _say(rows)


def _entries(engine: str) -> "list[ListFileEntry]":
    from streams.control_plane import entries
    from streams.settings import Settings

    return entries(Settings().kafka(), engine, _now())


def _publish(engine: str, change: object, author: str, reason: str) -> None:
    from streams.commands.publish import Author, publish_change

    publish_change(Author(engine, author, reason), change)


def _refused(error: "EntryError") -> Exception:
    from streams.errors import Misconfigured

    return Misconfigured(str(error))


def _row(entry: "ListFileEntry") -> tuple[str, ...]:
    return (
        entry.list, entry.value, _time(entry.expires_at), _time(entry.at), entry.author, entry.reason
    )  # fmt: skip


def _say(rows: Iterable[tuple[str, ...]]) -> None:
    from streams.text_table import text_table

    click.echo(text_table(rows))


def _time(time_ms: int | None) -> str:
    from models.lists import instant_text

    return "never" if time_ms is None else instant_text(time_ms).replace("+00:00", "")


def _now() -> int:
    import time

    return int(time.time() * 1000)
