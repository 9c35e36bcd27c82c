"""Attacks by hand: `python -m tests.attacks run|fuzz`. See `make help`."""

import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import click

from tests.support.leftovers import watch


@click.group()
def group() -> None:
    """Attack a Tollgate of its own; prove that it refuses, counts, says so, and goes on deciding."""
    watch()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


@group.command("run")
@click.option("--only", help="Attacks whose name holds this.")
@click.option("--item", type=int, help="Attacks of one item of the threat model.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line.")
@click.option("--keep", is_flag=True, help="Keep the home folders even when all is well.")
def run_command(*, only: str | None, item: int | None, as_json: bool, keep: bool) -> None:
    """Every attack there is, with honest payments all the while. Exit code 1 when one succeeds."""
    from tests.attacks.campaign import Campaign

    home = Path(tempfile.mkdtemp(prefix="tollgate-attack-"))
    campaign = Campaign(home, click.echo)
    campaign.carry_out(only, item)
    click.echo(campaign.table())
    if keep or not campaign.is_green:
        click.echo(f"left in {home}")
    else:
        shutil.rmtree(home)
    if as_json:
        click.echo(json.dumps(campaign.report()))
    sys.exit(0 if campaign.is_green else 1)


@group.command("fuzz")
@click.option("--messages", default=100_000, show_default=True, help="On each topic.")
@click.option("--only", help="Topics whose role holds this.")
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line.")
def fuzz_command(*, messages: int, only: str | None, seed: int, as_json: bool) -> None:
    """Random damage to every kind of message on every topic that is read: nothing stops, all is counted."""
    from tests.attacks.fuzz import fuzz

    home = Path(tempfile.mkdtemp(prefix="tollgate-fuzz-"))
    report = fuzz(home, messages, only, seed, click.echo)
    shutil.rmtree(home) if not report["problems"] else click.echo(f"left in {home}")
    for problem in report["problems"]:
        click.echo(f"  {problem[:600]}")
    if as_json:
        click.echo(json.dumps(report))
    sys.exit(1 if report["problems"] else 0)


if __name__ == "__main__":
    group()
