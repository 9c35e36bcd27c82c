"""Crash tests by hand: `python -m tests.crash.crash run|sabotage|hostile`. See `make help`."""

import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from tests.crash.checks import Findings
from tests.crash.crash_run import CrashOptions, run
from tests.support.leftovers import watch


@click.group()
def group() -> None:
    """Kill, sabotage and feed nonsense to a Tollgate of its own; prove that nothing is lost or doubled."""
    watch()


@group.command("run")
@click.option("--payments", default=300_000, show_default=True)
@click.option("--kills", default=22, show_default=True, help="kill -9 of engine and warehouse, at least.")
@click.option("--seed", default=1, show_default=True)
@click.option("--minutes", default=3.0, show_default=True, help="How long payments are sent for.")
@click.option("--sample", default=10_000, show_default=True, help="Vectors to compare with the oracle.")
@click.option("--keep", is_flag=True, help="Keep the home folder even when all is well.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line.")
def run_command(
    *, payments: int, kills: int, seed: int, minutes: float, sample: int, keep: bool, as_json: bool
) -> None:
    """Payments under `kill -9` of engine, warehouse, follower and broker; then every check there is."""
    home = _home()
    findings = run(CrashOptions(home, payments, kills, seed, 60 * minutes, sample), click.echo)
    _show(findings)
    _end(home, not findings.red, findings.figures, as_json, keep)


@group.command("sabotage")
@click.option("--only", help="One fault: none, lost-decision, lost-payment, doubled-insert, ...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line.")
def sabotage_command(*, only: str | None, as_json: bool) -> None:
    """Plant one fault at a time; the checks must find each, and find nothing where none is planted."""
    from tests.crash.sabotage import run_all

    home = _home()
    outcome = run_all(home, click.echo, only)
    _end(home, not outcome.wrong, {"found_by": outcome.red}, as_json)


@group.command("hostile")
@click.option("--messages", default=10_000, show_default=True)
@click.option("--good", default=3_000, show_default=True, help="Good payments among them.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line.")
def hostile_command(*, messages: int, good: int, seed: int, as_json: bool) -> None:
    """Hostile messages among good payments: no crash, all accounted for, cards masked, windows unharmed."""
    from tests.crash.hostile_run import run as run_hostile

    home = _home()
    findings = run_hostile(home, messages, good, seed, click.echo)
    _show(findings)
    _end(home, not findings.red, findings.figures, as_json)


def _home() -> Path:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return Path(tempfile.mkdtemp(prefix="tollgate-crash-"))


def _end(home: Path, equal: bool, figures: dict[str, Any], as_json: bool, keep: bool = False) -> None:
    if keep or not equal:
        click.echo(f"left in {home}")
    else:
        shutil.rmtree(home)
    if as_json:
        click.echo(json.dumps({"equal": equal, **figures}))
    sys.exit(0 if equal else 1)


def _show(findings: Findings) -> None:
    for name, value in findings.figures.items():
        shown = f"{value:,}" if isinstance(value, int) else value
        click.echo(f"  {name:<22}{shown}")
    for check, differences in findings.differences.items():
        for difference in differences:
            click.echo(f"  DIFFERENT ({check}): {difference[:600]}")
    click.echo("RED" if findings.red else "all equal: nothing lost, nothing doubled")


if __name__ == "__main__":
    group()
