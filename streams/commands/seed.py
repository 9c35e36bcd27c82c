"""`tollgate seed`: makes an engine's topics and puts its first controls on the log."""

import click


@click.command("seed")
@click.option("--engine", default="live", show_default=True, help="Name of the engine.")
def command(engine: str) -> None:
    """Make an engine's topics and publish the seed on its controls, unless any controls are there already.

    `tollgate up` does this before the engine takes traffic. The artefacts are staged under HOME/artefacts.
    """
    from streams.seed import publish_seed
    from streams.settings import Settings

    settings = Settings()
    published = publish_seed(settings.kafka(), settings.home, engine)
    click.echo(f"{engine}: {published} controls published" if published else f"{engine}: seeded already")
