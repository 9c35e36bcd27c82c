"""What verdicts on known payments lose against the best verdict in hindsight."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Codes, Floats
from models.policy import APPROVE, DECLINE, Policy, UtilityDocument
from models.units import DAY_MS, MICRO
from training.policy_comparison.comparison import judge, realised
from training.policy_comparison.comparison_payments import AMOUNT, ComparisonPayments

POLICY: Final = Policy.from_dict({"name": "by cost", "version": 2, "party": "merchant"})
"""Whose costs are reckoned where nothing else is given."""


class Costs:
    """EUR cents that verdicts lose on each of n payments, by `policy`'s costs (version 2)."""

    def __init__(
        self,
        fraud: NDArray[np.bool_],
        amount: NDArray[np.int64],
        occurred_at: NDArray[np.int64],
        policy: Policy,
    ) -> None:
        """Whether each was fraud, amounts in EUR cents, engine times in ms."""
        self._fraud, self._amount, self._at = fraud, amount, occurred_at
        assert isinstance(policy.document, UtilityDocument)
        self._policy = policy
        costs = policy.document.costs_of(policy.document.party)
        worth = realised(self._weeks(np.zeros(len(fraud), np.int64)), costs)
        self._lost: Floats = (worth.max(axis=0) - worth) / MICRO

    def verdicts(self, micro: NDArray[np.int64]) -> Codes:
        """The policy's verdicts at these probabilities (micro-units), as codes in the order of `Verdict`."""
        return judge(self._policy, self._weeks(micro), None)

    def by_policy(self, micro: NDArray[np.int64]) -> Floats:
        """By the policy's verdicts at these probabilities (micro-units), each payment."""
        return self.by_verdict(self.verdicts(micro))

    def by_verdict(self, verdict: Codes) -> Floats:
        """By these verdicts (codes in the order of `Verdict`), each payment."""
        lost: Floats = self._lost[verdict, np.arange(len(verdict))]
        return lost

    @property
    def passed(self) -> Floats:
        """Where each payment is approved."""
        lost: Floats = self._lost[APPROVE]
        return lost

    @property
    def declined(self) -> Floats:
        """Where each payment is declined."""
        lost: Floats = self._lost[DECLINE]
        return lost

    def _weeks(self, micro: NDArray[np.int64]) -> ComparisonPayments:
        features = {AMOUNT: self._amount.astype(np.float64)}
        return ComparisonPayments(self._at // DAY_MS, self._at, self._amount, self._fraud, micro, features)
