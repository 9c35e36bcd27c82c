"""`tollgate down`: stops what `up` started."""

from pathlib import Path

import click


@click.command("down")
@click.option("--home", type=click.Path(path_type=Path), help="Instead of TOLLGATE_HOME.")
def command(home: Path | None) -> None:
    """Stop everything `up` started, in order: the engine finishes its batch, sinks their insert, Kafka last.

    Processes that do not stop in time are killed, with a message. Also ends processes of a killed supervisor.
    """
    from streams.platform import take_down
    from streams.settings import Settings

    settings = Settings().with_home(home)
    stopped = take_down(settings, lambda line: click.echo(f"  {line}"))
    click.echo(f"Tollgate is down; its data stays in {settings.home}." if stopped else "Tollgate is not up.")
