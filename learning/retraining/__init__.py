"""One retraining run: steps in order, each done once for the same inputs, on a schedule."""

from learning.retraining.run import Ran, alone, run
from learning.retraining.schedule import daily, keep_running
from learning.retraining.steps import DATASET, Plan, forget_datasets, steps
from learning.retraining.training_data import made
from learning.retraining.training_run import ARTEFACT, Run, closing_rows, finished, registered

__all__ = [
    "ARTEFACT",
    "DATASET",
    "Plan",
    "Ran",
    "Run",
    "alone",
    "closing_rows",
    "daily",
    "finished",
    "forget_datasets",
    "keep_running",
    "made",
    "registered",
    "run",
    "steps",
]
