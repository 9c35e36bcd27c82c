"""The figures of one model on the weeks it is measured on, by name and in the order they are shown."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.calibration import MICRO
from models.policy import Policy, UtilityDocument
from training import metrics
from training.curves import Scored
from training.dataset_labels import DAY_MS
from training.policy_comparison import judge, realised
from training.policy_weeks import AMOUNT, Weeks

POLICY: Final = Policy.from_dict({"name": "by cost", "version": 2, "party": "merchant"})
"""Whose costs are reckoned where nothing else is given."""

DECLINE: Final = 3
COST: Final = "cost, EUR a thousand payments"
PRECISION: Final = "average precision"
AUC: Final = "ROC AUC"

Floats = NDArray[np.float64]


class Costs:
    """What verdicts lose on these payments against the best verdict in hindsight, in EUR cents."""

    def __init__(
        self, fraud: NDArray[np.bool_], amount: NDArray[np.int64], occurred_at: NDArray[np.int64]
    ) -> None:
        self._fraud, self._amount, self._at = fraud, amount, occurred_at
        assert isinstance(POLICY.document, UtilityDocument)
        costs = POLICY.document.costs_of(POLICY.document.party)
        worth = realised(self._weeks(np.zeros(len(fraud), np.int64)), costs)
        self._lost: Floats = (worth.max(axis=0) - worth) / MICRO

    def by_policy(self, probability: Floats) -> Floats:
        """By the policy's verdicts at these probabilities, each payment."""
        verdict = judge(POLICY, self._weeks(np.rint(probability * MICRO).astype(np.int64)), None)
        lost: Floats = self._lost[verdict, np.arange(len(verdict))]
        return lost

    @property
    def passed(self) -> Floats:
        """Where each payment is approved."""
        lost: Floats = self._lost[0]
        return lost

    @property
    def declined(self) -> Floats:
        """Where each payment is declined."""
        lost: Floats = self._lost[DECLINE]
        return lost

    def _weeks(self, micro: NDArray[np.int64]) -> Weeks:
        features = {AMOUNT: self._amount.astype(np.float64)}
        return Weeks(self._at // DAY_MS, self._at, self._amount, self._fraud, micro, features)


def figures(of: Scored, amount: NDArray[np.int64], costs: Costs) -> Mapping[str, float]:
    """`of.score` are probabilities."""
    p, fraud, weight = of
    slope, intercept = metrics.calibration(p, fraud, weight)
    lost = float((costs.by_policy(p) * weight).sum()) / 100 / float(weight.sum()) * 1_000
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
        COST: lost,
    }
