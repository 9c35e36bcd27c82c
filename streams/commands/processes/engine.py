"""`tollgate engine`: decides the payments of one engine until SIGTERM."""

import click


def options(name: str, historical: bool = False, settings=None):  # type: ignore[no-untyped-def]
    """The engine's options by settings; by default those of the environment."""
    from streams.control_plane import ArtefactStore, in_use
    from streams.engine import EngineOptions
    from streams.settings import Settings

    settings = settings or Settings()
    return EngineOptions(
        bootstrap=settings.kafka(),
        engine=name,
        folder=settings.home / "engines" / name,
        catalogue=in_use(settings),
        artefacts=ArtefactStore(settings.home / "artefacts").load,
        historical=historical,
        horizon_ms=settings.deduplication_horizon_days * 86_400_000,
        keys_max=settings.deduplication_keys_max,
    )


@click.command("engine")
@click.option(
    "--engine", "name", default="live", show_default=True, help="Name of the engine; its topics carry it."
)
@click.option("--historical", is_flag=True, help="Payments are history: their own times rule, however old.")
def command(name: str, historical: bool) -> None:
    """Decide the payments of one engine: the process that payment services wait for.

    Reads NAME.payments, NAME.outcomes, NAME.labels and NAME.controls; writes NAME.decisions, NAME.features,
    NAME.journal and NAME.dead-letters, one Kafka transaction a batch. A second engine of the same name takes
    over from the first, which then ends. SIGTERM finishes the batch, keeps a snapshot and ends.
    """
    from streams.engine import Engine
    from streams.engine.recovery import warm
    from streams.platform.processes import report_ready
    from streams.process import configure_logging, stop_flag

    configure_logging()
    stopping = stop_flag()
    warm()
    engine = Engine(options(name, historical))
    engine.start()
    # A new engine's first batch holds its model, whose kernel may have to be compiled before anyone waits.
    engine.step()
    report_ready(f"engine-{name}")
    engine.run(stopping)
    engine.close()
