"""`tollgate features`: vectors from a file of payments, and what the features are."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streams.commands.features import feast
from streams.commands.features.options import FILE, Delay, NamedFile

if TYPE_CHECKING:
    from features.catalogue import Catalogue
    from streams.sources.vectors import ComputedVectors, Progress


class FileOrCommand(click.Group):
    """A group whose first argument is a sub-command, or a file: then `compute` is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["compute", *args]
        return super().parse_args(ctx, args)


@click.group("features", cls=FileOrCommand)
def command() -> None:
    """Compute vectors from a file, or show what the features are.

    \b
    tollgate features FILE --map MAP --out OUT.parquet [--labels FILE] [--delay D]
    tollgate features list | show NAME | page

    With a file first, `compute` is meant; `tollgate features compute --help` explains its options. Features
    of your own (TOLLGATE_FEATURES) are included everywhere.
    """


@command.command("compute")
@click.argument("file", type=FILE)
@click.option(
    "--map", "map_name", required=True, help="Name of a map that comes with Tollgate, or a YAML file."
)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Parquet to write."
)
@click.option(
    "--labels", type=FILE, help="Labels (payment_id, label, known_at) instead of the map's label column."
)
@click.option(
    "--delay", type=Delay(), help="Delay from payment to label: 7d, 12h, 30min."
    "  [default: the map's]",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), help="Only the first rows of the file.")
@click.option(
    "--table", "tables", type=NamedFile(), multiple=True, metavar="NAME=FILE",
    help="Reference table instead of the seed's, e.g. fx=rates.csv; may be repeated.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Last line: the closing figures as one JSON object.")
def compute(
    *, file: Path, map_name: str, out: Path, labels: Path | None, delay: int | None, limit: int | None,
    tables: tuple[tuple[str, Path], ...], as_json: bool,
) -> None:  # fmt: skip
    """Compute the vectors of the payments in FILE (Parquet or CSV), by the engine's own kernel.

    OUT holds one row per row of FILE, in its order: payment_id, then one column per feature. A label counts
    from the moment it became known, never before. A row the engine would refuse is null in every feature,
    and counted; a repeated payment reads the windows without entering them. FILE must be in order of time,
    as a log is: what is more than seven days late is refused as stale. Outcomes (declines, captures,
    refunds) are not in FILE: their features are as if none had come.
    """
    import json

    from models.units import DAY_MS
    from streams.control_plane import in_use
    from streams.settings import Settings
    from streams.sources.files import LabelFile, load
    from streams.sources.vectors import VectorSource, reference_tables
    from streams.sources.vectors import compute as run

    settings = Settings()
    catalogue, replay_map, reference = in_use(settings), load(map_name), reference_tables(tables)
    known = LabelFile.read(labels, delay) if labels else None
    horizon_ms = settings.deduplication_horizon_days * DAY_MS
    source = VectorSource(file, replay_map, delay, known, limit, horizon_ms, settings.deduplication_keys_max)
    with _Progress() as progress:
        done = run(source, out, catalogue, reference, progress)
    click.echo(closing_table(done))
    if as_json:
        click.echo(json.dumps(done.document()))
    if done.counts.rows and not (done.counts.payments or done.counts.repeated):
        raise click.ClickException("no row could be read as a payment: is the map the right one?")


def closing_table(done: "ComputedVectors") -> str:
    """The closing figures for people."""
    counts = done.counts
    rows = [
        ("rows", counts.rows),
        ("payments", counts.payments),
        ("repeated", counts.repeated),
        ("refused", counts.refused.total()),
        ("labels", counts.labels),
    ]
    lines = [f"{name:<14}{figure:>14,}" for name, figure in rows]
    lines += [f"  {reason:<22}{count:>6,}" for reason, count in counts.refused.most_common()]
    lines += [f"  {example}" for example in counts.examples]
    if counts.labels_unmatched:
        lines.append(f"{counts.labels_unmatched:,} labels name a payment that is not in the file")
    each = done.seconds * 1e6 / max(counts.rows, 1)
    lines.append(f"{done.features} features of catalogue {done.schema_hash} in {done.out}")
    lines.append(f"{done.seconds:.1f} s, {each:.1f} microseconds a row")
    return "\n".join(lines)


command.add_command(feast.command)


@command.command("list")
@click.option("--entity", help="Only features of this entity; `payment` for the payment's own facts.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: name -> what it is.")
def show_all(entity: str | None, as_json: bool) -> None:
    """List every feature: name, unit, meaning."""
    import json

    from features.catalogue import default_text

    described = dict(_catalogue().describe())
    if entity is not None:
        kinds = {row["entity"] for row in described.values()}
        if entity not in kinds:
            raise click.BadParameter(f"{entity!r}{_closest(entity, kinds)}", param_hint="--entity")
        described = {name: row for name, row in described.items() if row["entity"] == entity}
    if as_json:
        click.echo(json.dumps({name: dict(row) for name, row in described.items()}))
        return
    width = max(map(len, described))
    for name, row in described.items():
        default = default_text(row["default"])
        click.echo(f"{name:<{width}}  {row['meaning']} [{row['unit']}; default {default}]")
    click.echo(f"{len(described)} features")


@command.command("show")
@click.argument("name")
def show_one(name: str) -> None:
    """Explain the feature NAME."""
    from features.catalogue import default_text

    described = _catalogue().describe()
    if name not in described:
        raise click.BadParameter(f"{name!r}{_closest(name, described)}", param_hint="NAME")
    row = described[name]
    click.echo(name)
    for what in ("meaning", "entity", "window", "unit"):
        if row[what] is not None:
            click.echo(f"  {what:<8} {row[what]}")
    click.echo(f"  default  {default_text(row['default'])}")


@command.command("page")
def page() -> None:
    """Print the page of all features (Markdown), your own included."""
    from features.catalogue import render

    click.echo(render(_catalogue()), nl=False)


def _catalogue() -> "Catalogue":
    from streams.control_plane import in_use
    from streams.settings import Settings

    return in_use(Settings())


def _closest(word: str, known: Any) -> str:
    import difflib

    near = difflib.get_close_matches(word, list(known), 3, 0.5)
    return f" is not known; closest are {', '.join(near)}" if near else " is not known; `list` shows all"


class _Progress:
    """A bar on a terminal, otherwise a line every five seconds; both on standard error."""

    def __enter__(self) -> "Progress":
        import time

        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console,
            disable=not console.is_terminal,
        )  # fmt: skip
        self._plain = not console.is_terminal
        self._clock, self._said = time.monotonic, time.monotonic()
        self._task = self._bars.add_task("rows", total=None)
        self._bars.start()
        return self._report

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def _report(self, done: int, expected: int | None) -> None:
        self._bars.update(self._task, completed=done, total=expected)
        if self._plain and self._clock() - self._said > 5:
            self._said = self._clock()
            of = "" if expected is None else f" of {expected:,}"
            click.echo(f"rows {done:,}{of}", err=True)
