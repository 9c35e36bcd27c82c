"""`tollgate warehouse rebuild`: puts tables, rows and aggregates right from the log."""

import time
from typing import TYPE_CHECKING, Any, Final

import click

from streams.errors import Damaged

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.warehouse.repair import RebuildRequest

LOOK_S: Final = 0.5


@click.command("rebuild")
@click.argument("tables", nargs=-1)
def command(tables: tuple[str, ...]) -> None:
    """Make every table, view and aggregate of the warehouse again, with the rows that the log holds.

    TABLES: only the rows of these tables are read again, with what else their topics fill; of an aggregate,
    which is added up from rows, nothing is.

    For a table that was dropped, altered or changed by hand: `tollgate status` says so. A warehouse that runs
    does it itself and goes on; otherwise this command does, and the next start brings the rows. Nothing is
    counted twice, and a crash in between is taken up again. Rows that the log no longer holds are kept; a
    table that cannot be mended is renamed to NAME_aside_ID.
    """
    from streams.settings import Settings
    from streams.warehouse.repair import RebuildRequest, chosen_tables

    settings = Settings()
    request = RebuildRequest(settings.home)
    chosen_tables(tables)
    request.make(tables)
    _wait_or_do(settings, request)
    _show(request.report())


def _wait_or_do(settings: "Settings", request: "RebuildRequest") -> None:
    """Returns when it is done: by the process of this home that sinks, or here where there is none."""
    from streams.warehouse.repair import AlreadySinking

    is_waiting = False
    while request.pending():
        try:
            with request.lock():
                _do(settings, request)
        except AlreadySinking:
            if not is_waiting:
                click.echo("  the warehouse ends its sinks and rebuilds; its log is in HOME/logs")
            is_waiting = True
            time.sleep(LOOK_S)


def _do(settings: "Settings", request: "RebuildRequest") -> None:
    from streams.commands.processes.warehouse import rebuild
    from streams.warehouse import Database, connect

    if settings.clickhouse_url:
        rebuild(settings.kafka(), lambda: connect(settings.clickhouse()), request)
        return
    database = Database(settings.home / "warehouse")
    try:
        rebuild(settings.kafka(), database.client, request)
    finally:
        database.close()


def _show(report: dict[str, Any]) -> None:
    if report["refused"]:
        raise Damaged(report["refused"])
    for name, fault in report["restored"].items():
        click.echo(f"  {name} {fault}: made again")
    for name in report["set_aside"]:
        click.echo(f"  {name} holds the table as it was: drop it when you have looked at it")
    for engine, offsets in sorted(report["read_again"].items()):
        kept = report["kept"][engine]
        click.echo(
            f"  engine {engine}: {offsets:,} offsets of the log are read again, {kept:,} older rows kept"
        )
    click.echo(
        "The warehouse is rebuilt. `tollgate status` shows how far the sinks are, `tollgate verify` proves it"
    )
