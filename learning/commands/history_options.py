"""Options that say which payments to learn from, shared by the commands of the learning loop."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from streams.commands.features import FILE, Delay, NamedFile
from streams.option_types import FiniteRange

if TYPE_CHECKING:
    from learning.history import HistoryOrigin

Command = Callable[..., Any]
FOLDER = click.Path(file_okay=False, path_type=Path)

_ORIGIN = (
    click.option("--engine", help="The payments this engine decided: its topics and its archived vectors."),
    click.option("--payments", type=FILE, help="Payments of a file (Parquet or CSV), with --map."),
    click.option("--map", "map_name", help="Name of a map that comes with Tollgate, or a YAML file."),
    click.option("--labels", type=FILE, help="Labels (payment_id, label, known_at) instead of the map's."),
    click.option("--delay", type=Delay(), help="Delay from payment to label: 7d, 12h."),
    click.option("--limit", type=click.IntRange(1), help="Only the first rows of --payments."),
    click.option(
        "--vectors", type=FILE, help="Vectors of --payments by `tollgate features`.  [default: computed]"
    ),
    click.option(
        "--table", "tables", type=NamedFile(), multiple=True, metavar="NAME=FILE",
        help="Reference table instead of the seed's, for --payments.",
    ),
    click.option("--feast-service", help="Join this service's features from a Feast repository."),
    click.option("--feast", type=FOLDER, help="That repository.  [default: HOME/feast]"),
)  # fmt: skip
_TIME = (
    click.option("--from", "start", type=click.DateTime(), help="From this day on (UTC)."),
    click.option("--to", "end", type=click.DateTime(), help="Before this day (UTC)."),
    click.option(
        "--as-of", type=click.DateTime(), help="As known on this day.  [default: the last payment's]"
    ),
)
_LABELS = (
    click.option(
        "--silence", type=click.Choice(["auto", "captured", "passed", "never"]), default="auto",
        show_default=True, help="Payments without a label that count as legitimate: those captured and kept; "
        "those let through; none. auto: captured for an engine; for a file never, or passed where it names "
        "frauds only.",
    ),
    click.option(
        "--friendly", type=click.Choice(["excluded", "legitimate", "fraud"]), default="excluded",
        show_default=True, help="What friendly fraud counts as.",
    ),
    click.option(
        "--negatives", type=FiniteRange(0, 1, min_open=True), default=1.0, show_default=True,
        help="Share of legitimate payments to train on; calibration and measurement use all.",
    ),
    click.option(
        "--holdout-weight-max", type=FiniteRange(1), default=20.0, show_default=True,
        help="Largest weight of payments that only the holdout approved.",
    ),
)  # fmt: skip


def _all(options: tuple[Callable[[Command], Command], ...]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@_all(_ORIGIN + _TIME + _LABELS)
def _bare(**_: Any) -> None:
    """Carries the options, so that their names can be read."""


_NAMES = {option.name for option in click.command()(_bare).params}

origin_options = _all(_ORIGIN)
time_options = _all(_TIME)
label_options = _all(_LABELS)


def options_given() -> list[str]:
    """Which of these options are on the command line, as they are written there."""
    context = click.get_current_context()
    written = {name: option.opts[0] for option in context.command.params if (name := option.name) in _NAMES}
    return [
        text
        for name, text in written.items()
        if name is not None and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]


def millis(day: datetime | None) -> int | None:
    """Epoch ms of a day that was meant in UTC."""
    return None if day is None else round(day.replace(tzinfo=UTC).timestamp() * 1000)


def origin_of(given: dict[str, Any], home: Path) -> "HistoryOrigin":
    """Takes the options of `origin_options` out of what was given."""
    from learning.history import FeastJoin, HistoryOrigin

    service, folder = given.pop("feast_service"), given.pop("feast")
    feast = FeastJoin(folder or home / "feast", service) if service else None
    names = ("engine", "payments", "map_name", "labels", "limit", "vectors", "tables")
    return HistoryOrigin(
        **{name: given.pop(name) for name in names}, delay_ms=given.pop("delay"), feast=feast
    )
