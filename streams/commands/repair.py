"""`tollgate repair`: goes on after a loss of data."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.errors import Outage

if TYPE_CHECKING:
    from streams.engine import repair

    Plan = repair.RepairPlan


@click.command("repair")
@click.option("--engine", "name", default="live", show_default=True, help="Name of the engine.")
@click.option("--yes", is_flag=True, help="Give it up. Without this nothing is changed.")
@click.option("--historical", is_flag=True, help="The engine runs with --historical.")
@click.option(
    "--artefact",
    "artefacts",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Put this file on ENGINE.artefacts again, where the one in effect is lost; may be repeated.",
)
def command(name: str, yes: bool, historical: bool, artefacts: tuple[Path, ...]) -> None:
    """Show what an engine can no longer have after a loss of data, and go on without it.

    Reads the journal, the newest snapshot and the offsets of all inputs. Undecided records that are gone
    become dead letters `given_up`; a state that cannot be recovered begins again, empty. With --yes that is
    written on the journal, so that restarts, followers and `tollgate verify` go on in the same way; an engine
    that runs is fenced and starts again. docs/runbooks/ says when to use it. Exit code 0: nothing is lost, or
    it was given up; 3: something would be given up.
    """
    import sys

    from streams.commands.processes import options
    from streams.engine import repair
    from streams.engine.recovery import warm
    from streams.process import configure_logging
    from streams.settings import Settings

    configure_logging()
    _put(name, artefacts)
    warm()
    chosen = options(name, historical)
    plan, pass_over = _and_sinks(repair.diagnose(chosen), name)
    if not plan.is_needed:
        click.echo(f"{name}: nothing that is needed is gone; nothing was changed")
        return
    for line in plan.lines():
        click.echo(f"{name}: {'given up' if yes else 'would be given up'}: {line}")
    if not yes:
        click.echo("Nothing was changed. With --yes this is journalled, and all goes on without it.")
        sys.exit(3)
    Settings().kafka("engine")
    repair.apply(chosen, plan)
    pass_over()
    click.echo(f"{name}: journalled; start the engine, then run `tollgate verify`")


def _and_sinks(plan: "Plan", name: str) -> "tuple[Plan, Callable[[], None]]":
    """As `_with_sinks`; a host of the engine alone has no sinks."""
    try:
        return _with_sinks(plan, name)
    except ModuleNotFoundError as extra:
        click.echo(f"{name}: the sinks were not looked at: {extra.name} is not installed here")
        return plan, lambda: None


def _with_sinks(plan: "Plan", name: str) -> "tuple[Plan, Callable[[], None]]":
    """The plan with what is gone before a sink had it, and what lets the sinks go on."""
    from clickhouse_connect.driver.exceptions import Error as ClickHouseError  # of an extra

    from streams.settings import Settings
    from streams.warehouse import connect
    from streams.warehouse.parquet import gone_before_archived, pass_over_archive
    from streams.warehouse.sink import gone_before_sunk, pass_over_sunk

    settings = Settings()
    bootstrap, folder = settings.kafka("parquet-sink"), settings.home / "vectors" / f"engine={name}"
    archived, sunk, client = gone_before_archived(bootstrap, name, folder), {}, None
    try:
        settings.kafka("warehouse")
        client = connect(settings.clickhouse())
        sunk = gone_before_sunk(bootstrap, client, name)
    except (Outage, OSError, ClickHouseError) as away:
        click.echo(f"{name}: the warehouse was not looked at: {away}")

    def pass_over() -> None:
        if archived:
            settings.kafka("parquet-sink")
            pass_over_archive(bootstrap, name, archived)
        if client is not None and sunk:
            settings.kafka("warehouse")
            pass_over_sunk(bootstrap, client, name, sunk)

    plan = plan.passing(archived, "the archive of vectors").passing(sunk, "the warehouse")
    return plan, pass_over


def _put(name: str, files: tuple[Path, ...]) -> None:
    """Files that are lost, on the log again."""
    import hashlib

    from streams.control_plane import artefacts
    from streams.settings import Settings

    contents = [path.read_bytes() for path in files]
    if contents:
        named = {hashlib.sha256(content).hexdigest(): content for content in contents}
        artefacts.put(Settings().kafka("publisher"), name, named)
        click.echo(f"{name}: on {name}.artefacts again: {', '.join(named)}")
