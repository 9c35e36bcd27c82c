"""The figures of one model on the weeks it is measured on, by name and in the order they are shown."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.units import MICRO
from training.measures import ScoredExamples, metrics
from training.policy_comparison import Costs

COST: Final = "cost, EUR a thousand payments"
PRECISION: Final = "average precision"
AUC: Final = "ROC AUC"


def figures(scored: ScoredExamples, amount: NDArray[np.int64], costs: Costs) -> Mapping[str, float]:
    """`scored.score` are probabilities."""
    p, fraud, weight = scored
    slope, intercept = metrics.calibration(p, fraud, weight)
    micro = np.rint(p * MICRO).astype(np.int64)
    lost = float((costs.by_policy(micro) * weight).sum()) / 100
    thousands = float(weight.sum()) / 1_000
    recalls = {
        f"recall at {100 * share:g} % alerts": metrics.recall(p, fraud, share) for share in metrics.ALERTS
    }
    return {
        AUC: metrics.roc_auc(p, fraud, weight),
        PRECISION: metrics.average_precision(p, fraud, weight),
        **recalls,
        "value recall at 0.5 % alerts": metrics.recall(p, fraud, 0.005, amount.astype(np.float64)),
        "calibration slope": slope,
        "calibration intercept": intercept,
        "predicted / observed, top 1 %": metrics.top_percent(p, fraud, weight),
        "log-loss skill": metrics.log_loss_skill(p, fraud, weight),
        COST: lost / thousands if thousands > 0 else metrics.NAN,
    }
