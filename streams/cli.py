"""`tollgate`, the one command. Sub-commands are tables; a module is imported when its command is used.

Our own are in `streams.commands`; those of other packages are entry points of the group `tollgate.commands`.
`tollgate --help` shows the first line of each from these tables, so that it imports nothing heavy.
"""

import importlib
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import click

from streams.commands import COMMANDS
from streams.errors import Misconfigured, TollgateError

OURS: Final = ("models", "features", "simulation", "streams", "training", "learning", "dashboards", "storage")
GROUP: Final = "tollgate.commands"


@cache
def commands() -> Mapping[str, tuple[str, str]]:
    """Every command of the installed packages: its module, and the first line of its help."""
    from importlib.metadata import entry_points

    found = dict(COMMANDS)
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        found |= point.load()
    return found


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own, imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return load(cmd_name) if cmd_name in COMMANDS or cmd_name in commands() else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in commands().items()])


def load(name: str) -> click.Command:
    """The command of that name. Raises Misconfigured when what it needs is not installed."""
    module, _ = COMMANDS[name] if name in COMMANDS else commands()[name]
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as failure:
        raise Misconfigured(_not_there(name, module, failure)) from failure
    command: click.Command = found.command
    return command


def _not_there(name: str, module: str, failure: ModuleNotFoundError) -> str:
    if failure.name == module:
        return f"`tollgate {name}` is not in this version: there is no module {module}"
    return missing_package(f"`tollgate {name}`", failure)


def missing_package(who: str, failure: ModuleNotFoundError) -> str:
    """What to say where an extra is not installed."""
    return (
        f"{who} needs the Python package {failure.name}, which is not installed here. Install Tollgate with "
        "the extra that has it, e.g. `pip install -e '.[local,warehouse]'`, or run `make .venv`"
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tollgate", prog_name="tollgate")
def group() -> None:
    """Tollgate decides payments on the stream: one decision for each, exactly once."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs `tollgate`. Our own errors are one message and exit code 1 (2: features are declared wrongly);
    a bug keeps its traceback."""
    try:
        group.main(args=None if arguments is None else list(arguments), prog_name="tollgate")
    except TollgateError as failure:
        click.echo(f"tollgate: {failure}", err=True)
        sys.exit(failure.exit_code)
    except ModuleNotFoundError as failure:
        if (failure.name or "").split(".")[0] in OURS:
            raise
        click.echo(f"tollgate: {missing_package('this command', failure)}", err=True)
        sys.exit(1)
    except ValueError as failure:
        if not _is_of_catalogue(failure):
            raise
        click.echo(f"tollgate: {failure}", err=True)
        sys.exit(2)


def _is_of_catalogue(failure: ValueError) -> bool:
    """Whether Tollgate's own catalogue refused itself; `features` is not imported for the question."""
    errors = sys.modules.get("features.errors")
    return errors is not None and isinstance(failure, errors.CatalogueError)


if __name__ == "__main__":
    main()
