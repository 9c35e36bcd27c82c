"""`tollgate agents`: what runs beside the engine and is paced by people."""

import click


@click.group("agents")
def command() -> None:
    """Run an agent in the foreground."""


@command.command("lists")
@click.option("--engine", default="live", show_default=True, help="Name of the engine.")
def lists(engine: str) -> None:
    """Turn requests on ENGINE.list-requests into list entries on ENGINE.controls.

    Each request is checked and answered once on ENGINE.list-audit: accepted, or rejected with the reason. A
    second agent of the same engine takes over from the first, which then ends.
    """
    from streams.agents.lists import run
    from streams.settings import Settings

    settings = Settings()
    run(settings.kafka(), engine, settings.home / "agents" / f"{engine}-lists")
