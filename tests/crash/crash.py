"""Crash tests by hand: `python tests/crash/crash.py run|sabotage|hostile`. See `make help`."""

import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parent))

from checks import Findings
from crash_run import CrashOptions, run


@click.group()
def group() -> None:
    """Kill, sabotage and feed nonsense to a Tollgate of its own; prove that nothing is lost or doubled."""


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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    home = Path(tempfile.mkdtemp(prefix="tollgate-crash-"))
    findings = run(CrashOptions(home, payments, kills, seed, 60 * minutes, sample), click.echo)
    _show(findings)
    if findings.red or keep:
        click.echo(f"left in {home}")
    else:
        shutil.rmtree(home)
    if as_json:
        click.echo(json.dumps({"equal": not findings.red, **findings.figures}))
    sys.exit(1 if findings.red else 0)


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
