"""`tollgate evaluate`: walk forward through a file of payments, as anyone can repeat it."""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from learning.commands.history_options import millis
from streams.commands.features import FILE, Delay

if TYPE_CHECKING:
    from learning.evaluation import EvaluationResult


@click.command("evaluate")
@click.option("--payments", type=FILE, required=True, help="Payments (Parquet or CSV) in order of time.")
@click.option("--map", "map_name", required=True, help="A map that comes with Tollgate, or a YAML file.")
@click.option("--labels", type=FILE, help="Labels in another file.  [default: the map's label column]")
@click.option("--from", "start", type=click.DateTime(), required=True, help="Score from this day on (UTC).")
@click.option("--to", "end", type=click.DateTime(), required=True, help="Score before this day (UTC).")
@click.option("--delay", type=Delay(), default="7d", show_default=True, help="Delay from payment to label.")
@click.option("--retrain", type=Delay(), default="7d", show_default=True, help="Retraining interval.")
@click.option("--train-days", type=click.IntRange(1), help="Days to train on.  [default: all]")
@click.option(
    "--tune", type=click.IntRange(1), default=12, show_default=True, metavar="N",
    help="Hyperparameter settings to evaluate before --from.",
)  # fmt: skip
@click.option("--scores", type=click.Path(dir_okay=False, path_type=Path), required=True,
              help="Parquet to write: payment_id, probability.")  # fmt: skip
@click.option("--drop-known", is_flag=True, help="Also figures without cards already known.")
@click.option(
    "--without-label-features", is_flag=True, help="Train on labels, but compute no features of them."
)
@click.option("--no-references", is_flag=True, help="Leave out logistic regression and LightGBM's defaults.")
@click.option("--limit", type=click.IntRange(1), help="Only the first rows of --payments.")
@click.option("--json", "as_json", is_flag=True, help="Last line: all figures as one JSON object.")
def command(
    *, payments: Path, map_name: str, labels: Path | None, start: datetime, end: datetime, delay: int,
    retrain: int, train_days: int | None, tune: int, scores: Path, drop_known: bool,
    without_label_features: bool, no_references: bool, limit: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Walk forward through a file: train on what was known, score what came next, and measure.

    \b
    tollgate evaluate --payments payments.parquet --map handbook --from 2018-07-04 --to 2018-08-01 \\
        --delay 7d --retrain 7d --train-days 60 --scores scores.parquet --drop-known

    Labels are released --delay after their payment (or when --labels says they were known). Every --retrain a
    model is trained on the labels released by then; each payment is scored before anything is learned from
    it. The settings of the trees are chosen on the weeks before --from. SCORES holds one row a payment from
    --from (inclusive) to --to (exclusive), with the id that the file itself has. Payments without a label are
    scored and not measured.
    """
    import json

    from learning.commands.progress import rows_progress, say
    from learning.errors import check_writable, translated_errors
    from learning.evaluation import EvaluationRequest, evaluate
    from learning.history import PaymentFile
    from streams.control_plane import in_use
    from streams.errors import Misconfigured
    from streams.settings import Settings
    from streams.sources.files import load
    from training.fit import WalkPlan

    settings = Settings()
    first, last = millis(start), millis(end)
    assert first is not None
    assert last is not None
    if last <= first:
        raise Misconfigured(f"--to {end:%Y-%m-%d} must be after --from {start:%Y-%m-%d}")
    if retrain < 1:
        raise Misconfigured("--retrain must be greater than zero: 7d, 12h")
    check_writable(scores.parent)
    plan = WalkPlan(
        first, last, delay, retrain, None if train_days is None else train_days * 86_400_000, tune,
        references=not no_references,
    )  # fmt: skip
    file = PaymentFile(payments, load(map_name), labels, delay, limit)
    evaluation = EvaluationRequest(file, plan, drop_known, not without_label_features)
    with translated_errors(), rows_progress("payments") as progress:
        done = evaluate(evaluation, scores, settings, in_use(settings), say, progress)
    click.echo(closing_table(done))
    click.echo(f"scores of {len(done.walked.rows) + done.unread:,} payments in {scores}")
    if as_json:
        click.echo(json.dumps(done.document()))


def closing_table(done: "EvaluationResult") -> str:
    """All figures, a table for each choice of payments."""
    from streams.text_table import text_table

    parts = []
    for variant, by_model in done.figures.items():
        payments, frauds = done.counts[variant]
        models: Sequence[str] = list(by_model)
        rows = [("", *models)]
        rows += [(name, *(_shown(by_model[model][name]) for model in models)) for name in by_model[models[0]]]
        parts.append(f"{variant}: {payments:,} payments, {frauds:,} frauds\n{text_table(rows)}")
    if done.unread:
        parts.append(f"{done.unread:,} payments that the engine would refuse have the base rate")
    return "\n\n".join(parts)


def _shown(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.4f}"
