"""`tollgate dataset`: vectors and labels as known on a day, in one folder to learn from."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from learning.commands.history_options import (
    FOLDER,
    label_options,
    millis,
    origin_of,
    origin_options,
    time_options,
)

if TYPE_CHECKING:
    from training.dataset import DatasetManifest


@click.command("dataset")
@origin_options
@time_options
@label_options
@click.option(
    "--whole-from", type=click.DateTime(), help="Rows from this day on are not sampled by --negatives."
)
@click.option("--out", type=FOLDER, help="Folder to write.  [default: HOME/training/datasets/NAME]")
@click.option("--json", "as_json", is_flag=True, help="Last line: the manifest as one JSON object.")
def command(out: Path | None, as_json: bool, **given: Any) -> None:
    """Make a data set: one row a payment, with its vector and its label as known on a day.

    \b
    tollgate dataset --engine live --from 2026-06-01 --to 2026-09-01
    tollgate dataset --payments payments.parquet --map handbook --as-of 2018-07-01 --out july

    Frauds enter as soon as they are known. A silent payment counts as legitimate only where it was
    really paid, and the younger it is the less it weighs; declined, abandoned, voided and refunded ones have
    no label. What took no part is in parked.parquet, with its reason.
    """
    import msgspec

    from learning.commands.progress import rows_progress, say
    from learning.errors import translated_errors
    from learning.history import dataset_settings, history_of
    from streams.settings import Settings
    from training.dataset import build_dataset

    settings = Settings()
    origin = origin_of(given, settings.home)
    out = out or settings.home / "training" / "datasets" / origin.name
    with rows_progress("payments") as progress:
        history = history_of(origin, settings, say, progress)
    wanted = dataset_settings(
        history, origin, given["silence"], millis(given["as_of"]), **_chosen(given)
    )  # fmt: skip
    with translated_errors(), rows_progress("rows") as progress:
        made = build_dataset(history, wanted, out, progress)
    click.echo(closing_table(made.manifest, out))
    if as_json:
        click.echo(msgspec.json.encode(made.manifest).decode())


def _chosen(given: dict[str, Any]) -> dict[str, Any]:
    """The options as fields of `DatasetSettings`."""
    names = ("friendly", "negatives", "holdout_weight_max")
    times = {"start": millis(given["start"]), "end": millis(given["end"]),
             "whole_from": millis(given["whole_from"])}  # fmt: skip
    chosen = {name: given[name] for name in names}
    return chosen | {name: value for name, value in times.items() if value is not None}


def closing_table(manifest: "DatasetManifest", folder: Path) -> str:
    """What is in the data set, for people."""
    from streams.text_table import text_table

    prior = "-" if manifest.prior is None else f"{100 * manifest.prior:.3f} %"
    rows = [(f"rows: {name}", f"{count:,}") for name, count in manifest.rows.items()]
    rows += [(f"  by {source}", f"{count:,}") for source, count in manifest.sources.items()]
    rows += [("fraud of what is labelled", prior)]
    rows += [("left out by sampling", f"{manifest.sampling.left_out:,}")]
    rows += [("by the random draw", f"{manifest.holdout.weighted:,} ({manifest.holdout.capped:,} cut)")]
    rows += [(f"labels {name.replace('_', ' ')}", f"{count:,}") for name, count in manifest.evidence.items()]
    rows += [(f"parked: {reason}", f"{count:,}") for reason, count in manifest.parked.items()]
    features = len(manifest.features) + len(manifest.extra_features)
    return f"{text_table(rows)}\n{features} features of catalogue {manifest.catalogue_hash} in {folder}"
