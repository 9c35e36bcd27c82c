"""`tollgate replay`: a file's payments through a historical engine of their own."""

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from streams.commands.features import FILE
from streams.commands.traffic.simulate import Rate

if TYPE_CHECKING:
    from pathlib import Path

    from streams.sources.traffic import Progress, ReplayResult


@click.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--map", "map_name", required=True, help="Name of a map that comes with Tollgate, or a YAML file."
)
@click.option("--engine", help="Name of the engine to make.  [default: replay-MAP]")
@click.option("--ruleset", type=FILE, help="Judge by this ruleset instead of the seed's.")
@click.option("--policy", type=FILE, help="Judge by this policy instead of the seed's.")
@click.option("--model", type=FILE, help="Judge by this model instead of the seed's.")
@click.option("--rate", type=Rate(), default="max", show_default=True, help="Payments a second, or max.")
@click.option("--limit", type=click.IntRange(1), help="Only the first rows of the file.")
@click.option("--resume", is_flag=True, help="Resume where an earlier run of the same engine ended.")
@click.option(
    "--fresh", is_flag=True, help="Where the engine exists, replay under a new name: NAME-2, NAME-3, ..."
)
@click.option("--json", "as_json", is_flag=True, help="Last line: the closing figures as one JSON object.")
def command(
    *, file: str, map_name: str, engine: str | None, ruleset: "Path | None", policy: "Path | None",
    model: "Path | None", rate: float | None, limit: int | None, resume: bool, fresh: bool, as_json: bool,
) -> None:  # fmt: skip
    """Send the payments of FILE (Parquet or CSV) through an engine of their own, and close the books.

    The engine is historical: the payments' own times rule. Labels are put on the log when they became known.
    When all is decided and in ClickHouse the engine is stopped and the counts are compared: exit code 1 if
    they differ.
    """
    from pathlib import Path

    from streams.settings import Settings
    from streams.sources.files import load
    from streams.sources.traffic import ReplayOptions, changes_to_try, free_name, replay

    if resume and fresh:
        raise click.UsageError("--resume continues an engine, --fresh creates a new one: give one of them")
    settings, replay_map = Settings(), load(map_name)
    settings.refuse_secured_home("`tollgate replay`")
    changes = changes_to_try(settings, ruleset, policy, model)
    name = engine or f"replay-{Path(map_name).stem}"
    if fresh:
        name = free_name(settings.kafka(), name)
    click.echo(f"replaying {file} as engine {name}")
    options = ReplayOptions(Path(file), replay_map, name, rate, limit, resume, changes)
    with _progress() as progress:
        result = replay(settings, options, progress)
    click.echo(closing_table(result))
    if as_json:
        click.echo(json.dumps(result.document()))
    if not result.equal:
        sys.exit(1)


def closing_table(result: "ReplayResult") -> str:
    """The closing figures for people."""
    rows: list[tuple[str, Any, Any]] = [
        ("", "log", "ClickHouse"),
        ("payments", result.payments, ""),
        ("decisions", result.decisions, result.clickhouse_decisions),
        ("duplicates", result.duplicates, result.clickhouse_duplicates),
        ("dead letters", result.dead_letters, result.clickhouse_dead_letters),
        ("refusals", result.refusals, result.clickhouse_refusals),
        ("labels", result.labels, ""),
    ]
    lines = [f"{name:<14}{_figure(log):>14}{_figure(warehouse):>14}" for name, log, warehouse in rows]
    rate = result.payments / result.seconds if result.seconds else 0
    words = "the books close" if result.equal else "THE BOOKS DO NOT CLOSE"
    verdicts = ", ".join(f"{name} {count:,}" for name, count in sorted(result.verdicts.items()))
    return "\n".join(
        [*lines, f"verdicts: {verdicts}", f"{words}; {result.seconds:.1f} s, {rate:,.0f} payments/s"]
    )


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


class _Plain:
    """Progress as a line every five seconds."""

    def __enter__(self) -> "Progress":
        import time

        self._clock = time.monotonic
        self._printed_s = self._clock()
        return self._report

    def __exit__(self, *_: object) -> None:
        pass

    def _report(self, step: str, done: int, sent: int) -> None:
        if self._clock() - self._printed_s > 5:
            self._printed_s = self._clock()
            click.echo(f"{step} {done:,} of {sent:,}", err=True)


class _Bars:
    """Progress as bars on a terminal."""

    def __enter__(self) -> "Progress":
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._bars = Progress(
            TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=Console(stderr=True),
        )  # fmt: skip
        self._tasks = {step: self._bars.add_task(step, total=None) for step in ("sent", "decided", "sunk")}
        self._bars.start()
        return self._report

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def _report(self, step: str, done: int, sent: int) -> None:
        self._bars.update(self._tasks[step], completed=done, total=sent)


def _progress() -> _Plain | _Bars:
    return _Bars() if sys.stderr.isatty() else _Plain()
