"""`tollgate seed`: makes an engine's topics and puts its first controls on the log."""

import click

from streams.option_types import ENGINE


@click.command("seed")
@ENGINE
@click.option("--agents", is_flag=True, help="Make the topics of the agents too.")
def command(engine: str, agents: bool) -> None:
    """Make an engine's topics and publish the seed on its controls, unless any controls are there already.

    `tollgate up` does this before the engine takes traffic. Artefacts are staged under HOME/artefacts. The
    engine's kernels are compiled on the way, once, rather than by engine and follower side by side.
    """
    from streams.control_plane import publish_seed
    from streams.engine.recovery import compile_all
    from streams.kafka import ensure_agent_topics
    from streams.keys import ensure_local_keys
    from streams.settings import Settings

    settings = Settings()
    compile_all()
    if agents:
        ensure_agent_topics(settings.kafka(), engine)
    keyring = ensure_local_keys(settings)
    published = publish_seed(settings.kafka(), settings.home, engine, keyring=keyring)
    click.echo(f"{engine}: {published} controls published" if published else f"{engine}: seeded already")
