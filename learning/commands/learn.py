"""`tollgate learn`: the learning loop from payments to a new champion, on a simulated world."""

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from streams.option_types import FiniteRange

if TYPE_CHECKING:
    from learning.story import StoryResult


@click.command("learn")
@click.option("--days", type=click.IntRange(20, 2000), default=140, show_default=True)
@click.option(
    "--per-day", type=click.IntRange(50, 100_000), default=1000, show_default=True,
    help="Payments of an average day.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True)
@click.option(
    "--fraud", type=FiniteRange(0, 0.2), default=0.02, show_default=True,
    help="Share of fraudulent attempts.",
)  # fmt: skip
@click.option(
    "--start", type=click.DateTime(["%Y-%m-%d"]), default="2025-01-01", show_default=True,
    help="First day (UTC).",
)  # fmt: skip
@click.option("--no-verify", is_flag=True, help="Do not re-apply the engine's journal at the end.")
@click.option("--json", "as_json", is_flag=True, help="Last line: all figures as one JSON object.")
def command(
    *, days: int, per_day: int, seed: int, fraud: float, start: datetime, no_verify: bool, as_json: bool
) -> None:
    """Play the learning loop from months of payments to a new champion, in minutes.

    A real Kafka, engine, label agent and vector sink in HOME/learn; simulated payments whose truth is known.
    The seed model decides; disputes become labels; `tollgate retrain` learns from them; the gates let the
    model go on trial, and live. Then a worse model and a broken file are offered: both must stay out. Exit
    code 1 if an expectation is not met. Ctrl-C stops all processes in order. See docs/learning.md.
    """
    from learning.commands.progress import rows_progress, say
    from learning.story import StorySettings, play_story
    from streams.settings import Settings

    settings = Settings()
    scene = StorySettings(
        seed, int(start.replace(tzinfo=UTC).timestamp() * 1000), days, per_day, fraud, not no_verify
    )
    try:
        with rows_progress("days") as progress:
            outcome = play_story(settings.with_home(settings.home / "learn"), scene, progress, say)
    except KeyboardInterrupt:
        raise click.ClickException("stopped; everything that was started is down") from None
    click.echo("\n".join(closing_lines(outcome)))
    if as_json:
        click.echo(json.dumps(outcome.document()))
    if not outcome.as_expected:
        sys.exit(1)


def closing_lines(outcome: "StoryResult") -> list[str]:
    """The closing tables for people."""
    from streams.text_table import text_table

    lines = [f"{outcome.payments:,} payments of {outcome.days} days, engine {outcome.engine}", ""]
    lines += [text_table(_costs(outcome)), ""] if outcome.costs else []
    lines += [text_table(_qualities(outcome)), ""] if outcome.qualities else []
    if outcome.gates:
        rows = [("gate", "", "found")]
        rows += [
            (one["name"], {True: "passed", False: "REFUSED", None: "not asked"}[one["passed"]], one["words"])
            for one in outcome.gates["gates"]
        ]
        lines += [text_table(rows), ""]
    if outcome.labels:
        counts = ", ".join(f"{name} {count:,}" for name, count in outcome.labels.items())
        lines += [f"labels learned from: {counts}", ""]
    rows = [(_mark(one.met), one.name, one.found) for one in outcome.expectations]
    lines += [text_table(rows), ""]
    seconds = ", ".join(f"{name} {value:.0f}" for name, value in outcome.seconds.items())
    return [*lines, f"seconds: {seconds}"]


def _mark(met: bool) -> str:
    return "ok" if met else "FAILED"


def _costs(outcome: "StoryResult") -> list[tuple[str, ...]]:
    """EUR lost on 1,000 payments, and verdicts, by period."""
    costs = outcome.costs
    rows: list[tuple[str, Any]] = [
        ("frauds let through", lambda cost: f"{cost.frauds_let_through:,.2f}"),
        ("good payments stopped", lambda cost: f"{cost.good_stopped:,.2f}"),
        ("challenges", lambda cost: f"{cost.challenges:,.2f}"),
        ("reviews", lambda cost: f"{cost.reviews:,.2f}"),
        ("all", lambda cost: f"{cost.total:,.2f}"),
        ("payments", lambda cost: f"{cost.payments:,}"),
        ("frauds among them", lambda cost: f"{cost.frauds:,}"),
    ]
    verdicts = sorted({name for cost in costs.values() for name in cost.verdicts})
    rows += [(name, lambda cost, name=name: f"{cost.verdicts.get(name, 0):,}") for name in verdicts]
    head = ("EUR lost on 1,000 payments", *costs)
    return [head, *((name, *(figure(cost) for cost in costs.values())) for name, figure in rows)]


def _qualities(outcome: "StoryResult") -> list[tuple[str, ...]]:
    head = ("by the truth", "AUC", "average precision")
    rows = [
        (name, f"{quality.auc:.3f}", f"{quality.average_precision:.3f}")
        for name, quality in outcome.qualities.items()
    ]
    return [head, *rows]
