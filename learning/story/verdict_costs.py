"""What verdicts cost by the truth, which only a simulator knows, and how well models rank frauds.

Costs are those of the policy in effect against the best verdict in hindsight, in EUR for 1,000 payments.
Payments that their issuer would decline cost nothing and are left out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.messages import DecisionView, Verdict
from models.policy import APPROVE, CHALLENGE, DECLINE, REVIEW, VERDICTS, Policy
from simulation.world import World
from training.measures import average_precision, roc_auc
from training.policy_comparison import Costs

_CODE: Final = {verdict: code for code, verdict in enumerate(VERDICTS)}


@dataclass(frozen=True)
class VerdictCosts:
    """EUR for 1,000 payments; `verdicts` counts them."""

    payments: int
    frauds: int
    frauds_let_through: float
    good_stopped: float
    challenges: float
    reviews: float
    verdicts: dict[str, int]

    @property
    def total(self) -> float:
        """All of it."""
        return round(self.frauds_let_through + self.good_stopped + self.challenges + self.reviews, 2)

    def document(self) -> dict[str, Any]:
        """Plain data."""
        return vars(self) | {"total": self.total}


@dataclass(frozen=True)
class ScoreQuality:
    """How well a model ranks frauds above others, by the truth; `frauds` among the payments."""

    frauds: int
    auc: float
    average_precision: float


class DecisionPeriod:
    """Decisions of some days, with the truth."""

    def __init__(self, world: World, answers: Sequence[DecisionView], policy: Policy) -> None:
        truths = world.truths([one.payment_id for one in answers])
        self.answers = [one for one, true in zip(answers, truths, strict=True) if not true.declined]
        self.fraud = np.array([true.fraud for true in truths if not true.declined], np.bool_)
        self._policy = policy

    def cost(self) -> VerdictCosts:
        """Of the verdicts that were given."""
        return self._cost([one.verdict for one in self.answers])

    def cost_of_trial(self) -> VerdictCosts:
        """Of the verdicts that the model on trial would have brought about, on the same payments."""
        return self._cost([one.challenger.verdict if one.challenger else one.verdict for one in self.answers])

    def champion(self) -> ScoreQuality:
        """How well the champion's probabilities rank frauds."""
        return self._quality([one.champion_probability for one in self.answers])

    def challenger(self) -> ScoreQuality:
        """The same of the model on trial."""
        return self._quality([one.challenger.probability if one.challenger else None for one in self.answers])

    @cached_property
    def _costs(self) -> Costs:
        amount = np.array([one.reference_amount for one in self.answers], np.int64)
        at = np.array([one.occurred_at for one in self.answers], np.int64)
        return Costs(self.fraud, amount, at, self._policy)

    def _cost(self, verdicts: Sequence[Verdict]) -> VerdictCosts:
        code = np.array([_CODE[verdict] for verdict in verdicts], np.uint8)
        lost, good, n = self._costs.by_verdict(code), ~self.fraud, max(len(code), 1)

        def euro(rows: NDArray[np.bool_]) -> float:
            return round(float(lost[rows].sum()) / n * 1_000 / 100, 2)

        return VerdictCosts(
            len(code), int(self.fraud.sum()),
            euro(self.fraud & (code == APPROVE)), euro(good & (code == DECLINE)),
            euro(code == CHALLENGE), euro(code == REVIEW),
            dict(Counter(verdict.value for verdict in verdicts)),
        )  # fmt: skip

    def _quality(self, probabilities: Sequence[float | None]) -> ScoreQuality:
        score = np.array([-1.0 if one is None else one for one in probabilities])
        return ScoreQuality(
            int(self.fraud.sum()),
            round(roc_auc(score, self.fraud), 4),
            round(average_precision(score, self.fraud), 4),
        )
