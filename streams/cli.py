"""`tollgate`, the one command. Sub-commands are a table; a module is imported when its command is used.

`tollgate --help` shows the first line of each command from this table, so that it imports nothing heavy.
"""

import importlib
import sys
from collections.abc import Sequence

import click

from streams.errors import Misconfigured, TollgateError

OURS = ("models", "features", "simulation", "streams", "training", "learning", "dashboards")

COMMANDS: dict[str, tuple[str, str]] = {
    "up": (
        "streams.commands.installation.up",
        "Start Kafka, warehouse, engine, follower and sinks, and wait until all is well.",
    ),
    "down": ("streams.commands.installation.down", "Stop what `up` started, cleanly."),
    "status": ("streams.commands.installation.status", "Show addresses, health and lag."),
    "demo": (
        "streams.commands.traffic.demo",
        "Start everything, send a minute of payments, and check the result.",
    ),
    "simulate": ("streams.commands.traffic.simulate", "Send simulated payments to an engine."),
    "world": (
        "streams.commands.traffic.world",
        "Write a simulated world with a story: payments and labels as files.",
    ),
    "replay": (
        "streams.commands.traffic.replay",
        "Send the payments of a file through an engine of their own.",
    ),
    "features": (
        "streams.commands.features.group",
        "Compute vectors from a file of payments, or show what the features are.",
    ),
    "verify": ("streams.commands.verify", "Re-apply the journal and compare every decision and aggregate."),
    "publish": (
        "streams.commands.publish.group",
        "Put a ruleset, model, policy, list entry or table on the log.",
    ),
    "tra-meter": (
        "streams.commands.tra_meter",
        "Show the fraud rate of card payments by quarter (RTS, Article 19).",
    ),
    "rules": ("streams.commands.rules.group", "Check, compare, publish, backtest and take back rulesets."),
    "promote": ("learning.commands.promote", "Let a challenger go live where every gate is passed."),
    "rollback": ("learning.commands.rollback", "Put the model back that was live before."),
    "lists": ("streams.commands.lists", "Show and change lists: allow, block, watch."),
    "seed": (
        "streams.commands.installation.seed",
        "Put the first ruleset, model, policy, lists and tables on the log.",
    ),
    "engine": ("streams.commands.processes.engine", "Decide the payments of one engine (in the foreground)."),
    "follower": (
        "streams.commands.processes.follower",
        "Follow an engine's journal and keep snapshots (in the foreground).",
    ),
    "agents": (
        "streams.commands.processes.agents",
        "Run an agent: list requests become entries, evidence labels (in the foreground).",
    ),
    "labels": ("streams.commands.labels", "Show labels and what they rest on; say what a payment was."),
    "warehouse": (
        "streams.commands.processes.warehouse",
        "Own ClickHouse's data and fill it (in the foreground).",
    ),
    "parquet-sink": (
        "streams.commands.processes.parquet_sink",
        "Archive vectors as Parquet (in the foreground).",
    ),
    "dataset": ("learning.commands.dataset", "Make a data set: vectors, with labels as known on a day."),
    "evaluate": ("learning.commands.evaluate", "Walk forward through a file of payments, and measure."),
    "train": ("learning.commands.train", "Train a model, measure it on later weeks, and report."),
    "retrain": ("learning.commands.retrain", "Labels to model to gates to challenger, once or every day."),
    "learn": ("learning.commands.learn", "Play the learning loop on a simulated world, in minutes."),
    "settings": ("streams.commands.installation.settings", "Show every setting, its value and its default."),
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own, imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return load(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def load(name: str) -> click.Command:
    """The command of that name. Raises Misconfigured when what it needs is not installed."""
    module = COMMANDS[name][0]
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
