"""`tollgate train`: a model from an engine's payments, a file of them, or a data set made before."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from learning.commands.history_options import (
    FOLDER,
    label_options,
    millis,
    options_given,
    origin_of,
    origin_options,
    time_options,
)
from streams.option_types import FiniteRange

if TYPE_CHECKING:
    from learning.retraining import TrainingRun
    from training.dataset import Dataset
    from training.fit import Step, TrainedModel, TrainSettings


@click.command("train")
@origin_options
@click.option("--dataset", type=FOLDER, help="A data set made by `tollgate dataset`, instead of a new one.")
@time_options
@label_options
@click.option("--tune", type=click.IntRange(0), default=0, show_default=True, metavar="N",
              help="Hyperparameter settings to evaluate between training and calibration.")  # fmt: skip
@click.option("--trees", type=click.IntRange(1), help="Largest number of trees.  [default: 400]")
@click.option(
    "--gap-days", type=FiniteRange(0), help="Days between training and what follows.  [default: up to 7]"
)
@click.option(
    "--part-days", type=FiniteRange(0, min_open=True),
    help="Days for each of selection, calibration and measurement.  [default: 12 % of the time, up to 28]",
)  # fmt: skip
@click.option(
    "--backend", type=click.Choice(["local", "dask"]), default="local", show_default=True,
    help="Where the trees are trained.",
)  # fmt: skip
@click.option("--scheduler", default="", help="Address of a Dask scheduler.  [default: two workers here]")
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="More than 1: not reproducible.",
)
@click.option("--no-references", is_flag=True, help="Leave out logistic regression and LightGBM's defaults.")
@click.option("--no-register", is_flag=True, help="Do not register with MLflow: write the folder only.")
@click.option("--name", help="Name of the model.  [default: the engine, or the map or data set's name]")
@click.option("--out", type=FOLDER, help="Folder of the files.  [default: HOME/training/runs/NAME-VERSION]")
@click.option("--json", "as_json", is_flag=True, help="Last line: what was trained as one JSON object.")
def command(out: Path | None, as_json: bool, **given: Any) -> None:
    """Train a model: choose settings, grow trees, calibrate, measure on later weeks, and report.

    \b
    tollgate train --engine live --from 2026-06-01 --to 2026-09-01 --tune 20
    tollgate train --payments payments.parquet --map handbook --from 2018-05-01 --to 2018-07-11
    tollgate train --dataset FOLDER --backend dask --scheduler tcp://scheduler:8786

    Everything goes into MLflow (MLFLOW_TRACKING_URI, by default sqlite under the home) and into a folder:
    the artefact, a report with pictures, a model card. The model of an engine becomes its challenger; nothing
    goes live by this command (`tollgate promote`).
    """
    import json

    from learning.commands.progress import say
    from learning.errors import check_writable, translated_errors
    from learning.retraining import closing_rows, package_run
    from streams.settings import Settings
    from streams.text_table import text_table
    from training.report import figure

    settings = Settings()
    if out is not None:
        check_writable(out)
    with translated_errors():
        name, dataset = _dataset(given, settings)
        name = given.pop("name") or name
        trained = _trained(dataset, _train_settings(given), given)
        say("report")
        run = package_run(trained, dataset, f"Model of {name}")
    out = out or settings.home / "training" / "runs" / f"{name}-{run.report.version}"
    run.write(out)
    version = None if given["no_register"] else _registered(run, dataset, name, settings)
    click.echo(text_table(closing_rows(run, figure)))
    for warning in run.report.warnings:
        click.echo(f"! {warning}")
    click.echo(f"model {run.report.version} and report.html in {out}")
    if version is not None:
        click.echo(f"version {version} of tollgate-{name} in MLflow, the challenger")
    if as_json:
        click.echo(json.dumps(_document(run, out) | {"registered": version}))


def _dataset(given: dict[str, Any], settings: Any) -> tuple[str, "Dataset"]:
    """The data set, and what models of it are called."""
    from learning.commands.progress import rows_progress, say
    from learning.history import history_of
    from learning.retraining import make_dataset
    from streams.errors import Misconfigured
    from training.dataset import Dataset

    folder = given.pop("dataset")
    origin = origin_of(given, settings.home)
    if folder is not None:
        if others := options_given():
            raise Misconfigured(f"--dataset is a data set already: leave out {', '.join(others)}")
        return Path(folder).resolve().name, Dataset.load(folder)
    with rows_progress("payments") as progress:
        history = history_of(origin, settings, say, progress)
    chosen: dict[str, Any] = {name: millis(given[name]) for name in ("start", "end", "as_of")}
    chosen |= {name: given[name] for name in ("silence", "friendly", "negatives", "holdout_weight_max")}
    with rows_progress("rows") as progress:
        folder = settings.home / "training" / "datasets" / origin.name
        return origin.name, make_dataset(history, origin, folder, progress, _split_settings(given), **chosen)


def _split_settings(given: dict[str, Any]) -> Any:
    from training.dataset import SplitSettings

    return SplitSettings(given["gap_days"], given["part_days"])


def _train_settings(given: dict[str, Any]) -> "TrainSettings":
    import msgspec

    from training.fit import BoostSettings, TrainSettings

    boost = BoostSettings()
    if given["trees"] is not None:
        boost = msgspec.structs.replace(boost, trees=given["trees"])
    return TrainSettings(
        boost=boost, tune=given["tune"], split=_split_settings(given), threads=given["threads"],
        references=not given["no_references"],
    )  # fmt: skip


def _trained(dataset: "Dataset", settings: "TrainSettings", given: dict[str, Any]) -> "TrainedModel":
    """Here or on a cluster."""
    from training.fit import train

    with _steps() as step:
        if given["backend"] == "local":
            return train(dataset, settings, step=step)
        from training.fit import cluster

        step("start the Dask cluster")
        with cluster(given["scheduler"]) as client:
            return train(dataset, settings, client, step)


@contextmanager
def _steps() -> Iterator["Step"]:
    """Says each step: a spinner on a terminal, else a line."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from learning.commands.progress import say

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bars:
        task = bars.add_task("", total=None)

        def step(words: str) -> None:
            bars.update(task, description=words)
            if not console.is_terminal:
                say(words)

        yield step


def _registered(run: "TrainingRun", dataset: "Dataset", name: str, settings: Any) -> int:
    """The version that MLflow's registry gave the model, which becomes the challenger."""
    from learning.commands.progress import say
    from learning.errors import translated_errors
    from learning.promotion import registry_of
    from learning.retraining import register_run

    say("register in MLflow")
    with translated_errors():
        return register_run(run, dataset, registry_of(settings, name)).version


def _document(run: "TrainingRun", out: Path) -> dict[str, Any]:
    """What was trained, as plain data."""
    import hashlib

    return {
        "version": run.report.version,
        "sha256": hashlib.sha256(run.trained.artefact).hexdigest(),
        "out": str(out),
        "settings": run.parameters(),
        "metrics": run.metrics(),
        "figures": {name: dict(zip(run.report.models, values, strict=True))
                    for name, values in run.report.figures.items()},
        "warnings": list(run.report.warnings),
    }  # fmt: skip
