"""From a data set to a model: settings and trees chosen, calibrated, measured against references."""

from training.fit.artefact import artefact
from training.fit.boosting import BoostSettings, Rows, fit, raw_scores
from training.fit.figures import AUC, PRECISION, figures
from training.fit.on_dask import cluster
from training.fit.references import OURS, PERFECT
from training.fit.trainer import Step, Trained, TrainSettings, headline, train
from training.fit.walk_forward import Plan, Walked, walk

__all__ = [
    "AUC",
    "OURS",
    "PERFECT",
    "PRECISION",
    "BoostSettings",
    "Plan",
    "Rows",
    "Step",
    "TrainSettings",
    "Trained",
    "Walked",
    "artefact",
    "cluster",
    "figures",
    "fit",
    "headline",
    "raw_scores",
    "train",
    "walk",
]
