"""`tollgate features feast`: the Feast repository of this installation."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.commands.features.options import FILE, Delay, NamedFile

if TYPE_CHECKING:
    from streams.feast import Repository
    from streams.settings import Settings


@click.group("feast")
def command() -> None:
    """Give features to other teams by Feast: HOME/feast, which they open with Feast itself."""


@command.command("apply")
@click.option(
    "--model", "models", type=NamedFile(), multiple=True, metavar="NAME=FILE",
    help="A model artefact that gets a feature service NAME; may be repeated. The seed model has one.",
)  # fmt: skip
def apply(models: tuple[tuple[str, Path], ...]) -> None:
    """Bring the repository in line with the catalogue: entities, feature views, a service per model."""
    from streams.control_plane import in_use
    from streams.feast import SEED, model_features, view_of

    settings, repository = _repository()
    catalogue = in_use(settings)
    named = model_features(catalogue, models)
    repository.apply(catalogue, named)
    views = view_of(catalogue)
    click.echo(f"{repository.folder}: {len(views)} feature views with {len(catalogue.names)} features")
    click.echo("feature services: " + (", ".join(named) or "none"))
    if SEED not in named:
        click.echo("the seed model is of another catalogue and has none", err=True)


@command.command("offline")
@click.argument("file", type=FILE)
@click.option(
    "--map", "map_name", required=True, help="Name of a map that comes with Tollgate, or a YAML file."
)
@click.option("--delay", type=Delay(), help="Delay from payment to label: 7d, 12h.")
@click.option("--limit", type=click.IntRange(1), help="Only the first rows of the file.")
def offline(file: Path, map_name: str, delay: int | None, limit: int | None) -> None:
    """Compute the vectors of FILE into the repository, for point-in-time joins.

    As `tollgate features FILE`, but with times and who took part. Computing a data set again replaces its
    file.
    """
    from streams.control_plane import in_use
    from streams.feast import offline as vectors
    from streams.sources.files import load
    from streams.sources.vectors import VectorSource, reference_tables

    settings, repository = _repository()
    source = VectorSource(file, load(map_name), delay, None, limit)
    out = repository.offline / f"{Path(map_name).stem}.parquet"
    counts = vectors.write(source, out, in_use(settings), reference_tables())
    refused = counts.refused.total()
    click.echo(f"{counts.rows - refused:,} vectors in {out}; {refused:,} rows refused")
    for example in counts.examples:
        click.echo(f"  {example}")


@command.command("materialise")
def materialise() -> None:
    """Put the newest offline vectors of every entity into the online store; newer ones there stay."""
    from streams.control_plane import in_use
    from streams.feast import OnlineWriter, read

    settings, repository = _repository()
    writer = OnlineWriter(repository.open(), in_use(settings))
    written = sum(writer.write([batch]) for batch in read(repository.offline))
    click.echo(f"{written:,} rows of feature views written")


@command.command("serve-online")
@click.option("--engine", default="live", show_default=True, help="Whose features.")
@click.option(
    "--table", "tables", type=NamedFile(), multiple=True, metavar="NAME=FILE",
    help="Reference table instead of the seed's, for join keys such as countries; may be repeated.",
)  # fmt: skip
def serve_online(engine: str, tables: tuple[tuple[str, Path], ...]) -> None:
    """Keep the online store current from ENGINE.features and ENGINE.payments, until SIGTERM.

    Off the decision path. At least once, newest wins; it resumes where it stopped.
    """
    from streams.control_plane import in_use
    from streams.feast import OnlineStream, OnlineWriter
    from streams.process import configure_logging, stop_flag
    from streams.sources.vectors import reference_tables

    configure_logging()
    is_stopping = stop_flag()
    settings, repository = _repository()
    catalogue, reference = in_use(settings), reference_tables(tables)
    writer = OnlineWriter(repository.open(), catalogue)
    stream = OnlineStream(settings.kafka(), engine, catalogue, reference, writer)
    stream.run(is_stopping)
    served = stream.served
    click.echo(
        f"{served.vectors:,} vectors, {served.rows:,} rows of feature views; without payment "
        f"{served.unmatched:,}, of another catalogue {served.foreign:,}"
    )


def _repository() -> tuple["Settings", "Repository"]:
    from streams.feast import Repository
    from streams.settings import Settings

    settings = Settings()
    return settings, Repository(settings.home / "feast", settings.feast_online)
