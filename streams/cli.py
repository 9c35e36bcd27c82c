"""`tollgate`, the one command. Sub-commands are tables; a module is imported when its command is used.

Our own are in `streams.commands`; those of other packages are entry points of the group `tollgate.commands`.
`tollgate --help` shows the first line of each from these tables, so that it imports nothing heavy.
"""

import errno
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import click

from streams.commands import COMMANDS
from streams.errors import Misconfigured, TollgateError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

OURS: Final = ("models", "features", "simulation", "streams", "training", "learning", "dashboards", "storage")
GROUP: Final = "tollgate.commands"
UNUSABLE: Final = frozenset(
    {
        errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EACCES, errno.EPERM, errno.EROFS,
        errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG, errno.ELOOP,
    }
)  # fmt: skip
"""What is wrong with a path, not with the program."""
OWNER_ONLY: Final = 0o077
"""The umask of every process: payments, models and credentials lie in the home."""


def commands() -> Mapping[str, tuple[str, str]]:
    """Every command of the installed packages: its module, and the first line of its help."""
    return _installed()[0]


def unavailable() -> Mapping[str, str]:
    """Entry points that could not be read, and why."""
    return _installed()[1]


@cache
def _installed() -> tuple[Mapping[str, tuple[str, str]], Mapping[str, str]]:
    from importlib.metadata import entry_points

    found, broken = dict(COMMANDS), dict[str, str]()
    for point in sorted(
        entry_points(group=GROUP), key=lambda point: (_owner(point) != "tollgate", point.name)
    ):
        try:
            found |= _checked(point.load(), found)
        except Exception as failure:  # one broken package must not stop the commands of all others
            reason = f"{type(failure).__name__}: {failure}"
            broken[point.name] = f"commands of {_owner(point)}: {reason}"
    return found, broken


def _owner(point: "EntryPoint") -> str:
    return point.dist.name if point.dist else point.value


def _checked(table: object, taken: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    if not isinstance(table, Mapping):
        raise TypeError(f"a table of commands is a mapping of str to (str, str), this is {table!r}")
    for name, row in table.items():
        if not (isinstance(name, str) and isinstance(row, tuple) and [type(v) for v in row] == [str, str]):
            raise TypeError(f"a table of commands is a mapping of str to (str, str), not {name!r}: {row!r}")
        if name in taken:
            raise ValueError(f"there is a `tollgate {name}` already, which cannot be replaced")
    return dict(table)


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own, imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return load(cmd_name) if cmd_name in COMMANDS or cmd_name in commands() else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in commands().items()])
        if unavailable():
            with formatter.section("Unavailable"):
                formatter.write_dl(list(unavailable().items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            error.message += (
                " After an update of a source checkout run `sh deploy/venv.sh test` (or `pip install -e .`) "
                "once: it registers new commands."
            )
            raise


def load(name: str) -> click.Command:
    """The command of that name. Raises Misconfigured when what it needs is not installed."""
    module, _ = COMMANDS[name] if name in COMMANDS else commands()[name]
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as failure:
        raise Misconfigured(_not_there(name, module, failure)) from failure
    command = getattr(found, "command", None)
    if not isinstance(command, click.Command):
        raise Misconfigured(f"`tollgate {name}` is broken: {module} has no `command` made by click")
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
    a bug keeps its traceback. What it writes is readable by this user alone."""
    os.umask(OWNER_ONLY)
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
    except OSError as failure:
        if failure.errno not in UNUSABLE or failure.filename is None:
            raise
        click.echo(f"tollgate: {_unusable(failure)}", err=True)
        sys.exit(1)
    except ValueError as failure:
        if not _is_of_catalogue(failure):
            raise
        click.echo(f"tollgate: {failure}", err=True)
        sys.exit(2)
    except Exception as failure:
        if (said := _said_of_kafka(failure)) is None:
            raise
        click.echo(f"tollgate: {said}", err=True)
        sys.exit(1)


def _unusable(failure: OSError) -> str:
    return (
        f"{failure.filename}: {failure.strerror}. Give another path, or make this one usable for the user "
        "who runs the command"
    )


def _is_of_catalogue(failure: ValueError) -> bool:
    """Whether Tollgate's own catalogue refused itself; `features` is not imported for the question."""
    errors = sys.modules.get("features.errors")
    return errors is not None and isinstance(failure, errors.CatalogueError)


def _said_of_kafka(failure: Exception) -> str | None:
    """What to say where Kafka refused a right or did not answer. Its client is not imported for this."""
    kafka = sys.modules.get("streams.kafka")
    client = sys.modules.get("confluent_kafka")
    if kafka is None or client is None or not isinstance(failure, client.KafkaException):
        return None
    said: str | None = kafka.denial(failure) or kafka.not_ready(failure)
    return said


if __name__ == "__main__":
    main()
