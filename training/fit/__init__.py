"""From a data set to a model: settings and trees chosen, calibrated, measured against references.

Invariants: what measures was not learned from, and the same data set and settings give the same artefact.
Imports `models`, the rooms `dataset`, `measures` and `policy_comparison`, LightGBM, scikit-learn.
"""

from training.fit.artefact import artefact_document
from training.fit.boosting import BoostSettings, TrainingRows, grow_trees, raw_scores
from training.fit.figures import AUC, PRECISION, figures
from training.fit.on_dask import cluster
from training.fit.references import OURS, PERFECT
from training.fit.trainer import Step, TrainedModel, TrainSettings, headline, train
from training.fit.walk_forward import WalkPlan, WalkResult, walk

__all__ = [
    "AUC",
    "OURS",
    "PERFECT",
    "PRECISION",
    "BoostSettings",
    "Step",
    "TrainSettings",
    "TrainedModel",
    "TrainingRows",
    "WalkPlan",
    "WalkResult",
    "artefact_document",
    "cluster",
    "figures",
    "grow_trees",
    "headline",
    "raw_scores",
    "train",
    "walk",
]
