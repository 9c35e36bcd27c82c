"""Retraining runs: steps in order, each done once for the same inputs, on a schedule.

Invariant: a run resumes after any kill, and a failed step leaves the champion live. Imports
`learning.history`, `learning.promotion`, `training`, `streams`.
"""

from learning.retraining.run import RunResult, run, run_lock
from learning.retraining.schedule import daily, keep_running
from learning.retraining.steps import DATASET, RetrainingPlan, forget_datasets, steps
from learning.retraining.training_data import make_dataset
from learning.retraining.training_run import ARTEFACT, TrainingRun, closing_rows, package_run, register_run

__all__ = [
    "ARTEFACT",
    "DATASET",
    "RetrainingPlan",
    "RunResult",
    "TrainingRun",
    "closing_rows",
    "daily",
    "forget_datasets",
    "keep_running",
    "make_dataset",
    "package_run",
    "register_run",
    "run",
    "run_lock",
    "steps",
]
