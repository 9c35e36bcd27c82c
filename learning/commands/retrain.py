"""`tollgate retrain`: the daily loop, from labels to a model that may go live."""

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from streams.option_types import ENGINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from learning.retraining import RunResult
    from streams.settings import Settings


@click.command("retrain")
@click.option("--once", is_flag=True, help="One run, now.")
@click.option("--schedule", is_flag=True, help="Every day at TOLLGATE_RETRAIN_AT (UTC), until SIGTERM.")
@ENGINE
@click.option(
    "--as-of", type=click.DateTime(), help="With --once: as known on this day.  [default: today, 00:00 UTC]"
)
@click.option("--json", "as_json", is_flag=True, help="Last line of a run: its steps as one JSON object.")
def command(*, once: bool, schedule: bool, engine: str, as_of: datetime | None, as_json: bool) -> None:
    """Labels, data set, training, gates, challenger, and what TOLLGATE_RETRAIN_PROMOTE asks for.

    \b
    tollgate retrain --once
    TOLLGATE_RETRAIN_PROMOTE=canary tollgate retrain --schedule

    A run of a day is done once: repeated, it goes on where it was killed or failed. Where a step fails or a
    gate refuses, the champion stays, and exit code and table say why. Settings: TOLLGATE_RETRAIN_... in
    docs/settings.md. See docs/learning.md.
    """
    from streams.process import configure_logging, stop_flag
    from streams.settings import Settings

    if once == schedule:
        raise click.UsageError("give --once or --schedule")
    if schedule and as_of is not None:
        raise click.UsageError("--as-of is for --once: a schedule takes each day's own")
    settings = Settings()
    if once:
        ran = retrained(settings, engine, as_of, lambda: False)
        _show(ran, as_json)
        sys.exit(0 if is_well(ran) else 1)
    from learning.retraining import daily, keep_running
    from streams.metrics import served
    from streams.metrics.by_process import RetrainingMeters

    configure_logging()
    is_stopping = stop_flag()
    with served(settings, "retrain", engine) as meters:
        watcher = RetrainingMeters(meters, engine)

        def run_once() -> None:
            ran = retrained(settings, engine, None, is_stopping)
            watcher.ran(outcome(ran))
            _show(ran, as_json)

        keep_running(run_once, daily(settings.retrain_at), is_stopping)


def retrained(
    settings: "Settings", engine: str, as_of: datetime | None, is_stopping: "Callable[[], bool]"
) -> "RunResult":
    """One run, with the engine's lock held."""
    from learning.commands.progress import say
    from learning.retraining import RetrainingPlan, forget_datasets, run, run_lock, steps

    day = as_of or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    plan = RetrainingPlan(settings, engine, round(day.replace(tzinfo=UTC).timestamp() * 1000))
    runs = settings.home / "training" / "runs"
    with run_lock(runs, engine):
        ran = run(steps(plan, say), plan.folder, say, is_stopping)
        forget_datasets(runs, engine, plan.folder)
    return ran


def is_well(ran: "RunResult") -> bool:
    """Whether the run came to its end, and no gate refused."""
    return ran.failed is None and outcome(ran) != "refused"


def outcome(ran: "RunResult") -> str:
    """One word: failed, refused, held, or what was done with the model."""
    if ran.failed is not None:
        return "failed"
    gates = ran.facts.get("gates", {}).get("gates", {})
    if gates.get("passed") is False:
        return "refused"
    return "held" if ran.held else str(ran.facts["promote"]["how"])


def _show(ran: "RunResult", as_json: bool) -> None:
    click.echo("\n".join(closing_lines(ran)))
    if as_json:
        click.echo(json.dumps(document(ran)))


def closing_lines(ran: "RunResult") -> list[str]:
    """The run for people: its steps, how long each took, and how it ended."""
    from streams.text_table import text_table

    rows = [
        (step.name, "earlier" if step.name in ran.earlier else f"{step.seconds:.1f}", step.words)
        for step in ran.steps
    ]
    lines = [text_table([("step", "seconds", ""), *rows]), ""]
    if ran.failed is not None:
        return [
            *lines,
            f"run {ran.run} FAILED at `{ran.failed.step}`: {ran.failed.words}",
            "the champion stays; the same command tries again from this step",
        ]
    if ran.held:
        return [*lines, f"run {ran.run}: {ran.held}", "the champion stays"]
    lines.append(f"run {ran.run} is done: {ran.steps[-1].words}")
    if outcome(ran) == "champion":
        return lines
    promote = f"tollgate promote --engine {ran.facts['promote']['engine']} --author YOU --reason WHY"
    return [*lines, f"to let it live: {promote} \\", f"  --dataset {ran.facts['promote']['dataset']}"]


def document(ran: "RunResult") -> dict[str, Any]:
    """The run for machines."""
    return {
        "run": ran.run,
        "outcome": outcome(ran),
        "held": ran.held or None,
        "failed": None if ran.failed is None else {"step": ran.failed.step, "why": ran.failed.words},
        "steps": [
            {
                "name": step.name,
                "words": step.words,
                "seconds": step.seconds,
                "earlier": step.name in ran.earlier,
                "facts": step.facts,
            }
            for step in ran.steps
        ],
    }
