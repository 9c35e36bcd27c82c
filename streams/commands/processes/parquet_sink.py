"""`tollgate parquet-sink`: archives the feature vectors of every engine for training."""

import click

from streams.option_types import FiniteRange


@click.command("parquet-sink")
@click.option(
    "--roll-seconds", type=FiniteRange(1, 3600), default=60, show_default=True, help="New file after."
)
@click.option("--engine", "engines", multiple=True, help="Only this engine; may be repeated.")
def command(roll_seconds: float, engines: tuple[str, ...]) -> None:
    """Archive vectors as Parquet files under HOME/vectors/engine=NAME/schema=HASH, until SIGTERM.

    Every vector is in exactly one file; a file is named after the offsets it holds and appears whole.
    """
    from streams.control_plane import in_use
    from streams.metrics import served
    from streams.metrics.by_process import SinkMeters
    from streams.process import configure_logging, stop_flag
    from streams.settings import Settings
    from streams.warehouse.parquet import VectorSink
    from streams.warehouse.sink import EngineDiscovery, SinkSupervisor

    configure_logging()
    is_stopping = stop_flag()
    settings = Settings()
    bootstrap = settings.kafka()
    catalogue = in_use(settings)
    names = {catalogue.schema_hash: catalogue.names}
    folder = settings.home / "vectors"
    with served(settings, "parquet-sink") as meters:
        sinks = SinkSupervisor(
            EngineDiscovery(bootstrap, engines),
            lambda engine, stop: VectorSink(
                engine, bootstrap, folder / f"engine={engine}", names, stop, roll_seconds
            ),
            settings.run / "parquet-sinks.json",
            "parquet-sink",
            lambda engine: SinkMeters(meters, engine, "parquet"),
        )
        sinks.run(is_stopping)
